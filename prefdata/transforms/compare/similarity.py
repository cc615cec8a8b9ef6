"""How alike two preference pairs are: exact Jaccard similarities of their parts.

Pairs are alike as far as the least similar of their parts is: a long common prompt does not make
different completions alike. Completions are compared both ways round, chosen with chosen
(*direct*) and chosen with rejected (*crossed*); the way in which they are more alike counts, and
direct when both are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from prefdata.records.texts import Ints
from prefdata.transforms.compare.shingles import Hashes

On = Literal["pair", "prompt", "completion"]
Ratios = npt.NDArray[np.float64]

PROMPT, CHOSEN, REJECTED = range(3)
PARTS: dict[On, tuple[int, ...]] = {
    "pair": (PROMPT, CHOSEN, REJECTED),
    "prompt": (PROMPT,),
    "completion": (CHOSEN, REJECTED),
}
"""The parts that are compared."""

PAIRS_AT_ONCE = 4096

PROMPT_TAG, AGAIN_TAG = 0xD6E8FEB86659FD93, 0xA5A35625E79B2B5D
"""Added to shingles of prompts, and to those that both completions hold, to tell them apart."""


@dataclass(frozen=True)
class Similarities:
    """Of some pairs of rows, part by part; 1 for parts that are not compared.

    `first` and `second`: of the completions, as `crossed` says: chosen with chosen and rejected
    with rejected, or chosen with rejected and rejected with chosen.
    """

    prompt: Ratios
    first: Ratios
    second: Ratios
    crossed: npt.NDArray[np.bool_]
    said: Ints
    """Shingles in the completions of the row that says less."""

    @property
    def overall(self) -> Ratios:
        """The least of the parts."""
        return np.minimum(self.prompt, np.minimum(self.first, self.second))

    def alike(self, threshold: float, short: int) -> npt.NDArray[np.bool_]:
        """Whether rows are alike: all parts reach the threshold, and where the completions say
        little (fewer than `short` shingles) the prompts are the same, not nearly: with yes and no
        for answers, a single word of the question is all the difference there is."""
        is_same = (self.said >= short) | (self.prompt == 1.0)
        alike: npt.NDArray[np.bool_] = is_same & (self.overall >= threshold)
        return alike


Parts = tuple[Hashes, Hashes, Hashes]
"""The shingles of prompt, chosen and rejected of one row: each ascending, without repeats."""


def similarities(
    low: Ints, high: Ints, parts_of: Callable[[int], Parts], on: On = "pair"
) -> Similarities:
    """The similarities of rows `low[i]` and `high[i]`; parts of rows are asked for by number."""
    blocks = [
        _of_block(low[i : i + PAIRS_AT_ONCE], high[i : i + PAIRS_AT_ONCE], parts_of, on)
        for i in range(0, len(low), PAIRS_AT_ONCE)
    ]
    columns = [np.concatenate(column) for column in zip(*blocks, strict=True)] or [np.zeros(0)] * 5
    prompt, first, second, crossed, said = columns
    return Similarities(prompt, first, second, crossed.astype(np.bool_), said)


def jaccard(one: Iterable[int], other: Iterable[int]) -> float:
    """Of two sets: slow and obviously right. Two empty sets are the same.

    >>> jaccard([1, 2, 3], [2, 3, 4])
    0.5
    """
    a, b = set(one), set(other)
    return len(a & b) / len(a | b) if a or b else 1.0


def _of_block(
    low: Ints, high: Ints, parts_of: Callable[[int], Parts], on: On
) -> tuple[Ratios, Ratios, Ratios, npt.NDArray[np.bool_], Ints]:
    rows, places = np.unique(np.concatenate([low, high]), return_inverse=True)
    parts = [part for row in rows.tolist() for part in parts_of(row)]
    sizes = np.array([len(part) for part in parts], np.int64)
    one, other = places[: len(low)], places[len(low) :]
    ratio = _Ratios(np.concatenate(parts), np.concatenate([[0], np.cumsum(sizes)]), one, other)
    completions = sizes.reshape(-1, 3)[:, CHOSEN:].sum(axis=1)
    said = np.minimum(completions[one], completions[other])
    ones = np.ones(len(low))
    crossed = np.zeros(len(low), np.bool_)
    if on == "prompt":
        return ratio.of(_SAME[:1])[0], ones, ones, crossed, said
    if on == "completion":  # other prompts: opposite labels contradict nothing
        chosen, rejected = ratio.of(_SAME[1:])
        return ones, chosen, rejected, crossed, said
    prompt, *direct = ratio.of(_SAME)
    across = ratio.of(_CROSSED)
    crossed = np.minimum(*across) > np.minimum(*direct)
    first, second = (np.where(crossed, x, d) for x, d in zip(across, direct, strict=True))
    return prompt, first, second, crossed, said


_SAME = [(PROMPT, PROMPT), (CHOSEN, CHOSEN), (REJECTED, REJECTED)]
_CROSSED = [(CHOSEN, REJECTED), (REJECTED, CHOSEN)]


@dataclass(frozen=True)
class _Ratios:
    """Parts of rows, one after another, and the pairs of rows that are compared."""

    hashes: Hashes
    bounds: Ints
    low: Ints
    high: Ints

    def of(self, combinations: list[tuple[int, int]]) -> list[Ratios]:
        """The similarities of all pairs, for each combination of a part with a part."""
        from prefdata.kernels.compare import common_shingles

        counts = np.empty((len(self.low), len(combinations)), np.int64)
        arrays = self.hashes, self.bounds, self.low, self.high
        common_shingles(*arrays, np.array(combinations), counts)
        sizes = np.diff(self.bounds)
        found = []
        for (part, counterpart), both in zip(combinations, counts.T, strict=True):
            either = sizes[3 * self.low + part] + sizes[3 * self.high + counterpart] - both
            found.append(np.where(either > 0, both / np.maximum(either, 1), 1.0))
        return found
