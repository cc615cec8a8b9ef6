"""Slices of the rows: by source, language, length and turns, each alone and crossed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import log

import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.records.arrays import Flags, Ints
from prefdata.transforms.metrics.baselines import log_ratios
from prefdata.transforms.metrics.pairwise import UNKNOWN

LENGTHS = ("much shorter", "shorter", "alike", "longer", "much longer")
"""Length of the chosen completion relative to the rejected one, in characters: `much` from a factor
of two, `alike` up to a quarter longer or shorter.
"""
_LENGTH_EDGES = (-log(2), -log(1.25), log(1.25), log(2))

TURNS = ("no user turn", "1 turn", "2 turns", "3-4 turns", "5 turns or more")
"""User messages in the prompt."""
_TURN_EDGES = (1, 2, 3, 5)

_SAME = 0.98  # share of common pairs from which a slice repeats a coarser one


@dataclass(frozen=True)
class Cut:
    """The pairs that share the values of `by` (dimension to value); `places`: their positions."""

    by: dict[str, str]
    places: Ints


@dataclass(frozen=True)
class Dimension:
    """A dimension that divides pairs; `codes` (n): numbers in `values`."""

    name: str
    values: tuple[str, ...]
    codes: Ints


def dimensions(facts: PairFacts) -> tuple[Dimension, ...]:
    """Source, language, length and turns, without those in which all pairs are equal."""
    chosen, rejected = facts.lengths
    places = np.digitize(log_ratios(chosen, rejected), _LENGTH_EDGES)
    candidates = [
        _named("source", facts.sources),
        _named("language", facts.languages),
        Dimension("length", LENGTHS, places),
    ]
    if facts.turns is not None:
        candidates.append(Dimension("turns", TURNS, np.digitize(facts.turns, _TURN_EDGES)))
    return tuple(candidate for candidate in candidates if len(np.unique(candidate.codes)) > 1)


def cuts(by: tuple[Dimension, ...]) -> Iterator[Cut]:
    """Slices by each dimension, by each two, and by all of them.

    A slice that has at least 98% of the pairs of one with fewer conditions is left out: if a source
    is all in one language, `a.jsonl, zh` would repeat `a.jsonl`.
    """
    sizes = {count for count in (1, 2, len(by)) if 0 < count <= len(by)}
    for count in sorted(sizes):
        for chosen in combinations(by, count):
            yield from _parts(chosen)


def _parts(by: tuple[Dimension, ...]) -> Iterator[Cut]:
    keys, members = _distinct([dimension.codes for dimension in by])
    order = np.argsort(members, kind="stable")
    ends = np.cumsum(np.bincount(members))
    is_new = _is_new(by, keys, members)
    for key, places, new in zip(keys, np.split(order, ends[:-1]), is_new, strict=True):
        if new:
            values = {
                dimension.name: dimension.values[code]
                for dimension, code in zip(by, key, strict=True)
            }
            yield Cut(values, places)


def _is_new(by: tuple[Dimension, ...], keys: npt.NDArray[np.int64], members: Ints) -> Flags:
    """Slices whose every condition matters: without it the slice would have clearly more pairs."""
    is_new = np.ones(len(keys), np.bool_)
    sizes = np.bincount(members)
    for left_out in range(len(by)):
        others = [keys[:, place] for place in range(len(by)) if place != left_out]
        parents = _distinct(others)[1] if others else np.zeros(len(keys), np.int64)
        is_new &= _SAME * np.bincount(parents, weights=sizes)[parents] > sizes
    return is_new


def _distinct(codes: list[Ints]) -> tuple[npt.NDArray[np.int64], Ints]:
    """The different combinations of codes, and the number of the combination of each pair."""
    keys = np.zeros(len(codes[0]), np.int64)
    for column in codes:  # renumbered after each column, so that products stay small
        _, keys = np.unique(keys * (int(column.max(initial=0)) + 1) + column, return_inverse=True)
    _, first = np.unique(keys, return_index=True)
    return np.stack([column[first] for column in codes], axis=1), keys


def _named(name: str, values: pl.Series) -> Dimension:
    texts = values.cast(pl.String).fill_null(UNKNOWN)
    names = texts.unique().sort()
    codes = texts.replace_strict(names, np.arange(len(names)), return_dtype=pl.Int64)
    return Dimension(name, tuple(names), codes.to_numpy())
