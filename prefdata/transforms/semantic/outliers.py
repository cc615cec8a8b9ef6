"""Outliers: prompts that are dissimilar to all other prompts of the dataset.

The value is the mean similarity to the k nearest other prompts (the k-nearest-neighbour outlier
score: Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from large data sets",
2000, with the mean instead of the k-th). It finds gibberish, remains of templates and web pages,
and code or tables among questions. It cannot distinguish these from a good question on a rare
subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Floats, Ints
from prefdata.transforms.semantic.neighbours import nearest
from prefdata.transforms.semantic.threshold import DECIMALS


@dataclass(frozen=True)
class OutlierScores:
    """The outlier score of each of n rows.

    `values` (n): mean similarity of the prompt to its nearest others, rounded to 4 decimals; NaN if
    it has no embedding or there are too few others. `recall`: None for exact search, else the share
    (0 to 1) of nearest prompts that an index found.
    """

    values: Floats
    recall: float | None


def outlier_scores(
    vectors: npt.NDArray[Any], prompts: Ints, neighbours: int, *, exact_rows: int
) -> OutlierScores:
    """Compares each distinct prompt with all others; rows with the same prompt share its value.

    `vectors` (m, d): float16 or float32, may be a memory map. `prompts` (n): positions in them, -1
    for no embedding. `neighbours`: k. If there are more than `exact_rows` prompts, an approximate
    index is used.
    """
    values = np.full(len(prompts), np.nan, np.float32)
    different = np.unique(prompts[prompts >= 0])
    if len(different) <= neighbours:
        return OutlierScores(values, None)
    neighbours_found = nearest(
        vectors, different, different, neighbours, exclude_self=True, exact_rows=exact_rows
    )
    means = neighbours_found.similarities.mean(axis=1).round(DECIMALS)
    known = prompts >= 0
    values[known] = means[np.searchsorted(different, prompts[known])]
    return OutlierScores(values, neighbours_found.recall)
