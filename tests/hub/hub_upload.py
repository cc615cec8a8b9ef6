"""What the Hub decides about files before they are sent: large, regular, or to be ignored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hub_store import Repository

REGULAR_BYTES = 10_000_000
"""A larger file is never kept in git itself."""


@dataclass(frozen=True)
class Rules:
    """Patterns of `.gitattributes` and `.gitignore` of a revision."""

    large: tuple[tuple[str, bool], ...]
    ignored: tuple[str, ...]

    @classmethod
    def of(cls, repository: Repository, revision: str, gitignore: str | None = None) -> Rules:
        tree = repository.commit(revision).tree
        attributes, ignored = "", gitignore or ""
        if ".gitattributes" in tree:
            attributes = repository.read(".gitattributes", revision).decode()
        if gitignore is None and ".gitignore" in tree:
            ignored = repository.read(".gitignore", revision).decode()
        return cls(tuple(_attributes(attributes)), tuple(_lines(ignored)))

    def mode(self, path: str, size: int, start: bytes) -> str:
        """The last pattern that fits decides; without one, size and content do."""
        fitting = [is_large for pattern, is_large in self.large if _fits(pattern, path)]
        if fitting:
            return "lfs" if fitting[-1] else "regular"
        return "lfs" if size > REGULAR_BYTES or is_binary(start) else "regular"

    def ignores(self, path: str) -> bool:
        verdict = False
        for pattern in self.ignored:
            if _fits(pattern.removeprefix("!"), path):
                verdict = not pattern.startswith("!")
        return verdict


def is_binary(start: bytes) -> bool:
    """As git sees it: there is a zero byte, or it is no UTF-8."""
    if b"\0" in start:
        return True
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.reason != "unexpected end of data"
    return False


def _attributes(text: str) -> Iterable[tuple[str, bool]]:
    for line in _lines(text):
        pattern, *attributes = line.split()
        if "filter=lfs" in attributes:
            yield pattern, True
        elif "-filter" in attributes or "!filter" in attributes:
            yield pattern, False


def _lines(text: str) -> Iterable[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _fits(pattern: str, path: str) -> bool:
    if pattern.endswith("/"):
        return fnmatchcase(f"/{path}", f"*/{pattern.strip('/')}/*")
    if "/" in pattern:
        return fnmatchcase(path, pattern.strip("/"))
    return any(fnmatchcase(part, pattern) for part in path.split("/"))
