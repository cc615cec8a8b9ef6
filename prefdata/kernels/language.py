"""The letters of texts and their most probable languages; see `transforms.texts.languages`."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled

SCRIPT, ALPHA, LOWER, UPPER, CARE, UNKNOWN = 0x0F, 0x10, 0x20, 0x40, 0x80, 0x0F
UNSURE = -1

_LANES = 8  # texts walked at a time: one waits for memory while the others go on
_SHIFT = 13  # a float16, without its sign, to a float32 of the same digits ...
_SCALE = np.float32(2.0**112)  # ... whose exponent is too small by this


@compiled()
def count_letters(
    raw: np.ndarray,
    bounds: np.ndarray,
    classes: np.ndarray,
    scripts: np.ndarray,
    letters: np.ndarray,
    traits: np.ndarray,
    unknown: np.ndarray,
) -> int:
    """Counts the characters of each script (n, scripts) and the letters (n), and collects `traits`
    (n): the bits `LOWER`, `UPPER` and `CARE` of all characters.

    `raw`: valid UTF-8; text i has the bytes `bounds[i]` to `bounds[i + 1]`. `classes`: code point
    to its script and bits. Returns how many code points of class `UNKNOWN` are in `unknown`; if
    there are any, complete `classes` and call it again.
    """
    noted = 0
    for text in range(len(bounds) - 1):
        scripts[text] = 0
        at, end, alpha, seen = bounds[text], bounds[text + 1], 0, 0
        while at < end:
            point = np.int64(raw[at])
            at += 1
            if point >= 0x80:
                width = 2 + int(point >= 0xE0) + int(point >= 0xF0)
                point &= 0xFF >> (width + 1)
                for _ in range(1, width):
                    point = (point << 6) | (np.int64(raw[at]) & 0x3F)
                    at += 1
            kind = np.int64(classes[point])
            if kind == UNKNOWN:
                if noted < len(unknown):
                    unknown[noted] = point
                    noted += 1
                continue
            scripts[text, kind & SCRIPT] += 1
            alpha += kind & ALPHA
            seen |= kind
        letters[text] = alpha // ALPHA
        traits[text] = seen & (LOWER | UPPER | CARE)
    return noted


@compiled()
def find_languages(
    raw: np.ndarray,
    bounds: np.ndarray,
    moves: np.ndarray,
    rows: np.ndarray,
    features: np.ndarray,
    table: np.ndarray,
    weights: np.ndarray,
    prior: np.ndarray,
    names: np.ndarray,
    best: np.ndarray,
) -> None:
    """Fills `best` (n) with the name of the most probable language of each text, or `UNSURE` if
    another is so near that rounding may decide, or if a text has no feature.

    A text is walked through an automaton: from state s, byte b leads to the state
    `moves[rows[s] * 256 + b]`; a state stands for a feature, or for none (-1). A class of language
    has the score `prior` (classes) + the sum over features of `weights[count] * table[feature]`,
    where `table` (features, classes) has the bits of float16 numbers below 0. `names` (classes):
    the language of each class, -1 for those that are never chosen.
    """
    texts = len(bounds) - 1
    longest = 0
    for text in range(texts):
        longest = max(longest, bounds[text + 1] - bounds[text])
    found = np.empty((_LANES, longest), np.int32)
    made, states = np.zeros(_LANES, np.int64), np.zeros(_LANES, np.int64)
    places, ends = np.zeros(_LANES, np.int64), np.zeros(_LANES, np.int64)
    walked = np.full(_LANES, -1, np.int64)
    counts = np.zeros(len(table), np.int32)
    sums = np.empty(table.shape[1], np.float32)
    following, lanes = 0, _LANES
    while lanes > 0:
        lane = 0
        while lane < lanes:
            at = places[lane]
            if at < ends[lane]:
                state = moves[(np.int64(rows[states[lane]]) << 8) + raw[at]]
                states[lane] = state
                places[lane] = at + 1
                feature = features[state]
                found[lane, made[lane]] = feature
                made[lane] += int(feature >= 0)
                lane += 1
                continue
            if walked[lane] >= 0:
                best[walked[lane]] = _most_probable(
                    found[lane, : made[lane]], table, weights, prior, names, counts, sums
                )
            if following < texts:
                walked[lane], states[lane], made[lane] = following, 0, 0
                places[lane], ends[lane] = bounds[following], bounds[following + 1]
                following += 1
                continue
            lanes -= 1  # the last lane takes the place of this one
            walked[lane], states[lane], made[lane] = walked[lanes], states[lanes], made[lanes]
            places[lane], ends[lane] = places[lanes], ends[lanes]
            found[lane, : made[lanes]] = found[lanes, : made[lanes]]


@compiled(any_order=True)
def _most_probable(
    found: np.ndarray,
    table: np.ndarray,
    weights: np.ndarray,
    prior: np.ndarray,
    names: np.ndarray,
    counts: np.ndarray,
    sums: np.ndarray,
) -> int:
    """The name of the class with the highest score, or `UNSURE`; `counts` is all 0, and stays so.

    Scores are negative numbers added up, so a sum of k numbers, in whatever order, is wrong by less
    than k + 8 roundings of itself. The margin is four times that, for two sums made in two orders.
    """
    for place in range(len(found)):
        counts[found[place]] += 1
    sums[:] = 0
    distinct = 0
    for place in range(len(found)):
        feature = found[place]
        if counts[feature] > 0:
            weight = weights[counts[feature]]
            counts[feature] = 0
            distinct += 1
            for number in range(len(sums)):
                bits = np.int32(table[feature, number] & 0x7FFF) << _SHIFT
                sums[number] += weight * np.int32(bits).view(np.float32)
    if distinct == 0:
        return UNSURE
    first, second = -1, np.float32(-np.inf)
    highest = np.float32(-np.inf)
    for number in range(len(sums)):
        if names[number] < 0:
            continue
        score = prior[number] - sums[number] * _SCALE
        if score > highest:
            if first < 0 or names[number] != names[first]:
                second = highest
            first, highest = number, score
        elif score > second and names[number] != names[first]:
            second = score
    margin = (distinct + 8) * 2.0**-21 * (abs(highest) + 16)
    return names[first] if highest - second > margin else UNSURE
