"""Cuts long texts into chunks of the window, and pools the vectors of chunks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.encoders.encoder import Vectors
from prefdata.records.arrays import Ints

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Frame:
    """What surrounds a chunk: special tokens before and after it, and the prompt.

    `window`: tokens of a chunk including all of that. The text itself already begins with the
    prompt's tokens; only later chunks get them again.
    """

    window: int
    before: Ids
    after: Ids
    prompt: Ids

    @property
    def special(self) -> int:
        return len(self.before) + len(self.after)

    @property
    def room(self) -> int:
        """Tokens of text per chunk."""
        return self.window - self.special - len(self.prompt)


@dataclass(frozen=True)
class Chunks:
    """Chunks of texts: the text of each, and its range [start, stop) in the tokens of all texts."""

    text: Ints
    start: Ints
    stop: Ints
    is_first: npt.NDArray[np.bool_]
    frame: Frame

    @property
    def lengths(self) -> Ints:
        """Tokens of each chunk as the model gets them."""
        again = np.where(self.is_first, 0, len(self.frame.prompt))
        lengths: Ints = self.stop - self.start + again + self.frame.special
        return lengths

    @property
    def weights(self) -> Ints:
        """Tokens of text in each chunk; at least 1, as a text may merge with the prompt."""
        prompted = np.where(self.is_first, len(self.frame.prompt), 0)
        weights: Ints = np.maximum(self.stop - self.start - prompted, 1)
        return weights

    def select(self, which: npt.NDArray[np.bool_]) -> Chunks:
        """The chunks with a flag."""
        return Chunks(
            self.text[which], self.start[which], self.stop[which], self.is_first[which], self.frame
        )

    def row(self, chunk: int, tokens: Ids) -> Ids:
        """The token ids of a chunk as the model gets them."""
        frame = self.frame
        again = () if self.is_first[chunk] else (frame.prompt,)
        body = tokens[self.start[chunk] : self.stop[chunk]]
        return np.concatenate((frame.before, *again, body, frame.after))


def window_counts(counts: Ints, frame: Frame) -> Ints:
    """The number of chunks of texts with these numbers of tokens (prompt included); 0 for 0.

    >>> none = np.zeros(0, np.int32)
    >>> window_counts(np.array([0, 1, 8, 9]), Frame(8, none, none, none)).tolist()
    [0, 1, 1, 2]
    """
    beyond = np.maximum(counts - frame.room - len(frame.prompt), 0)
    return np.where(counts > 0, 1 + -(-beyond // frame.room), 0)


def cut(counts: Ints, frame: Frame) -> Chunks:
    """Cuts concatenated texts, given by their numbers of tokens (prompt included), into chunks."""
    windows = window_counts(counts, frame)
    text = np.repeat(np.arange(len(counts)), windows)
    begin = np.cumsum(counts) - counts
    number = np.arange(len(text)) - np.repeat(np.cumsum(windows) - windows, windows)
    prompt = len(frame.prompt)
    start = begin[text] + np.where(number > 0, prompt + number * frame.room, 0)
    stop = np.minimum(begin[text] + prompt + (number + 1) * frame.room, (begin + counts)[text])
    return Chunks(text, start, stop, number == 0, frame)


def normalised(vectors: npt.NDArray[np.floating]) -> Vectors:
    """Vectors (n, dimension) scaled to unit length; NaN for a zero or non-finite vector."""
    wide = vectors.astype(np.float64)
    with np.errstate(all="ignore"):
        length = np.linalg.norm(wide, axis=1, keepdims=True)
        unit = wide / length
    unit[~(np.isfinite(length[:, 0]) & (length[:, 0] > np.finfo(np.float32).tiny))] = np.nan
    result: Vectors = unit.astype(np.float32)
    return result


class Pool:
    """The mean of the unit vectors of each text's chunks, weighted by tokens."""

    def __init__(self, texts: int) -> None:
        self._texts = texts
        self._sums = np.zeros((texts, 0))

    def add(self, text: Ints, weights: Ints, vectors: npt.NDArray[np.floating]) -> None:
        """Adds chunks in any order: the text of each, its weight, its vector."""
        if self._sums.shape[1] == 0:
            self._sums = np.zeros((self._texts, vectors.shape[1]))
        np.add.at(self._sums, text, normalised(vectors) * weights[:, None])

    def vectors(self) -> Vectors:
        """Unit vectors (texts, dimension); NaN for a text without chunks, or with a sum of zero.

        Without any chunk at all, the dimension is 1.
        """
        if self._sums.shape[1] == 0:
            return np.full((self._texts, 1), np.nan, dtype=np.float32)
        return normalised(self._sums)
