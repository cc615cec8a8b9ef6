"""Rows that are alike or contradict one another, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

import polars as pl

from prefdata.steps.accounts import SAID_COLUMNS, Shown
from prefdata.verdicts.audit import AlikeKind, AlikePair

ALIKE: tuple[AlikeKind, ...] = get_args(AlikeKind)
"""Reasons that are about two rows."""


def first_alike(parts: Iterable[pl.DataFrame], count: int) -> pl.DataFrame:
    """The first lines on two rows of each kind, out of frames of `SAID_COLUMNS` in row order.

    Two rows that name each other are one pair. The first lines of parts give, taken together
    again, those of the whole.
    """
    said = pl.concat([pl.DataFrame(schema=SAID_COLUMNS), *parts])
    named = said.filter(pl.col("reason").is_in(ALIKE) & pl.col("other").is_not_null())
    low, high = pl.min_horizontal("row", "other"), pl.max_horizontal("row", "other")
    once = named.filter(pl.struct("reason", low=low, high=high).is_first_distinct())
    return once.filter(pl.int_range(pl.len()).over("reason") < count)


def alike(first: pl.DataFrame, shown: Mapping[int, Shown]) -> tuple[AlikePair, ...]:
    """Pairs of rows, kind by kind, the row that the verdict is on to the left.

    `first`: lines to be shown (`first_alike`); `shown`: the rows that they name. A pair of which
    one row is not there is left out.
    """
    pairs = [
        AlikePair(
            kind=reason,
            verdict=verdict,
            evidence=evidence or "",
            left=shown[row].example(),
            right=shown[other].example(),
        )
        for row, verdict, reason, evidence, other in first.iter_rows()
        if other in shown
    ]
    return tuple(sorted(pairs, key=lambda pair: ALIKE.index(pair.kind)))


def alike_rows(tallied: pl.DataFrame) -> dict[str, int]:
    """Rows that were dropped or flagged as each of the kinds; `tallied`: see `flows.added`."""
    counts = tallied.group_by("name").agg(pl.col("rows").sum())
    of = dict(counts.filter(pl.col("name").is_in(ALIKE)).iter_rows())
    return {kind: of[kind] for kind in ALIKE if kind in of}
