"""The publication gate of an output folder: whether its audit allows it to be published."""

from __future__ import annotations

from pathlib import Path

from prefdata.config.gate import GateConfig
from prefdata.errors import IntegrityError
from prefdata.foreign_errors import in_our_words
from prefdata.label_audit.gate import gate_of
from prefdata.pipeline.run.audit_report import report_of
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.results.gate import Gate


@in_our_words
def gate(out: str | Path, config: GateConfig | None = None) -> Gate:
    """Checks the manifest and the audit report of `out` against limits.

    Only the report is read; whether the data are as the manifest says, `verify` checks. Raises
    IntegrityError if `out` has no readable manifest.
    """
    manifest = read_manifest(out)
    try:
        report, why_not = report_of(Path(out), manifest), ""
    except IntegrityError as error:
        report, why_not = None, str(error).rstrip(".")
    return gate_of(manifest, report, config or GateConfig(), why_not=why_not)
