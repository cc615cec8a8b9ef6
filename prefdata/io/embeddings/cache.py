"""Embeddings kept from run to run: one folder an encoder, one entry a text.

`ROOT/embeddings/FINGERPRINT/` holds immutable segments. Any number of processes may read, add,
merge and trim at once: a segment appears under its name when it is whole, and one that is removed
stays readable for whoever has mapped it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prefdata.config.semantic import EncoderConfig
from prefdata.errors import OutputError, RunError
from prefdata.io.embeddings.segments import (
    FOLDER,
    CacheSegment,
    DamagedSegment,
    Halves,
    Ints,
    Keys,
    Windows,
    open_segment,
    places_in,
    removed,
    segments_in,
    write_segment,
)
from prefdata.io.embeddings.upkeep import merge, trim

_LISTINGS = 3
"""How often the folder is listed anew because a segment went while it was being read."""


def cache_root(config: EncoderConfig) -> Path:
    """Where embeddings are kept: `encoder.cache`, else $PREFDATA_CACHE, else ~/.cache/prefdata."""
    named = config.cache or os.environ.get("PREFDATA_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "prefdata"


@dataclass(frozen=True)
class CachedVectors:
    """What the cache knows of n texts.

    `is_found` (n); `vectors` (found, dimension) and `windows` (found) in the order of the keys.
    `damaged`: files that were no whole segments; they have been removed.
    """

    is_found: npt.NDArray[np.bool_]
    vectors: Halves
    windows: Windows
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Located:
    """Where the embeddings of n keys stand: `segment` (n; -1: nowhere) and `place` in it (n)."""

    segment: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    segments: tuple[CacheSegment, ...]
    damaged: tuple[str, ...]
    dimension: int

    @property
    def is_found(self) -> npt.NDArray[np.bool_]:
        return self.segment >= 0

    def take(self, numbers: Ints) -> tuple[Halves, Windows]:
        """Vectors and windows of some keys that were found, loaded into memory."""
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
    """The embeddings of one encoder; get one by `open_cache`."""

    root: Path
    folder: Path
    dimension: int
    max_bytes: int

    def find(self, keys: Keys) -> CachedVectors:
        """The embeddings of texts, shape (n, 2), as far as they are there; see `locate`."""
        located = self.locate(keys)
        vectors, windows = located.take(np.flatnonzero(located.is_found))
        return CachedVectors(located.is_found, vectors, windows, located.damaged)

    def locate(self, keys: Keys) -> Located:
        """Where the embeddings of texts stand; what is used is marked as such.

        Raises RunError where the folder holds vectors of another dimension.
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
            with suppress(OSError):  # trimmed meanwhile, or a cache that may only be read
                os.utime(each.path)
        return Located(segment, place, tuple(segments), tuple(damaged), self.dimension)

    def add(self, keys: Keys, vectors: npt.NDArray[np.floating], windows: Windows) -> int:
        """Keeps embeddings; such as are not finite numbers throughout are left out.

        Gives the bytes that had to go for them. Raises OutputError where the disk is full or
        forbidden.
        """
        halves = vectors.astype(np.float16, copy=False)
        finite = np.isfinite(halves).all(axis=1)
        if not self.max_bytes or not finite.any():
            return 0
        write_segment(self.folder, keys[finite], halves[finite], windows[finite])
        merge(self.folder)
        return trim(self.root, self.max_bytes)

    def refuse_misfits(self) -> None:
        """Raises RunError where the folder holds vectors of another dimension."""
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
                except FileNotFoundError:  # merged into another one, most likely
                    has_all = False
                except PermissionError as error:
                    raise _unusable(self.root, error) from error
                except DamagedSegment:
                    damaged.append(path.name)
                    removed(path)
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
    """The cache of an encoder; with `max_bytes` 0 one that keeps nothing and looks at nothing.

    `max_bytes` bounds the embeddings of all encoders under `root` together. Raises OutputError
    where the folder cannot be made, RunError where it holds vectors of another dimension.
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
