"""Places that keep files under paths: what a folder and an object store have in common."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prefdata.io.targets.target import LocalFile


@dataclass(frozen=True)
class StoredFile:
    """A file that is there.

    `modified`: seconds since 1970, None where the store does not say. `mark` is another one once
    the file was written anew, as far as the store tells (its ETag, its time, its inode).
    """

    bytes: int
    modified: float | None
    mark: str


class Store(Protocol):
    """Files under relative paths with forward slashes; each appears whole or not at all.

    Raises RefusedError where the store says no, UnavailableError where it does not answer for too
    long, OutputError where it is full, ConflictError where something else is in the way.
    """

    name: str
    """For people: without credentials."""
    url: str | None
    folder: Path | None
    """Where it is a folder of this machine, or one that is mounted."""
    at_once: int
    """How many files are worth being sent or read at the same time."""

    def prepare(self) -> None:
        """Makes the folder if there is none, and tries whether files may be written there."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Keeps other runs out, where the store can, and sweeps what killed ones left."""
        ...

    def find(self) -> dict[str, StoredFile]:
        """Every file there; none where there is nothing. What is half-written is none of them."""
        ...

    def read(self, path: str) -> bytes | None:
        """A small file; None where there is none."""
        ...

    def sha256(self, path: str) -> str | None:
        """The checksum of the bytes there, which are read for it; None where there is no file."""
        ...

    def put(self, file: LocalFile) -> None:
        """Sends a file."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Writes a small file."""
        ...

    def delete(self, path: str) -> None:
        """Deletes a file; there may be none."""
        ...

    def tidy(self, folders: frozenset[str]) -> None:
        """Removes what is empty in these folders, and they themselves when they are."""
        ...
