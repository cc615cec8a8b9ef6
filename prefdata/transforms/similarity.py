"""How alike two preference pairs are: exact Jaccard similarities of their parts.

Pairs are alike as far as the least similar of their parts is: a long common prompt does not make
different completions alike. Completions are compared both ways round, chosen with chosen
(*direct*) and chosen with rejected (*crossed*); the way in which they are more alike counts, and
direct when both are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from prefdata.records.texts import Ints
from prefdata.transforms.shingles import Hashes, mixed

On = Literal["pair", "prompt", "completion"]
Ratios = npt.NDArray[np.float64]

PROMPT, CHOSEN, REJECTED = range(3)
PARTS: dict[On, tuple[int, ...]] = {
    "pair": (PROMPT, CHOSEN, REJECTED),
    "prompt": (PROMPT,),
    "completion": (CHOSEN, REJECTED),
}
"""The parts that are compared."""

ROWS_AT_ONCE = 4096
"""Rows whose elements can be made together."""

PAIRS_AT_ONCE = 2048
_PAIR_BITS = 11
_SETS = 6  # the three parts of one row and of the other
_SET_BITS = 3

_PROMPT_TAG = np.uint64(0xD6E8FEB86659FD93)
_AGAIN_TAG = np.uint64(0xA5A35625E79B2B5D)


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

    @property
    def overall(self) -> Ratios:
        """The least of the parts."""
        return np.minimum(self.prompt, np.minimum(self.first, self.second))


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
    columns = [np.concatenate(column) for column in zip(*blocks, strict=True)] or [np.zeros(0)] * 4
    return Similarities(columns[0], columns[1], columns[2], columns[3].astype(np.bool_))


def jaccard(one: Iterable[int], other: Iterable[int]) -> float:
    """Of two sets: slow and obviously right. Two empty sets are the same.

    >>> jaccard([1, 2, 3], [2, 3, 4])
    0.5
    """
    a, b = set(one), set(other)
    return len(a & b) / len(a | b) if a or b else 1.0


def elements(parts: list[tuple[Hashes, Ints]], on: On) -> tuple[Hashes, Ints]:
    """The sets whose MinHash finds rows that are alike: (elements, the row of each).

    `parts`: of prompt, chosen and rejected, (hashes, firsts by row). A shingle of a completion
    counts whichever side it is on, and again if it is on both: so rows with swapped labels have
    the same set, and sets are at least as alike as the least similar part (for completions,
    because min(a + b, c + d) >= min(a, c) + min(b, d), and likewise for max).
    """
    rows = len(parts[0][1]) - 1
    found: list[Hashes] = []
    of_rows: list[Ints] = []
    if PROMPT in PARTS[on]:
        hashes, firsts = parts[PROMPT]
        found.append(mixed(hashes + _PROMPT_TAG))
        of_rows.append(_rows(firsts))
    if CHOSEN in PARTS[on]:
        for side in (CHOSEN, REJECTED):
            hashes, firsts = parts[side]
            found.append(hashes)
            of_rows.append(_rows(firsts))
        again, rows_again = _on_both_sides(found[-2:], of_rows[-2:], rows)
        found.append(again)
        of_rows.append(rows_again)
    return np.concatenate(found), np.concatenate(of_rows)


def _rows(firsts: Ints) -> Ints:
    return np.repeat(np.arange(len(firsts) - 1), np.diff(firsts))


def _on_both_sides(sides: list[Hashes], rows: list[Ints], count: int) -> tuple[Hashes, Ints]:
    """Elements for the shingles that both completions of a row hold."""
    assert count <= ROWS_AT_ONCE, "row numbers have 12 bits"
    keys = []
    for side, (hashes, of) in enumerate(zip(sides, rows, strict=True)):
        known = (hashes >> np.uint64(13)) << np.uint64(1)  # 51 bits of the shingle, 1 of the side
        keys.append((of.astype(np.uint64) << np.uint64(52)) | known | np.uint64(side))
    ordered = np.sort(np.concatenate(keys))
    # of equal shingles those of chosen come first: the two sides meet at one place
    shared = ordered[1:][(ordered[1:] ^ ordered[:-1]) == 1]
    shingle = shared & np.uint64((1 << 52) - 1)
    return mixed(shingle + _AGAIN_TAG), (shared >> np.uint64(52)).astype(np.int64)


def _of_block(
    low: Ints, high: Ints, parts_of: Callable[[int], Parts], on: On
) -> tuple[Ratios, Ratios, Ratios, npt.NDArray[np.bool_]]:
    wanted = PARTS[on]
    known = {row: parts_of(row) for row in np.unique(np.concatenate([low, high])).tolist()}
    pieces, sizes = [], np.zeros((len(low), _SETS), np.int64)
    for pair, rows in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        for side, row in enumerate(rows):
            for part in wanted:
                piece = known[row][part]
                pieces.append(piece)
                sizes[pair, 3 * side + part] = len(piece)
    shared = _shared(pieces, sizes)
    ones = np.ones(len(low))
    crossed = np.zeros(len(low), np.bool_)
    prompt = _ratio(shared, sizes, PROMPT, PROMPT) if PROMPT in wanted else ones
    if CHOSEN not in wanted:
        return prompt, ones, ones, crossed
    direct = [_ratio(shared, sizes, side, side) for side in (CHOSEN, REJECTED)]
    if on == "completion":  # other prompts: opposite labels contradict nothing
        return prompt, direct[0], direct[1], crossed
    across = [_ratio(shared, sizes, a, b) for a, b in ((CHOSEN, REJECTED), (REJECTED, CHOSEN))]
    crossed = np.minimum(*across) > np.minimum(*direct)
    first, second = (np.where(crossed, x, d) for x, d in zip(across, direct, strict=True))
    return prompt, first, second, crossed


def _ratio(shared: Ints, sizes: Ints, part: int, other: int) -> Ratios:
    both = shared[:, part, other]
    either = sizes[:, part] + sizes[:, 3 + other] - both
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)


def _shared(pieces: list[Hashes], sizes: Ints) -> Ints:
    """(pairs, part of one, part of the other): how many shingles they have in common.

    All shingles of a pair are sorted once, each with the number of its set; which sets hold a
    shingle is then a pattern of bits, and patterns are counted.
    """
    pairs = len(sizes)
    owner = np.repeat(np.arange(pairs * _SETS), sizes.ravel())
    pair, of_set = (owner // _SETS).astype(np.uint64), (owner % _SETS).astype(np.uint64)
    keys = np.concatenate(pieces) if pieces else np.zeros(0, np.uint64)
    keys = (keys >> np.uint64(_PAIR_BITS)) | (pair << np.uint64(64 - _PAIR_BITS))
    keys = np.sort((keys & ~np.uint64((1 << _SET_BITS) - 1)) | of_set)
    if not len(keys):
        return np.zeros((pairs, 3, 3), np.int64)
    shingle = keys >> np.uint64(_SET_BITS)
    is_new = np.ones(len(keys), np.bool_)
    is_new[1:] = shingle[1:] != shingle[:-1]
    starts = np.flatnonzero(is_new)
    bits = np.uint8(1) << (keys & np.uint64((1 << _SET_BITS) - 1)).astype(np.uint8)
    patterns = np.bitwise_or.reduceat(bits, starts).astype(np.int64)
    of_pair = (keys[starts] >> np.uint64(64 - _PAIR_BITS)).astype(np.int64)
    counts = np.bincount(of_pair << _SETS | patterns, minlength=pairs << _SETS)
    return (counts.reshape(pairs, 1 << _SETS) @ _common_patterns().T).reshape(pairs, 3, 3)


@cache
def _common_patterns() -> Ints:
    """(part of one x part of the other, pattern): 1 where the pattern says that both hold it."""
    patterns = np.arange(1 << _SETS)
    return np.array(
        [
            (patterns >> part) & (patterns >> (3 + other)) & 1
            for part in range(3)
            for other in range(3)
        ]
    )
