"""Cosine similarities of vectors, with the same result wherever a pair is compared.

Similarities are integers in ten-thousandths ("levels"), rounded from products summed in double
precision, so that results do not depend on blocks, threads or the processor.
"""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled

LEVELS = 10_000.0
SLACK = 1e-4
"""How far a bound, computed in single precision, may lie below the similarity; generous."""
_LANES = 64
_HALF = np.float32(2.0**112)  # from the exponent of float16 to that of float32
_BITS = np.int32(-0x70002000)  # sign, and the 15 other bits of a float16 shifted by 13


@compiled(inline=True)
def _number(value: np.int16) -> np.float32:
    """The value of a float16 given as its 16 bits."""
    return np.int32((np.int32(value) << np.int32(13)) & _BITS).view(np.float32) * _HALF


@compiled(any_order=True)
def product(one: np.ndarray, other: np.ndarray, is_half: bool) -> float:
    """The dot product of float32 numbers and others: float32, or float16 as int16 (`is_half`)."""
    total = 0.0
    if is_half:
        for i in range(len(one)):
            total += np.float64(one[i]) * np.float64(_number(other[i]))
    else:
        for i in range(len(one)):
            total += np.float64(one[i]) * np.float64(other[i])
    return total


@compiled(inline=True)
def _cut(level: int) -> np.float32:
    """The least value of a bound with which a similarity may reach a level."""
    return np.float32((level - 0.5) / LEVELS - SLACK)


@compiled(inline=True)
def _level(cosine: float) -> int:
    return int(np.rint(min(max(cosine, -1.0), 1.0) * LEVELS))


@compiled()
def _least(
    left: np.ndarray,
    left_scale: np.ndarray,
    right: np.ndarray,
    is_half: bool,
    places: np.ndarray,
    right_scale: np.ndarray,
    floor: int,
) -> int:
    """The lowest level over all parts of two rows; stops at the first part below `floor`."""
    least = int(LEVELS)
    for part in range(len(places)):
        dot = product(left[part], right[places[part]], is_half)
        least = min(least, _level(dot * left_scale[part] * right_scale[part]))
        if least < floor:
            break
    return least


@compiled()
def _any_reaches(bounds: np.ndarray, cut: np.float32) -> bool:
    count = 0
    for i in range(len(bounds)):
        count += bounds[i] >= cut
    return count > 0


@compiled()
def improve(
    bounds: np.ndarray,
    left: np.ndarray,
    left_scale: np.ndarray,
    right: np.ndarray,
    is_half: bool,
    places: np.ndarray,
    right_scale: np.ndarray,
    names: np.ndarray,
    levels: np.ndarray,
    found: np.ndarray,
) -> None:
    """Finds for each of b rows a more similar one among t candidates than the best so far.

    `bounds` (b, t): upper bounds of the similarities, up to SLACK. `left` (b, parts, d) float32:
    the rows; `right` (m, d): vectors of the candidates, float16 as int16 if `is_half`; `places` (t,
    parts): rows of `right`; `*_scale`: factors that give unit length. `levels` (b) and `found` (b)
    are updated in place: the best level so far, and the name of its candidate, from `names` (t); a
    candidate must be strictly better.
    """
    for i in range(len(left)):
        cut = _cut(levels[i] + 1)
        for start in range(0, bounds.shape[1], _LANES):
            end = min(start + _LANES, bounds.shape[1])
            if not _any_reaches(bounds[i, start:end], cut):
                continue
            for j in range(start, end):
                if bounds[i, j] < cut:
                    continue
                level = _least(
                    left[i], left_scale[i], right, is_half, places[j], right_scale[j], levels[i] + 1
                )
                if level > levels[i]:
                    levels[i], found[i] = level, names[j]
                    cut = _cut(level + 1)


@compiled()
def settle(
    first: int,
    bounds: np.ndarray,
    left: np.ndarray,
    left_scale: np.ndarray,
    least: int,
    levels: np.ndarray,
    found: np.ndarray,
) -> int:
    """Selects representatives within a block, in order: rows not similar to any earlier one.

    `bounds` (b, b): among the rows of the block, whose names are `first`, `first` + 1 and so on;
    the rest as in `improve`. `least`: the level from which rows are similar. A new representative
    gets its own name in `found`. Returns the number of new representatives.
    """
    new = np.empty(len(left), np.int64)
    own = np.arange(left.shape[1])
    count, is_half = 0, False
    for i in range(len(left)):
        for position in range(count):
            j = new[position]
            if bounds[i, j] < _cut(levels[i] + 1):
                continue
            level = _least(
                left[i], left_scale[i], left[j], is_half, own, left_scale[j], levels[i] + 1
            )
            if level > levels[i]:
                levels[i], found[i] = level, first + j
        if levels[i] < least:
            levels[i], found[i] = int(LEVELS), first + i
            new[count] = i
            count += 1
    return count


