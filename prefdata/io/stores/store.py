"""The protocol of stores: places that keep files under paths, such as folders and object stores."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prefdata.io.targets.target import LocalFile


@dataclass(frozen=True)
class StoredFile:
    """A file in a store.

    `modified`: seconds since 1970, None if unknown. `mark`: changes when the file is written again,
    as far as the store reports it (ETag, time, inode).
    """

    bytes: int
    modified: float | None
    mark: str


class Store(Protocol):
    """Files under relative paths with forward slashes; each appears complete or not at all.

    Methods raise RefusedError if the store refuses, UnavailableError if it does not respond for too
    long, OutputError if it is full, ConflictError if another kind of entry is in the way.
    """

    name: str
    """The name for display, without credentials."""
    url: str | None
    folder: Path | None
    """The path of a local or mounted folder, else None."""
    at_once: int
    """How many files should be sent or read at the same time."""

    def prepare(self) -> None:
        """Creates the folder if necessary, and tests whether files may be written there."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Locks out other runs if the store can, and removes temporary files of killed runs."""
        ...

    def find(self) -> dict[str, StoredFile]:
        """All complete files by path; empty if the folder does not exist."""
        ...

    def read(self, path: str) -> bytes | None:
        """The content of a small file; None if it does not exist."""
        ...

    def sha256(self, path: str) -> str | None:
        """The SHA-256 of a file, which is read for it; None if it does not exist."""
        ...

    def put(self, file: LocalFile) -> None:
        """Sends a file."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Writes a small file."""
        ...

    def delete(self, path: str) -> None:
        """Deletes a file if it exists."""
        ...

    def tidy(self, folders: frozenset[str]) -> None:
        """Removes empty subfolders of these folders, and the folders themselves if empty."""
        ...
