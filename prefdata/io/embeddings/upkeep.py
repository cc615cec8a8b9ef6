"""Keeping the embedding cache small: few segments an encoder, bounded bytes over all of them."""

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
    removed,
    segments_in,
    write_segment,
)

SMALL_BYTES = 32 * MIB
"""Segments below this size are merged when there are many; merging ends when it is reached."""

_MANY = 24
_MERGED = 16  # the smallest of the many: large ones are not written again for a few more texts

_ABANDONED_SECONDS = 3600.0


def merge(folder: Path) -> None:
    """Makes one segment of many small ones, where there are many and nobody else is at it."""
    if len(_small(folder)) < _MANY:
        return
    try:
        with FileLock(folder / ".merging.lock", timeout=0):
            small = _small(folder)  # somebody else may just have finished
            if len(small) >= _MANY:
                _merge(folder, [path for _, path in small[:_MERGED]])
    except Timeout:
        return


def trim(root: Path, max_bytes: int) -> int:
    """Removes the least recently used segments until all under `root` have at most `max_bytes`.

    Gives the bytes that were removed. A file that is in use (where the system minds) or that
    somebody else removes is no failure. What a killed run was just writing goes when it is an
    hour old.
    """
    found = []
    for folder in (root / FOLDER).glob("*"):
        _remove_abandoned(folder)
        found += [(stat.st_mtime_ns, stat.st_size, path) for path, stat in segments_in(folder)]
    surplus, gone = sum(size for _, size, _ in found) - max_bytes, 0
    for _, size, path in sorted(found):
        if gone >= surplus:
            break
        gone += size if removed(path) else 0
    return gone


def _small(folder: Path) -> list[tuple[int, Path]]:
    sizes = [(stat.st_size, path) for path, stat in segments_in(folder)]
    return sorted(pair for pair in sizes if pair[0] < SMALL_BYTES)


def _merge(folder: Path, paths: list[Path]) -> None:
    segments: list[CacheSegment] = []
    used = size = 0
    for path in paths:
        with suppress(FileNotFoundError, DamagedSegment):  # the latter is reported when looked in
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
        os.utime(merged, ns=(used, used))  # merging is no use
    for part in segments:
        removed(part.path)


def _goes_with(segment: CacheSegment, others: list[CacheSegment]) -> bool:
    # Another dimension is an error for whoever looks in, who says what to do about it.
    return all(segment.dimension == other.dimension for other in others[:1])


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob(".*.tmp-*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                removed(path)
