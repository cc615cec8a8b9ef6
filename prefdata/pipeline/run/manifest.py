"""Reads the manifest of an output folder, without importing anything heavy."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from prefdata.errors import IntegrityError
from prefdata.foreign_errors import refuse_unless_text
from prefdata.results.layout import MANIFEST
from prefdata.results.manifest import Manifest


def read_manifest(out: str | Path) -> Manifest:
    """The manifest of an output folder.

    Raises IntegrityError if it is missing or invalid, UsageError if the name of `out` is no text.
    """
    path = Path(out) / MANIFEST
    refuse_unless_text(path)
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise IntegrityError(
            f"{out} is not a finished output of prefdata: it has no {MANIFEST}. "
            "If a build of it was stopped, run the same build again: it resumes."
        ) from error
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read as a manifest: {error.strerror}") from error
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        place = ".".join(map(str, first["loc"]))
        more = f", and {len(others):,} more" if others else ""
        raise IntegrityError(
            f"{path} cannot be read as a manifest: {f'{place}: ' if place else ''}{first['msg']}"
            f"{more}. It was changed or cut off, or another version of prefdata wrote it. Build it "
            "again with --force, or read it with that version."
        ) from error
