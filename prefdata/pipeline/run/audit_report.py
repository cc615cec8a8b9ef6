"""The audit report in an output folder, as the manifest names it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from prefdata.errors import IntegrityError
from prefdata.results.audit import AuditReport
from prefdata.results.layout import REPORT_PATH
from prefdata.results.manifest import Manifest


def report_of(out: Path, manifest: Manifest) -> AuditReport | None:
    """The report of the audit of `out`; None if the manifest names none.

    Raises IntegrityError if the file is not the one that the manifest names, or of another version.
    """
    entry = next((file for file in manifest.files if file.path == REPORT_PATH), None)
    if entry is None:
        return None
    path = out / REPORT_PATH
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == entry.sha256:
            return AuditReport.model_validate_json(content)
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise IntegrityError(f"{path} cannot be read: {_why(error)}") from error
    raise IntegrityError(
        f"{path} was changed since the audit wrote it. Run `prefdata audit {out}` again."
    )


def _why(error: ValidationError) -> str:
    other = next((one["input"] for one in error.errors() if one["loc"] == ("format",)), None)
    if other is None:
        return "it is no report of an audit"
    ours = AuditReport.model_fields["format"].default
    return (
        f"its format is {str(other)[:40]!r}, and this version of prefdata reads {ours!r}. "
        "Audit again"
    )
