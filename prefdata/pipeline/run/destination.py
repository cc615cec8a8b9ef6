"""The destination of a conversion: what may be replaced, and folders that appear atomically."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prefdata.errors import OutputError, UsageError
from prefdata.io.bytes.source import Source
from prefdata.results.conversion import Target

_PARQUET_SUFFIXES = (".parquet", ".pq")
_OURS = re.compile(
    r"dataset_dict\.json|train/(state|dataset_info)\.json"
    r"|train/(data|cache)-[\w-]+\.arrow|data/train-\d+-of-\d+\.parquet"
)
"""Files of a folder written by `convert`, and the caches that `datasets` adds to it."""


@dataclass(frozen=True)
class Destination:
    """The path of the result, and that of the list of left-out rows beside it."""

    path: Path
    to: Target

    @property
    def is_folder(self) -> bool:
        """Arrow is written as a folder; Parquet too, unless the name has the suffix of a file."""
        is_file_name = self.path.suffix.lower() in _PARQUET_SUFFIXES
        return self.to == "arrow" or (self.to == "parquet" and not is_file_name)

    @property
    def left_out(self) -> Path:
        return self.path.with_name(f"{self.path.name}.dropped.jsonl")


def place_of(out: str | Path, to: Target) -> Destination:
    """The destination that `out` names; raises UsageError if it cannot be one."""
    if str(out) == "-" or not Path(out).name:
        raise UsageError(f"--out {str(out)!r} names no file: convert writes files, not to stdout.")
    return Destination(Path(out).absolute(), to)


def refuse_taken(place: Destination, *, force: bool) -> None:
    """Raises OutputError unless the destination is free, or `force` and it may be replaced."""
    path = place.path
    if place.is_folder and path.is_dir():
        _refuse_foreign(path)
        if not any(path.iterdir()):
            return
    elif path.exists() and (place.is_folder or not path.is_file()):
        what, wanted = ("not a folder", "a folder") if place.is_folder else ("not a file", "a file")
        raise OutputError(
            f"{path} exists and is {what}, but {place.to} is written as {wanted}. "
            "Choose another --out."
        )
    taken = [
        path_taken
        for path_taken in (path, place.left_out)
        if path_taken.exists() or path_taken.is_symlink()
    ]
    if taken and not force:
        raise OutputError(
            f"{taken[0]} exists already. Pass --force to replace it, or choose another --out."
        )


def refuse_sources(place: Destination, sources: Sequence[Source]) -> None:
    """Raises OutputError if the result would replace a source."""
    out = place.path.resolve()
    for source in sources:
        path = source.path.resolve()
        if path == out or (place.is_folder and out in path.parents):
            raise OutputError(
                f"{source.name} is among the sources, and would be replaced by what is made of "
                "it. Choose another --out."
            )


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to write to, which replaces `out` when the block ends without an error."""
    made = out.with_name(f".{out.name}.tmp-{os.getpid()}")
    shutil.rmtree(made, ignore_errors=True)
    try:
        yield made
        _exchange(made, out)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _exchange(made: Path, out: Path) -> None:
    replaced = made.with_name(f"{made.name}.replaced")
    try:
        if out.exists():
            _refuse_foreign(out)  # again: a conversion may take hours
            out.rename(replaced)
        made.rename(out)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}. Choose another --out.") from error
    shutil.rmtree(replaced, ignore_errors=True)


def _refuse_foreign(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and not _OURS.fullmatch(name):
            raise OutputError(
                f"{folder} holds {name}, which convert did not write: it will not be touched, "
                "not even with --force. Choose another --out."
            )
