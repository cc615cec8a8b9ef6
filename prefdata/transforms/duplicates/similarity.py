"""The similarity of two preference pairs: exact Jaccard similarities of their parts.

The similarity of two pairs is that of their least similar part, so a long common prompt does not
make different completions similar. Completions are compared in both orientations, chosen with
chosen (*direct*) and chosen with rejected (*crossed*); the more similar one counts, direct at a
tie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from prefdata.kernels.compiled import pays
from prefdata.records.arrays import Doubles, Ints
from prefdata.transforms.duplicates.shingles import Hashes

On = Literal["pair", "prompt", "completion"]

PROMPT, CHOSEN, REJECTED = range(3)
PARTS: dict[On, tuple[int, ...]] = {
    "pair": (PROMPT, CHOSEN, REJECTED),
    "prompt": (PROMPT,),
    "completion": (CHOSEN, REJECTED),
}
"""The parts that are compared."""

PAIRS_AT_ONCE = 4096
_PLAIN_SECONDS = 5e-5
"""About what plain NumPy takes to compare two sets."""

PROMPT_TAG, AGAIN_TAG = 0xD6E8FEB86659FD93, 0xA5A35625E79B2B5D
"""Added to shingles of prompts, and to those of both completions, to keep them distinct."""


@dataclass(frozen=True)
class Similarities:
    """The similarities (0 to 1) of n pairs of rows, each array (n); 1 for parts not compared.

    `first`, `second`: of the completions; direct, or crossed where `crossed` is set. `shingles`:
    the number of shingles of the completions, the smaller of both rows.
    """

    prompt: Doubles
    first: Doubles
    second: Doubles
    crossed: npt.NDArray[np.bool_]
    shingles: Ints
    """Shingles in the completions, of the row that has fewer."""

    @property
    def overall(self) -> Doubles:
        """The minimum over the parts."""
        return np.minimum(self.prompt, np.minimum(self.first, self.second))

    def alike(self, threshold: float, short: int) -> npt.NDArray[np.bool_]:
        """Which pairs (n) are similar: all parts reach the threshold and, for completions of fewer
        than `short` shingles, prompts are equal. With answers like yes and no, a single word of the
        question makes a different pair."""
        is_same = (self.shingles >= short) | (self.prompt == 1.0)
        alike: npt.NDArray[np.bool_] = is_same & (self.overall >= threshold)
        return alike


Parts = tuple[Hashes, Hashes, Hashes]
"""The shingles of prompt, chosen and rejected of one row: each ascending, without repeats."""


def similarities(
    low: Ints, high: Ints, parts_of: Callable[[int], Parts], on: On = "pair"
) -> Similarities:
    """The similarities of rows `low[i]` and `high[i]` (n); `parts_of(row)` gives their parts."""
    blocks = [
        _of_block(low[i : i + PAIRS_AT_ONCE], high[i : i + PAIRS_AT_ONCE], parts_of, on)
        for i in range(0, len(low), PAIRS_AT_ONCE)
    ]
    columns = [np.concatenate(column) for column in zip(*blocks, strict=True)] or [np.zeros(0)] * 5
    prompt, first, second, crossed, shingles = columns
    return Similarities(prompt, first, second, crossed.astype(np.bool_), shingles)


def jaccard(one: Iterable[int], other: Iterable[int]) -> float:
    """The Jaccard similarity of two sets (reference, slow); 1 for two empty sets.

    >>> jaccard([1, 2, 3], [2, 3, 4])
    0.5
    """
    a, b = set(one), set(other)
    return len(a & b) / len(a | b) if a or b else 1.0


def _of_block(
    low: Ints, high: Ints, parts_of: Callable[[int], Parts], on: On
) -> tuple[Doubles, Doubles, Doubles, npt.NDArray[np.bool_], Ints]:
    rows, places = np.unique(np.concatenate([low, high]), return_inverse=True)
    parts = [part for row in rows.tolist() for part in parts_of(row)]
    sizes = np.array([len(part) for part in parts], np.int64)
    one, other = places[: len(low)], places[len(low) :]
    ratio = _Ratios(np.concatenate(parts), np.concatenate([[0], np.cumsum(sizes)]), one, other)
    completions = sizes.reshape(-1, 3)[:, CHOSEN:].sum(axis=1)
    shingles = np.minimum(completions[one], completions[other])
    ones = np.ones(len(low))
    crossed = np.zeros(len(low), np.bool_)
    if on == "prompt":
        return ratio.of(_SAME[:1])[0], ones, ones, crossed, shingles
    if on == "completion":  # with different prompts, opposite labels are no contradiction
        chosen, rejected = ratio.of(_SAME[1:])
        return ones, chosen, rejected, crossed, shingles
    prompt, *direct = ratio.of(_SAME)
    across = ratio.of(_CROSSED)
    crossed = np.minimum(*across) > np.minimum(*direct)
    first, second = (np.where(crossed, x, d) for x, d in zip(across, direct, strict=True))
    return prompt, first, second, crossed, shingles


_SAME = [(PROMPT, PROMPT), (CHOSEN, CHOSEN), (REJECTED, REJECTED)]
_CROSSED = [(CHOSEN, REJECTED), (REJECTED, CHOSEN)]


@dataclass(frozen=True)
class _Ratios:
    """The parts of rows, concatenated, and the pairs of rows to compare."""

    hashes: Hashes
    bounds: Ints
    low: Ints
    high: Ints

    def of(self, combinations: list[tuple[int, int]]) -> list[Doubles]:
        """The similarities (n) of all pairs, for each combination of two parts."""
        counts = self._common(combinations)
        sizes = np.diff(self.bounds)
        ratios = []
        for (part, counterpart), both in zip(combinations, counts.T, strict=True):
            either = sizes[3 * self.low + part] + sizes[3 * self.high + counterpart] - both
            ratios.append(np.where(either > 0, both / np.maximum(either, 1), 1.0))
        return ratios

    def _common(self, combinations: list[tuple[int, int]]) -> Ints:
        """The number of shingles (n, combinations) that the parts of each pair share."""
        counts = np.empty((len(self.low), len(combinations)), np.int64)
        if pays(counts.size * _PLAIN_SECONDS):
            from prefdata.kernels.compare import common_shingles

            arrays = self.hashes, self.bounds, self.low, self.high
            common_shingles(*arrays, np.array(combinations), counts)
            return counts
        parts = np.split(self.hashes, self.bounds[1:-1])
        for number, (part, counterpart) in enumerate(combinations):
            pairs = zip(3 * self.low + part, 3 * self.high + counterpart, strict=True)
            counts[:, number] = [
                len(np.intersect1d(parts[one], parts[other], assume_unique=True))
                for one, other in pairs
            ]
        return counts
