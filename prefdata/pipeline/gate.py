"""The publication gate of an output folder: whether its audit allows it to be published."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from prefdata.config.gate import GateConfig
from prefdata.foreign_errors import in_our_words
from prefdata.label_audit.gate import gate_of
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.results.audit import AuditReport
from prefdata.results.gate import Gate
from prefdata.results.layout import REPORT_PATH
from prefdata.results.manifest import Manifest


@in_our_words
def gate(out: str | Path, config: GateConfig | None = None) -> Gate:
    """Checks the manifest and the audit report of `out` against limits.

    Only the report is read; whether the data are as the manifest says, `verify` checks. Raises
    IntegrityError if `out` has no readable manifest.
    """
    manifest = read_manifest(out)
    report, why_not = _report(Path(out) / REPORT_PATH, manifest)
    return gate_of(manifest, report, config or GateConfig(), why_not=why_not)


def _report(path: Path, manifest: Manifest) -> tuple[AuditReport | None, str]:
    """The report that the manifest names; or None, and why it cannot be used, if one is named."""
    entry = next((file for file in manifest.files if file.path == REPORT_PATH), None)
    if entry is None:
        return None, ""
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            return None, f"{REPORT_PATH} was changed since the audit wrote it"
        return AuditReport.model_validate_json(content), ""
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no report of an audit"
        return None, f"{REPORT_PATH} cannot be read: {reason}"
