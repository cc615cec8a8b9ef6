"""Maintaining the embedding cache: few segments per encoder, and a limit on total bytes."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from prefdata.config.section import MIB
from prefdata.io.embeddings.segments import (
    FOLDER,
    CacheSegment,
    DamagedSegment,
    open_segment,
    segments_in,
    try_remove,
    write_segment,
)

SMALL_BYTES = 32 * MIB
"""Segments below this size are merged if there are many; a merged one stops growing above it."""

_MANY = 24
_MERGED = 16  # the smallest ones: large segments are not rewritten for a few more texts

_ABANDONED_SECONDS = 3600.0


def merge(folder: Path) -> None:
    """Merges small segments into one, if there are many and no other process is merging."""
    if len(_small(folder)) < _MANY:
        return
    try:
        with FileLock(folder / ".merging.lock", timeout=0):
            small = _small(folder)  # another process may just have finished
            if len(small) >= _MANY:
                _merge(folder, [path for _, path in small[:_MERGED]])
    except Timeout:
        return


def trim(root: Path, max_bytes: int) -> int:
    """Removes the least recently used segments until all under `root` have at most `max_bytes`.

    Returns the bytes removed. Files in use (on systems that forbid removing them) and files that
    another process removes are skipped. Unfinished files of killed runs are removed after an hour.
    """
    segments = []
    for folder in (root / FOLDER).glob("*"):
        _remove_abandoned(folder)
        segments += [(stat.st_mtime_ns, stat.st_size, path) for path, stat in segments_in(folder)]
    surplus, gone = sum(size for _, size, _ in segments) - max_bytes, 0
    for _, size, path in sorted(segments):
        if gone >= surplus:
            break
        gone += size if try_remove(path) else 0
    return gone


def _small(folder: Path) -> list[tuple[int, Path]]:
    sizes = [(stat.st_size, path) for path, stat in segments_in(folder)]
    return sorted(pair for pair in sizes if pair[0] < SMALL_BYTES)


def _merge(folder: Path, paths: list[Path]) -> None:
    segments: list[CacheSegment] = []
    used = size = 0
    for path in paths:
        with suppress(FileNotFoundError, DamagedSegment):  # a damaged one is reported by `locate`
            segment, stat = open_segment(path), path.stat()
            if size < SMALL_BYTES and _goes_with(segment, segments):
                segments.append(segment)
                used, size = max(used, stat.st_mtime_ns), size + stat.st_size
    if len(segments) < 2:
        return
    keys = np.concatenate([np.stack([part.high, part.low], axis=1) for part in segments])
    vectors = np.concatenate([part.vectors for part in segments])
    windows = np.concatenate([part.windows for part in segments])
    merged = write_segment(folder, keys, vectors, windows)
    with suppress(FileNotFoundError):
        os.utime(merged, ns=(used, used))  # merging does not count as use
    for part in segments:
        try_remove(part.path)


def _goes_with(segment: CacheSegment, others: list[CacheSegment]) -> bool:
    # Another dimension is reported by `locate`, with what to do about it.
    return all(segment.dimension == other.dimension for other in others[:1])


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob(".*.tmp-*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                try_remove(path)
