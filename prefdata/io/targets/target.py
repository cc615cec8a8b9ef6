"""The protocol of targets: places to which datasets are published (the Hub, file systems).

A push reads the state of the target (`state`), makes one set of changes (`publish`) and verifies
them (`read_back`). Methods raise RefusedError at once (token, name, permission), UnavailableError
after `PushConfig.patience` seconds of retries, and ConflictError if somebody else has changed the
target and it cannot be resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Progress = Callable[[str, int, int], None]
"""`progress(step, done, total)`: called with bytes or files during a push."""

Say = Callable[[str], None]
"""Receives messages for people during a push."""


@dataclass(frozen=True)
class LocalFile:
    """A file to publish: `path` on the target (forward slashes), and the `local` file."""

    path: str
    local: Path
    bytes: int
    sha256: str


@dataclass(frozen=True)
class RemoteFile:
    """A file on a target; a checksum is None if the target does not know it."""

    path: str
    bytes: int
    sha256: str | None = None
    git_sha1: str | None = None
    """Of the git blob, for files that the Hub stores in git itself."""


@dataclass(frozen=True)
class TargetState:
    """The state of a target. `head`: the commit, None if the target has no commits."""

    exists: bool
    head: str | None = None
    files: Mapping[str, RemoteFile] = field(default_factory=dict)
    is_private: bool | None = None


@dataclass(frozen=True)
class Changes:
    """The changes that make a target hold exactly the wanted files; `same`: already there."""

    send: tuple[LocalFile, ...]
    same: tuple[LocalFile, ...]
    delete: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.send or self.delete)


@dataclass(frozen=True)
class Published:
    """The result of a push: the new head, and the commits that were made, in order."""

    head: str | None
    commits: tuple[str, ...] = ()
    url: str | None = None


class MovedError(Exception):
    """The head is not the one that the changes were computed for: compute them again."""


class Target(Protocol):
    """A place to publish to."""

    @property
    def name(self) -> str:
        """The name of the target for display, without credentials."""
        ...

    @property
    def branch(self) -> str | None:
        """The branch that is published to; None if the target has no branches."""
        ...

    def state(self, wanted: Sequence[LocalFile]) -> TargetState:
        """The current state; empty if the target does not exist yet. Checksums are known at least
        for files with the path and size of a `wanted` file."""
        ...

    def read(self, path: str, state: TargetState) -> bytes | None:
        """The content of a small file in a state; None if it does not exist."""
        ...

    def prepare(self, state: TargetState) -> tuple[str, ...]:
        """Creates what a push needs: repository, privacy, branch; sends nothing.

        Returns sentences on what was done besides. Raises an error for everything that would
        prevent the push (token, a taken tag, a moved revision).
        """
        ...

    def publish(
        self, changes: Changes, state: TargetState, message: str, progress: Progress
    ) -> Published:
        """Makes the changes. Raises MovedError, without any change, if the head is no longer
        `state.head`."""
        ...

    def tag(self, published: Published) -> None:
        """Creates the tag of the config, if there is one, on what was published."""
        ...

    def read_back(self, changes: Changes, published: Published, progress: Progress) -> int:
        """Compares every file with the target: files sent by their bytes, others by the listing.
        Returns the number of files compared. Raises IntegrityError with the paths that differ."""
        ...
