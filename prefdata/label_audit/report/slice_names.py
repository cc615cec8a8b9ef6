"""Parts of the rows: by source, language, lengths and turns, one by one and crossed."""

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
"""Of the chosen completion beside the rejected one, in characters: `much` from twice the length,
`alike` up to a quarter more."""
_LENGTH_EDGES = (-log(2), -log(1.25), log(1.25), log(2))

TURNS = ("no user turn", "1 turn", "2 turns", "3-4 turns", "5 turns or more")
"""Messages of the user in the prompt."""
_TURN_EDGES = (1, 2, 3, 5)

_SAME = 0.98  # share of the pairs of a part, from which another one is the same


@dataclass(frozen=True)
class Cut:
    """The pairs that share the values of `by` (dimension to value), by their places."""

    by: dict[str, str]
    places: Ints


@dataclass(frozen=True)
class Dimension:
    """What divides pairs: `codes` (n) are numbers in `values`."""

    name: str
    values: tuple[str, ...]
    codes: Ints


def dimensions(facts: PairFacts) -> tuple[Dimension, ...]:
    """Source, language, length and turns, as far as the pairs differ in them."""
    chosen, rejected = facts.lengths
    places = np.digitize(log_ratios(chosen, rejected), _LENGTH_EDGES)
    found = [
        _named("source", facts.sources),
        _named("language", facts.languages),
        Dimension("length", LENGTHS, places),
    ]
    if facts.turns is not None:
        found.append(Dimension("turns", TURNS, np.digitize(facts.turns, _TURN_EDGES)))
    return tuple(each for each in found if len(np.unique(each.codes)) > 1)


def cuts(by: tuple[Dimension, ...]) -> Iterator[Cut]:
    """By each dimension, by each two, and by all of them.

    A part that holds the same pairs as one with fewer conditions, but for a fiftieth of them, is
    not given again: where a source is all in one language, `a.jsonl, zh` is `a.jsonl`.
    """
    sizes = {count for count in (1, 2, len(by)) if 0 < count <= len(by)}
    for count in sorted(sizes):
        for chosen in combinations(by, count):
            yield from _parts(chosen)


def _parts(by: tuple[Dimension, ...]) -> Iterator[Cut]:
    keys, members = _distinct([each.codes for each in by])
    order = np.argsort(members, kind="stable")
    ends = np.cumsum(np.bincount(members))
    is_new = _is_new(by, keys, members)
    for key, places, new in zip(keys, np.split(order, ends[:-1]), is_new, strict=True):
        if new:
            values = {each.name: each.values[code] for each, code in zip(by, key, strict=True)}
            yield Cut(values, places)


def _is_new(by: tuple[Dimension, ...], keys: npt.NDArray[np.int64], members: Ints) -> Flags:
    """Whether no condition of a part can be left out without more pairs coming in."""
    found = np.ones(len(keys), np.bool_)
    sizes = np.bincount(members)
    for left_out in range(len(by)):
        others = [keys[:, place] for place in range(len(by)) if place != left_out]
        parents = _distinct(others)[1] if others else np.zeros(len(keys), np.int64)
        found &= _SAME * np.bincount(parents, weights=sizes)[parents] > sizes
    return found


def _distinct(codes: list[Ints]) -> tuple[npt.NDArray[np.int64], Ints]:
    """The different combinations of codes, and which of them each pair has."""
    keys = np.zeros(len(codes[0]), np.int64)
    for each in codes:  # renumbered each time, so that products stay small
        _, keys = np.unique(keys * (int(each.max(initial=0)) + 1) + each, return_inverse=True)
    _, first = np.unique(keys, return_index=True)
    return np.stack([each[first] for each in codes], axis=1), keys


def _named(name: str, values: pl.Series) -> Dimension:
    texts = values.cast(pl.String).fill_null(UNKNOWN)
    names = texts.unique().sort()
    codes = texts.replace_strict(names, np.arange(len(names)), return_dtype=pl.Int64)
    return Dimension(name, tuple(names), codes.to_numpy())
