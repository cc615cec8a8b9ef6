"""Where datasets are published: what the Hub and file systems have in common.

A target says what is there (`state`), then takes one set of changes (`publish`), then is read back
(`read_back`). Its errors are RefusedError (token, name, permission: at once), UnavailableError
(transient, after `PushConfig.patience` seconds of trying) and ConflictError (somebody else was
there meanwhile, and it cannot be resolved).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

SentenceField = Callable[[str, int, int], None]
"""`told(step, done, total)`: bytes or files, as a push gets on."""

Say = Callable[[str], None]
"""Takes sentences for people, while a push is under way."""


@dataclass(frozen=True)
class LocalFile:
    """A file to publish: where it goes (forward slashes), and where its bytes are now."""

    path: str
    local: Path
    bytes: int
    sha256: str


@dataclass(frozen=True)
class RemoteFile:
    """A file there; a checksum that the target does not know is None."""

    path: str
    bytes: int
    sha256: str | None = None
    git_sha1: str | None = None
    """Of the git blob: of files that the Hub keeps in git itself."""


@dataclass(frozen=True)
class TargetState:
    """What is there now. `head` is the commit, where there are commits."""

    exists: bool
    head: str | None = None
    files: Mapping[str, RemoteFile] = field(default_factory=dict)
    is_private: bool | None = None


@dataclass(frozen=True)
class Changes:
    """What has to happen so that the target holds just these files."""

    send: tuple[LocalFile, ...]
    same: tuple[LocalFile, ...]
    delete: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.send or self.delete)


@dataclass(frozen=True)
class Published:
    """Where the target is after a push; `commits` are those that were made, in order."""

    head: str | None
    commits: tuple[str, ...] = ()
    url: str | None = None


class MovedError(Exception):
    """The head is no longer what the changes were made for: look again, and make them anew."""


class Target(Protocol):
    """A place to publish to."""

    @property
    def name(self) -> str:
        """For people: without credentials."""
        ...

    @property
    def branch(self) -> str | None:
        """What is published to; None where there are no branches."""
        ...

    def state(self, wanted: Sequence[LocalFile]) -> TargetState:
        """What is there. Checksums must be known at least of files that `wanted` has under the
        same path with the same size. A target that does not exist yet is an empty state."""
        ...

    def read(self, path: str, state: TargetState) -> bytes | None:
        """A small file as it is in this state; None where there is none."""
        ...

    def prepare(self, state: TargetState) -> tuple[str, ...]:
        """Makes sure that there is something to publish to: repository, privacy, branch.

        What was done beyond what was asked, in sentences. Nothing is sent yet, but whatever
        forbids sending (token, tag that is taken, revision that moved on) is said here.
        """
        ...

    def publish(
        self, changes: Changes, state: TargetState, message: str, told: SentenceField
    ) -> Published:
        """Makes the changes. Raises MovedError when the head is not `state.head` any more, and
        then nothing was changed."""
        ...

    def tag(self, published: Published) -> None:
        """Gives what was published the name that was asked for, if one was."""
        ...

    def read_back(self, changes: Changes, published: Published, told: SentenceField) -> int:
        """Compares every file with what is there now: those sent by their bytes, the others by
        their listing. Files compared. Raises IntegrityError with the paths that differ."""
        ...
