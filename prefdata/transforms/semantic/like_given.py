"""Rows that resemble given texts: evaluation prompts, or examples of what is wanted or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.texts import Ints
from prefdata.transforms.semantic.cosines import Floats
from prefdata.transforms.semantic.neighbours import nearest_in


@dataclass(frozen=True)
class Resemblance:
    """The nearest of the given texts to each of n rows.

    `values`: similarity of the part of the row that is nearest, rounded to 4 decimals; NaN where no
    part has an embedding, or nothing was given. `given`: which text, `part`: which part; -1 there.
    """

    values: Floats
    given: Ints
    part: Ints


def resembling(
    vectors: npt.NDArray[Any], parts: Sequence[Ints], given: npt.NDArray[Any]
) -> Resemblance:
    """Looks up rows among given texts, exactly.

    `vectors` (m, d): float16 or float32, may be a memory map; each of the `parts` (n), such as
    prompt and last turn, points into them, -1: no embedding. `given` (b, d): float16 or float32.
    Of parts that are equally similar the first counts, of given texts, too.
    """
    count = len(parts[0])
    best = Resemblance(
        np.full(count, np.nan, np.float32), np.full(count, -1, np.int64), np.full(count, -1)
    )
    for number, part in enumerate(parts):
        rows = np.flatnonzero(part >= 0)
        if not (len(rows) and len(given)):
            continue
        found = nearest_in(vectors, part[rows], given, 1)
        similarities, positions = found.similarities[:, 0], found.positions[:, 0]
        is_nearer = ~(similarities <= best.values[rows])
        rows = rows[is_nearer]
        best.values[rows], best.given[rows] = similarities[is_nearer], positions[is_nearer]
        best.part[rows] = number
    return best
