"""The publication gate of an output folder: whether its audit allows it to be published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefdata.config.gate import GateConfig
from prefdata.config.load import given_options
from prefdata.errors import IntegrityError
from prefdata.foreign_errors import in_our_words
from prefdata.label_audit.gate import gate_of
from prefdata.pipeline.run.audit_report import report_of
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.results.gate import Gate


@in_our_words
def gate(
    out: str | Path, config: GateConfig | Mapping[str, Any] | str | Path | None = None
) -> Gate:
    """Checks the manifest and the audit report of an output folder against limits.

    `passes` of the result says whether all of them are kept. Only the report is read; whether the
    data are as the manifest says, `verify` checks.

    - `out`: the folder that `build` wrote.
    - `config`: the limits: a GateConfig, its values as a dict, or the path of its YAML. None: the
      defaults.

    Raises IntegrityError if `out` has no readable manifest.
    """
    manifest = read_manifest(out)
    try:
        report, why_not = report_of(Path(out), manifest), ""
    except IntegrityError as error:
        report, why_not = None, str(error).rstrip(".")
    return gate_of(manifest, report, given_options(GateConfig, config), why_not=why_not)
