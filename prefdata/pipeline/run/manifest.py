"""Reads and writes the manifest of an output folder, without importing anything heavy.

Beside the manifest lies the checksum of its text (`manifest.json.sha256`, as `sha256sum` writes
it), so that an edit of the manifest is found as one of any other file is.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from prefdata.errors import IntegrityError
from prefdata.foreign_errors import refuse_unless_text
from prefdata.io.files.atomic import WrittenFile, json_text, write_text_atomic
from prefdata.results.layout import MANIFEST, MANIFEST_CHECKSUM
from prefdata.results.manifest import Manifest

_LINE = re.compile(rf"([0-9a-f]{{64}})  {re.escape(MANIFEST)}\n")
_Model = TypeVar("_Model", bound=BaseModel)
_CHECKSUMS = re.compile(rf"(?:{_LINE.pattern}){{1,2}}")


def read_manifest(out: str | Path) -> Manifest:
    """The manifest of an output folder.

    - `out`: the folder that `build` wrote.

    Raises IntegrityError if it is missing or invalid.
    """
    return parsed_manifest(out, manifest_text(out))


def manifest_text(out: str | Path) -> bytes:
    """The content of the manifest's file.

    Raises IntegrityError if it is missing, UsageError if the name of `out` is no text.
    """
    path = Path(out) / MANIFEST
    refuse_unless_text(path)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise IntegrityError(
            f"{out} is not a finished output of prefdata: it has no {MANIFEST}. "
            "If a build of it was stopped, run the same build again: it resumes."
        ) from error
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read as a manifest: {error.strerror}") from error


def parsed_manifest(out: str | Path, text: bytes) -> Manifest:
    """The manifest that `text` holds. Raises IntegrityError if it is invalid."""
    return parsed_as(Manifest, out, text)


def parsed_as(kind: type[_Model], out: str | Path, text: bytes) -> _Model:
    """The manifest of some kind that `text` holds. Raises IntegrityError if it is invalid."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        place = ".".join(map(str, first["loc"]))
        more = f", and {len(others):,} more" if others else ""
        raise IntegrityError(
            f"{Path(out) / MANIFEST} cannot be read as a manifest: "
            f"{f'{place}: ' if place else ''}{first['msg']}{more}. It was changed or cut off, or "
            "another version of prefdata wrote it. Build it again with --force, or read it with "
            "that version."
        ) from error


def unedited_manifest(out: str | Path) -> Manifest:
    """The manifest, for commands that write it anew: an edit must not be vouched for by that.

    Raises IntegrityError if it is missing or invalid, or if its checksum differs.
    """
    text = manifest_text(out)
    manifest = parsed_manifest(out, text)
    if problem := checksum_problem(out, text, manifest):
        raise IntegrityError(f"{out}: {problem}. Restore it, or build it again with --force.")
    return manifest


class Vouched(Protocol):
    """A manifest that names the file with its checksum; None: an older version wrote none."""

    @property
    def checksum(self) -> str | None: ...


def checksum_problem(out: str | Path, text: bytes, manifest: Vouched) -> str | None:
    """What is wrong with the checksum of a manifest's text; None if nothing is.

    An older version of prefdata wrote no checksum, and its manifest names none.
    """
    try:
        found = (Path(out) / MANIFEST_CHECKSUM).read_bytes().decode("ascii", "replace")
    except FileNotFoundError:
        lost = f"{MANIFEST_CHECKSUM}: missing, so nothing vouches for {MANIFEST}"
        return None if manifest.checksum is None else lost
    except OSError as error:
        return f"{MANIFEST_CHECKSUM}: cannot be read: {error.strerror}"
    if not _CHECKSUMS.fullmatch(found):
        return f"{MANIFEST_CHECKSUM}: not a checksum of {MANIFEST} as prefdata writes it"
    if hashlib.sha256(text).hexdigest() not in _LINE.findall(found):
        return (
            f"{MANIFEST}: not the text that {MANIFEST_CHECKSUM} vouches for; one of the two was "
            "changed"
        )
    return None


def write_manifest(out: Path, manifest: BaseModel) -> tuple[WrittenFile, WrittenFile]:
    """Writes the manifest and, before it, its checksum; returns both files, the manifest first.

    While an existing manifest is replaced the checksums of both are there, so that a kill in
    between leaves a folder that is sound.
    """
    text, place = json_text(manifest), out / MANIFEST_CHECKSUM
    try:
        before = _line((out / MANIFEST).read_bytes())
    except FileNotFoundError:
        before = ""
    line = _line(text.encode("utf-8", "backslashreplace"))
    checksum = write_text_atomic(place, line if before in ("", line) else before + line)
    written = write_text_atomic(out / MANIFEST, text)
    if before not in ("", line):
        checksum = write_text_atomic(place, line)
    return written, checksum


def _line(text: bytes) -> str:
    return f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n"
