"""Matches the rows of two builds by what they hold, not by where they stand."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

LINE = {
    "row": pl.Int64,
    "source": pl.String,
    "source_row": pl.Int64,
    "identity": pl.String,
    "fingerprint": pl.String,
    "is_turned": pl.Boolean,
    "verdict": pl.String,
    "split": pl.String,
    "margin": pl.Float64,
}
"""A row of a build. `identity`: the same in both builds for the same prompt and completions,
whichever is chosen. `verdict`: keep, or verdict and reason. `is_turned`: its label is the opposite
of that which was read."""

_STAGES: tuple[tuple[str, ...], ...] = (
    ("identity", "fingerprint", "source", "source_row"),
    ("identity", "source", "source_row"),
    ("identity", "fingerprint"),
    ("identity",),
)
"""Where several rows have the same identity, those that have more in common match first."""


def matched(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The rows (`LINE`) of two builds side by side: columns `NAME_before` and `NAME_after`.

    Every row is in one line, with null on the other side if the other build has no such row. Of
    rows with the same identity as many match as both builds have.
    """
    pairs = []
    for keys in _STAGES:
        pair = _nth(before, keys).join(
            _nth(after, keys), on=[*keys, "nth"], suffix="_after", nulls_equal=True
        )
        numbers = pair.select("row", "row_after")
        pairs.append(numbers)
        before = before.join(numbers, on="row", how="anti")
        after = after.join(numbers, left_on="row", right_on="row_after", how="anti")
    went = before.select("row", row_after=pl.lit(None, pl.Int64))
    came = after.select(row=pl.lit(None, pl.Int64), row_after="row")
    return pl.concat([*pairs, went, came]).rename({"row": "row_before"})


def _nth(lines: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    return lines.select(*keys, "row", nth=pl.int_range(pl.len()).over(keys))


def side_by_side(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """All columns of `LINE` of the matched rows, by the row after, then by the row before."""
    numbers = matched(before, after)
    return (
        numbers.join(_named(before, "before"), on="row_before", how="left")
        .join(_named(after, "after"), on="row_after", how="left")
        .sort("row_after", "row_before", nulls_last=True)
    )


def _named(lines: pl.DataFrame, build: str) -> pl.DataFrame:
    return lines.rename({name: f"{name}_{build}" for name in LINE})


def changes_of(lines: pl.DataFrame) -> pl.DataFrame:
    """A line for every change of a row (`side_by_side`): `kind`, `before`, `after`, and its place.

    A row that came or went has one, a row that is in both has one for each of verdict, split, label
    and margin that differs. A split is compared only where both builds keep the row.
    """
    came, went = pl.col("row_before").is_null(), pl.col("row_after").is_null()
    both = lines.filter(~came & ~went)
    kept = (pl.col("verdict_before") == "keep") & (pl.col("verdict_after") == "keep")
    turned_in_source = pl.col("fingerprint_before").ne_missing(pl.col("fingerprint_after"))
    turned_since = pl.col("is_turned_before") != pl.col("is_turned_after")
    nothing = pl.lit(None, pl.String)
    frames = [
        _changed(lines.filter(came), "came", nothing, pl.col("verdict_after")),
        _changed(lines.filter(went), "went", pl.col("verdict_before"), nothing),
        _differing(both, "verdict"),
        _differing(both.filter(kept), "split"),
        _changed(both.filter(turned_in_source != turned_since), "label", nothing, nothing),
        _differing(both, "margin"),
    ]
    return pl.concat(frames)


def _differing(both: pl.DataFrame, name: str) -> pl.DataFrame:
    before, after = pl.col(f"{name}_before"), pl.col(f"{name}_after")
    return _changed(
        both.filter(before.ne_missing(after)), name, _text(before, name), _text(after, name)
    )


def _text(column: pl.Expr, name: str) -> pl.Expr:
    return column.cast(pl.String).fill_null("none") if name == "margin" else column


def _changed(lines: pl.DataFrame, kind: str, before: pl.Expr, after: pl.Expr) -> pl.DataFrame:
    return lines.select(
        kind=pl.lit(kind),
        before=before,
        after=after,
        row_before="row_before",
        row_after="row_after",
        source=pl.coalesce("source_after", "source_before"),
        source_row=pl.coalesce("source_row_after", "source_row_before"),
    )
