"""Collecting the vectors of a run from finished parts, the cache and the encoder."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from prefdata.io.embeddings.cache import EmbeddingCache, Located
from prefdata.io.embeddings.segments import Halves, Windows
from prefdata.records.arrays import Ints
from prefdata.steps.progress import Report
from prefdata.steps.semantic.text_tables import Numbered
from prefdata.steps.semantic.text_windows import TextPart

TOGETHER_BYTES = 32 << 20
"""Bytes of vectors of a light encoder that are added to the cache together, since writing after
every window would take longer than embedding. Those of other encoders are added at once."""

_BLOCK = 16_384  # texts whose vectors are copied from the cache at a time


@dataclass
class Filling:
    """Fills `vectors` (texts, dimension), and adds new ones to the cache.

    A separate thread writes the cache, one addition at a time, so that the encoder does not wait
    for the disk.
    """

    texts: Numbered
    vectors: Halves
    cache: EmbeddingCache
    report: Report
    at_once: bool
    located: Located = field(init=False)
    windows: Windows = field(init=False)
    is_done: npt.NDArray[np.bool_] = field(init=False)
    cached: int = 0
    displaced: int = 0
    _told: int = 0
    _unkept: list[TextPart] = field(default_factory=list)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _keeping: Future[int] | None = None

    def __post_init__(self) -> None:
        self.located = self.cache.locate(self.texts.keys)
        self.windows = np.zeros(len(self.texts), np.int32)
        self.is_done = np.zeros(len(self.texts), np.bool_)

    def __enter__(self) -> Filling:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._thread:
            if kind is None:
                self._keep()
                self._kept()

    def take(self, part: TextPart) -> None:
        """Copies the vectors of a part, and adds them to the cache."""
        self._fill(part.numbers, part.vectors, part.windows)
        self._unkept.append(part)
        size = sum(each.vectors.nbytes for each in self._unkept)
        if self.at_once or size >= TOGETHER_BYTES:
            self._keep()

    def take_cached(self) -> None:
        """Copies all missing vectors that the cache has."""
        cached = np.flatnonzero(self.located.is_found & ~self.is_done)
        for start in range(0, len(cached), _BLOCK):
            block = cached[start : start + _BLOCK]
            self._fill(block, *self.located.take(block))
        self.cached = len(cached)
        self.tell(int(self.is_done.sum()))

    def pending(self) -> Ints:
        """The numbers of the texts that are still to be embedded, ascending."""
        return np.flatnonzero(~self.is_done)

    def tell(self, count: int) -> None:
        """Reports that `count` more texts are finished."""
        self._told += count
        self.report("embed", self._told, len(self.texts))

    def _keep(self) -> None:
        if not self._unkept:
            return
        numbers = np.concatenate([part.numbers for part in self._unkept])
        vectors = np.concatenate([part.vectors for part in self._unkept])
        self._unkept.clear()
        is_new = (self.windows[numbers] > 0) & ~self.located.is_found[numbers]
        numbers = numbers[is_new]
        keys, windows = self.texts.keys[numbers], self.windows[numbers]
        self._kept()
        self._keeping = self._thread.submit(self.cache.add, keys, vectors[is_new], windows)

    def _kept(self) -> None:
        """Waits for the running addition to the cache, and raises its error if it failed."""
        if self._keeping is not None:
            self.displaced += self._keeping.result()
            self._keeping = None

    def _fill(self, numbers: Ints, vectors: Halves, windows: Windows) -> None:
        self.vectors[numbers] = vectors
        self.windows[numbers] = windows
        self.is_done[numbers] = True
