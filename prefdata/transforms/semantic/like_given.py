"""The similarity of rows to given texts: evaluation prompts, or examples to keep or drop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Floats, Ints
from prefdata.transforms.semantic.neighbours import nearest_in


@dataclass(frozen=True)
class Resemblance:
    """The given text nearest to each of n rows.

    `values` (n): its similarity to the most similar part of the row, rounded to 4 decimals; NaN if
    no part has an embedding or no text is given. `given` (n): the text, `part` (n): the part of the
    row; -1 for NaN.
    """

    values: Floats
    given: Ints
    part: Ints


def nearest_given(
    vectors: npt.NDArray[Any], parts: Sequence[Ints], given: npt.NDArray[Any]
) -> Resemblance:
    """Finds the nearest given text of each row by exact search.

    `vectors` (m, d): float16 or float32, may be a memory map. `parts`: arrays (n) of positions in
    them, such as those of prompt and last turn; -1 for no embedding. `given` (b, d): float16 or
    float32. At a tie the first part, and the first given text, is taken.
    """
    count = len(parts[0])
    best = Resemblance(
        np.full(count, np.nan, np.float32), np.full(count, -1, np.int64), np.full(count, -1)
    )
    for number, part in enumerate(parts):
        rows = np.flatnonzero(part >= 0)
        if not (len(rows) and len(given)):
            continue
        neighbours = nearest_in(vectors, part[rows], given, 1)
        similarities, positions = neighbours.similarities[:, 0], neighbours.positions[:, 0]
        is_nearer = ~(similarities <= best.values[rows])
        rows = rows[is_nearer]
        best.values[rows], best.given[rows] = similarities[is_nearer], positions[is_nearer]
        best.part[rows] = number
    return best
