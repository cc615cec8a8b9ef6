"""Dividing changes into commits: one, unless the Hub's limits require several.

With several, the old manifest is deleted by the first commit and the new one added by the last,
since it marks a complete publication. All other deletions happen first, too, so that stale shards
never lie beside new ones, and an interrupted push finds only its own files.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from prefdata.io.targets.target import LocalFile
from prefdata.results.layout import (
    CARD,
    MANIFEST,
    MANIFEST_CHECKSUM,
)

_TOGETHER = (CARD, MANIFEST, MANIFEST_CHECKSUM)


@dataclass(frozen=True)
class Sent:
    """A file to commit; large ones (LFS, Xet) were uploaded before, small ones are sent with it."""

    file: LocalFile
    is_large: bool

    @property
    def weight(self) -> tuple[int, int]:
        """(number of large files, bytes in the request); small files are sent in base64."""
        return (1, 0) if self.is_large else (0, 4 * -(-self.file.bytes // 3))


@dataclass(frozen=True)
class PlannedCommit:
    send: tuple[LocalFile, ...]
    delete: tuple[str, ...]


def plan_commits(
    sent: Sequence[Sent],
    delete: Sequence[str],
    there: Collection[str],
    *,
    large_files: int,
    small_bytes: int,
) -> tuple[PlannedCommit, ...]:
    """The commits, in order. `there`: paths that the branch holds before the first.

    `large_files`, `small_bytes`: limits of a commit. A file that exceeds them gets a commit of its
    own, which the Hub may refuse.
    """
    groups = _groups(_units(sent), large_files, small_bytes) or [[]]
    first_delete = tuple(delete)
    is_marked = MANIFEST in there and any(unit.file.path == MANIFEST for unit in sent)
    if len(groups) > 1 and is_marked:
        first_delete = (MANIFEST, *first_delete)
    return tuple(
        PlannedCommit(tuple(unit.file for unit in group), () if number else first_delete)
        for number, group in enumerate(groups)
    )


def _units(sent: Sequence[Sent]) -> list[list[Sent]]:
    """Files that must be in the same commit: each file alone, and last card and manifest."""
    last = [one for one in sent if one.file.path in _TOGETHER]
    units = [[one] for one in sent if one.file.path not in _TOGETHER]
    return [*units, last] if last else units


def _groups(units: Sequence[list[Sent]], large_files: int, small_bytes: int) -> list[list[Sent]]:
    groups: list[list[Sent]] = []
    files, size = 0, 0
    for unit in units:
        more_files = sum(one.weight[0] for one in unit)
        more_bytes = sum(one.weight[1] for one in unit)
        is_full = files + more_files > large_files or size + more_bytes > small_bytes
        if not groups or (is_full and groups[-1]):
            groups.append([])
            files, size = 0, 0
        groups[-1] += unit
        files, size = files + more_files, size + more_bytes
    return groups
