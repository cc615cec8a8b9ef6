"""Outliers: prompts that are like no other prompts of the dataset.

The value is the mean similarity to the k nearest of the other prompts (the k-nearest-neighbour
outlier score: Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from large
data sets", 2000, with the mean instead of the last). It sees gibberish, leftovers of templates and
pages, and code or tables among questions, the better the more prompts there are on like subjects; a
good question on a rare subject looks the same to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.texts import Ints
from prefdata.transforms.semantic.cosines import Floats
from prefdata.transforms.semantic.neighbours import nearest
from prefdata.transforms.semantic.threshold import DECIMALS


@dataclass(frozen=True)
class Outlying:
    """How near other prompts are to each of n rows.

    `values`: mean similarity to the `neighbours` nearest, rounded to 4 decimals; NaN where the
    prompt has no embedding, or there are fewer others. `recall`: None, or the share of nearest
    prompts that an index found.
    """

    values: Floats
    recall: float | None


def outlying(
    vectors: npt.NDArray[Any], prompts: Ints, neighbours: int, *, exact_rows: int
) -> Outlying:
    """Compares each different prompt with all others; rows of the same prompt share its value.

    `vectors` (m, d): float16 or float32, may be a memory map; `prompts` (n) point into them, -1: no
    embedding. Of more than `exact_rows` prompts an index finds the nearest.
    """
    values = np.full(len(prompts), np.nan, np.float32)
    different = np.unique(prompts[prompts >= 0])
    if len(different) <= neighbours:
        return Outlying(values, None)
    found = nearest(
        vectors, different, different, neighbours, exclude_self=True, exact_rows=exact_rows
    )
    means = found.similarities.mean(axis=1).round(DECIMALS)
    known = prompts >= 0
    values[known] = means[np.searchsorted(different, prompts[known])]
    return Outlying(values, found.recall)
