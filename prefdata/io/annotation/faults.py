"""What SQLite says when it cannot write or read, in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefdata.errors import (
    BusyFileError,
    FullDiskError,
    PrefdataError,
    ReadOnlyFileError,
    SourceError,
    UnsavedError,
)

_PRIMARY = 0xFF  # the lower byte of an extended result code

_SAID: dict[int, tuple[type[PrefdataError], str]] = {
    **dict.fromkeys(
        (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
        (BusyFileError, "another program has been writing to it for long. Try again in a moment."),
    ),
    sqlite3.SQLITE_FULL: (
        FullDiskError,
        "there is no room left to write. What was saved is safe; make room, and send it again.",
    ),
    **dict.fromkeys(
        (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM),
        (ReadOnlyFileError, "it may only be read. Grant the right to write, and send it again."),
    ),
    **dict.fromkeys(
        (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
        (SourceError, "it is damaged. Copy it away, and run `sqlite3 FILE .recover` on the copy."),
    ),
    sqlite3.SQLITE_CANTOPEN: (
        ReadOnlyFileError,
        "it, or its folder, cannot be opened. Grant the right to read and write.",
    ),
}


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turns errors of SQLite into ours: UnsavedError and its kinds, or SourceError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _ours(error, path) from error
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise _ours(error, path) from error


def _ours(error: sqlite3.Error, path: Path) -> PrefdataError:
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code == sqlite3.SQLITE_ERROR:  # a statement is wrong: ours is the fault
        raise error
    kind, said = _SAID.get(
        code, (UnsavedError, f"the disk refuses ({error}). What was saved is safe; try again.")
    )
    return kind(f"{path}: {said}")
