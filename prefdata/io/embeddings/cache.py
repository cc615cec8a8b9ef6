"""The embedding cache, shared by all runs: one folder per encoder, one entry per text.

`ROOT/embeddings/FINGERPRINT/` holds immutable segments. Any number of processes may read, add,
merge and trim concurrently: a segment appears under its name only when complete, and a removed one
stays readable for processes that have mapped it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prefdata.errors import OutputError, RunError
from prefdata.io.embeddings.segments import (
    FOLDER,
    CacheSegment,
    DamagedSegment,
    Halves,
    Windows,
    open_segment,
    places_in,
    segments_in,
    try_remove,
    write_segment,
)
from prefdata.io.embeddings.upkeep import merge, trim
from prefdata.records.arrays import Ints
from prefdata.records.text_columns import Keys

_LISTINGS = 3
"""How often the folder is listed again if a segment was removed while reading."""


@dataclass(frozen=True)
class CachedVectors:
    """The cached embeddings of n texts.

    `is_found` (n); `vectors` (found, dimension) and `windows` (found) in the order of the keys.
    `damaged`: incomplete segments, which have been removed.
    """

    is_found: npt.NDArray[np.bool_]
    vectors: Halves
    windows: Windows
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Located:
    """The locations of n embeddings: `segment` (n; -1 for none) and position `place` in it (n)."""

    segment: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    segments: tuple[CacheSegment, ...]
    damaged: tuple[str, ...]
    dimension: int

    @property
    def is_found(self) -> npt.NDArray[np.bool_]:
        return self.segment >= 0

    def take(self, numbers: Ints) -> tuple[Halves, Windows]:
        """Vectors (k, dimension) and windows (k) of k keys that were found, in memory."""
        vectors = np.empty((len(numbers), self.dimension), np.float16)
        windows = np.empty(len(numbers), np.int32)
        of, places = self.segment[numbers], self.place[numbers]
        for index in np.unique(of).tolist():
            here = of == index
            vectors[here] = self.segments[index].vectors[places[here]]
            windows[here] = self.segments[index].windows[places[here]]
        return vectors, windows


@dataclass(frozen=True)
class EmbeddingCache:
    """The cache of one encoder; see `open_cache`."""

    root: Path
    folder: Path
    dimension: int
    max_bytes: int

    def find(self, keys: Keys) -> CachedVectors:
        """The embeddings of the keys (n, 2) that are cached; see `locate`."""
        located = self.locate(keys)
        vectors, windows = located.take(np.flatnonzero(located.is_found))
        return CachedVectors(located.is_found, vectors, windows, located.damaged)

    def locate(self, keys: Keys) -> Located:
        """Locates the embeddings of keys (n, 2), and marks their segments as used.

        Raises RunError if the folder holds vectors of another dimension.
        """
        segment = np.full(len(keys), -1, np.int32)
        place = np.zeros(len(keys), np.int32)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        segments, damaged = self._segments() if len(keys) else ([], [])
        for index, each in enumerate(segments):
            numbers, places = places_in(each, keys, order)
            if not len(numbers):
                continue
            segment[numbers], place[numbers] = index, places
            order = order[segment[order] < 0]
            with suppress(OSError):  # trimmed meanwhile, or a read-only cache
                os.utime(each.path)
        return Located(segment, place, tuple(segments), tuple(damaged), self.dimension)

    def add(self, keys: Keys, vectors: npt.NDArray[np.floating], windows: Windows) -> int:
        """Adds embeddings of keys (n, 2) to the cache, except those that are not finite.

        `vectors` (n, dimension), `windows` (n). Returns the bytes evicted for them. Raises
        OutputError if the disk is full or not writable.
        """
        halves = vectors.astype(np.float16, copy=False)
        finite = np.isfinite(halves).all(axis=1)
        if not self.max_bytes or not finite.any():
            return 0
        write_segment(self.folder, keys[finite], halves[finite], windows[finite])
        merge(self.folder)
        return trim(self.root, self.max_bytes)

    def refuse_misfits(self) -> None:
        """Raises RunError if the folder holds vectors of another dimension."""
        for path, _ in segments_in(self.folder):
            with suppress(FileNotFoundError, PermissionError, DamagedSegment):  # see `locate`
                self._fitting(open_segment(path))

    def _segments(self) -> tuple[list[CacheSegment], list[str]]:
        damaged: list[str] = []
        opened: dict[Path, CacheSegment] = {}
        for _ in range(_LISTINGS if self.max_bytes else 0):
            has_all = True
            for path, _stat in segments_in(self.folder):
                if path in opened or path.name in damaged:
                    continue
                try:
                    opened[path] = self._fitting(open_segment(path))
                except FileNotFoundError:  # probably merged into another one
                    has_all = False
                except PermissionError as error:
                    raise _unusable(self.root, error) from error
                except DamagedSegment:
                    damaged.append(path.name)
                    try_remove(path)
            if has_all:
                break
        return list(opened.values()), damaged

    def _fitting(self, segment: CacheSegment) -> CacheSegment:
        if segment.dimension != self.dimension:
            raise RunError(
                f"the embeddings kept in {self.folder} have {segment.dimension} numbers, those of "
                f"the encoder {self.dimension}: they are of another encoder. Delete the folder "
                f"{self.folder} and run the same command again."
            )
        return segment


def open_cache(root: Path, fingerprint: str, dimension: int, *, max_bytes: int) -> EmbeddingCache:
    """Opens the cache of an encoder; `max_bytes` 0 disables it.

    `max_bytes` limits the embeddings of all encoders under `root` together. Raises OutputError if
    the folder cannot be made, RunError if it holds vectors of another dimension.
    """
    cache = EmbeddingCache(root, root / FOLDER / fingerprint, dimension, max_bytes)
    if max_bytes:
        try:
            cache.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(root, error) from error
        cache.refuse_misfits()
    return cache


def _unusable(root: Path, error: OSError) -> OutputError:
    return OutputError(
        f"embeddings cannot be kept in {root}: {error.strerror} ({error.filename}). Name another "
        "folder with encoder.cache or $PREFDATA_CACHE, or keep none: encoder.cache_bytes: 0."
    )