@compiled()
def gather(
    bounds: np.ndarray,
    left: np.ndarray,
    left_scale: np.ndarray,
    left_name: np.ndarray,
    right: np.ndarray,
    is_half: bool,
    places: np.ndarray,
    right_scale: np.ndarray,
    first: int,
    levels: np.ndarray,
    found: np.ndarray,
) -> None:
    """Keeps for each of b rows its k most similar candidates, best first.

    As `improve` with `levels` (b, k) and `found` (b, k); names are positions from `first` on, and
    ties keep the lower one. A candidate whose place equals `left_name` (b) is left out, unless
    negative.
    """
    last = levels.shape[1] - 1
    for i in range(len(left)):
        cut = _cut(levels[i, last] + 1)
        for start in range(0, bounds.shape[1], _LANES):
            end = min(start + _LANES, bounds.shape[1])
            if not _any_reaches(bounds[i, start:end], cut):
                continue
            for j in range(start, end):
                if bounds[i, j] < cut or places[j, 0] == left_name[i]:
                    continue
                level = _least(
                    left[i],
                    left_scale[i],
                    right,
                    is_half,
                    places[j],
                    right_scale[j],
                    levels[i, last] + 1,
                )
                if level > levels[i, last]:
                    _insert(levels[i], found[i], level, first + j)
                    cut = _cut(levels[i, last] + 1)


@compiled()
def _insert(levels: np.ndarray, found: np.ndarray, level: int, name: int) -> None:
    """Inserts into a descending list of fixed length, after equal levels; drops the last entry."""
    place = len(levels) - 1
    while place > 0 and levels[place - 1] < level:
        levels[place], found[place] = levels[place - 1], found[place - 1]
        place -= 1
    levels[place], found[place] = level, name


@compiled()
def pair_levels(
    left: np.ndarray,
    left_scale: np.ndarray,
    right: np.ndarray,
    is_half: bool,
    places: np.ndarray,
    right_scale: np.ndarray,
    levels: np.ndarray,
) -> None:
    """Fills `levels` (n) with the level of each pair: `left` (n, d) float32 and `right[places]`."""
    for i in range(len(left)):
        dot = product(left[i], right[places[i]], is_half)
        levels[i] = _level(dot * left_scale[i] * right_scale[i])


@compiled()
def improve_among(
    candidates: np.ndarray,
    left: np.ndarray,
    left_scale: np.ndarray,
    right: np.ndarray,
    is_half: bool,
    places: np.ndarray,
    right_scale: np.ndarray,
    levels: np.ndarray,
    found: np.ndarray,
) -> None:
    """Like `improve`, among `candidates` (b, c) alone: ascending rows of `places`; -1: none."""
    for i in range(len(left)):
        for j in candidates[i]:
            if j >= 0:
                level = _least(
                    left[i], left_scale[i], right, is_half, places[j], right_scale[j], levels[i] + 1
                )
                if level > levels[i]:
                    levels[i], found[i] = level, j


@compiled()
def gather_among(
    candidates: np.ndarray,
    left: np.ndarray,
    left_scale: np.ndarray,
    left_name: np.ndarray,
    right: np.ndarray,
    is_half: bool,
    places: np.ndarray,
    right_scale: np.ndarray,
    levels: np.ndarray,
    found: np.ndarray,
) -> None:
    """Like `gather`, among `candidates` (b, c) alone: ascending rows of `places`; -1: none."""
    last = levels.shape[1] - 1
    for i in range(len(left)):
        for j in candidates[i]:
            if j >= 0 and places[j, 0] != left_name[i]:
                floor = levels[i, last] + 1
                level = _least(
                    left[i], left_scale[i], right, is_half, places[j], right_scale[j], floor
                )
                if level >= floor:
                    _insert(levels[i], found[i], level, j)
