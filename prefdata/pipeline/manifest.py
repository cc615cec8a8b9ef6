"""The manifest of an output folder, read without anything heavy."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from prefdata.errors import IntegrityError
from prefdata.pipeline.workspace import MANIFEST
from prefdata.verdicts.model import Manifest


def read_manifest(out: str | Path) -> Manifest:
    """The manifest of an output folder. Raises IntegrityError where there is none, or a bad one."""
    path = Path(out) / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise IntegrityError(
            f"{out} is not a finished output of prefdata: it has no {MANIFEST}. "
            "If a build of it was stopped, run the same build again: it resumes."
        ) from error
    except (ValidationError, OSError) as error:
        raise IntegrityError(f"{path} cannot be read as a manifest: {error}") from error
