"""The letters of texts and their most probable languages; see `transforms.texts.languages`."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled

SCRIPT, ALPHA, LOWER, UPPER, CARE, UNKNOWN = 0x0F, 0x10, 0x20, 0x40, 0x80, 0x0F
UNSURE = -1

_LANES = 4  # texts walked at a time: one waits for memory while the others go on
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
        at, end, alpha, seen = bounds[text], bounds[text + 1], np.int64(0), np.int64(0)
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
def find_features(
    raw: np.ndarray,
    bounds: np.ndarray,
    automaton: tuple[np.ndarray, np.ndarray, np.ndarray],
    found: np.ndarray,
    stops: np.ndarray,
) -> None:
    """Fills `found` from `bounds[i]` to `stops[i]` with the features of text i, as they occur.

    The automaton has `moves`, `rows` and `features`: from state s, byte b leads to the state
    `moves[rows[s] * 256 + b]`; state s stands for `features[s]`, or for no feature (-1).
    `found` needs room for as many features as there are bytes.
    """
    moves, rows, features = automaton
    states, texts = np.zeros(_LANES, np.int64), np.zeros(_LANES, np.int64)
    places, ends = np.zeros(_LANES, np.int64), np.zeros(_LANES, np.int64)
    made = np.zeros(_LANES, np.int64)
    started, lanes = 0, 0
    while started < len(stops) or lanes > 0:
        while lanes < _LANES and started < len(stops):
            states[lanes], texts[lanes], made[lanes] = 0, started, bounds[started]
            places[lanes], ends[lanes] = bounds[started], bounds[started + 1]
            lanes += 1
            started += 1
        lane = 0
        while lane < lanes:
            at = places[lane]
            if at < ends[lane]:
                state = moves[(np.int64(rows[states[lane]]) << 8) + raw[at]]
                states[lane] = state
                places[lane] = at + 1
                feature = features[state]
                found[made[lane]] = feature
                made[lane] += int(feature >= 0)
                lane += 1
                continue
            stops[texts[lane]] = made[lane]
            lanes -= 1  # the last lane takes the place of this one
            states[lane], texts[lane], made[lane] = states[lanes], texts[lanes], made[lanes]
            places[lane], ends[lane] = places[lanes], ends[lanes]


@compiled()
def find_languages(
    found: np.ndarray,
    bounds: np.ndarray,
    stops: np.ndarray,
    weights: np.ndarray,
    grouped: tuple[np.ndarray, np.ndarray, np.ndarray],
    single: tuple[np.ndarray, np.ndarray, np.ndarray],
    best: np.ndarray,
) -> None:
    """Fills `best` (n) with the number of the most probable language of each text, or `UNSURE` if
    another is so near that rounding may decide, or if a text has no feature.

    `grouped` and `single` have a table (features, columns) with the bits of float16 numbers below
    0, a prior and a language (columns). The score of a column is its prior + the sum over features
    of `weights[times the feature occurs] * table[feature]`. A column of `single` is one language,
    with a prior of minus infinity if it is not asked for. A column of `grouped` is one language or,
    numbered `UNSURE`, a bound that no language of a group exceeds: it is read first, since it has
    far fewer columns.
    """
    counts = np.zeros(len(single[0]), np.int32)
    for text in range(len(best)):
        of_text = found[bounds[text] : stops[text]]
        best[text] = _most_probable(of_text, weights, *grouped, counts)
        if best[text] == UNSURE:
            best[text] = _most_probable(of_text, weights, *single, counts)


@compiled(any_order=True)
def _most_probable(
    found: np.ndarray,
    weights: np.ndarray,
    table: np.ndarray,
    prior: np.ndarray,
    languages: np.ndarray,
    counts: np.ndarray,
) -> int:
    """The language with the highest score, or `UNSURE`; `counts` is all 0, and stays so.

    Scores are numbers of one sign added up, so a sum of k numbers, in whatever order, is wrong by
    less than k + 8 roundings of itself. The margin is four times that: for two languages, each
    added up here and by py3langid.
    """
    for place in range(len(found)):
        counts[found[place]] += 1
    sums = np.zeros(table.shape[1], np.float32)
    distinct = 0
    for place in range(len(found)):
        feature = found[place]
        if counts[feature] > 0:
            weight = weights[counts[feature]]
            counts[feature] = 0
            distinct += 1
            row = table[feature]
            for column in range(len(sums)):
                bits = np.int32(row[column] & 0x7FFF) << np.int32(_SHIFT)
                sums[column] += weight * np.int32(bits).view(np.float32)
    if distinct == 0:
        return UNSURE
    first, highest, second = 0, np.float32(-np.inf), np.float32(-np.inf)
    for column in range(len(sums)):
        score = prior[column] - sums[column] * _SCALE
        is_same = languages[column] == languages[first]
        if score > highest:
            second = second if is_same else highest
            first, highest = column, score
        elif score > second and not is_same:
            second = score
    margin = (distinct + 8) * 2.0**-21 * (abs(highest) + 16)
    return languages[first] if highest - second > margin else UNSURE
