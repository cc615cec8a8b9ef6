"""Exact duplicates of preference pairs, and labels that contradict each other.

Three cases are distinguished: the same pair again (same prompt, chosen and rejected), the same two
completions with swapped labels, and the same prompt with other completions.

Rows that a published split holds out decide among themselves, and for the others: those are copies
of them, or contradicted by them, and change nothing for them.
"""

from __future__ import annotations

import polars as pl

from prefdata.config.model import ExactConfig, LabelsConfig

DUPLICATE, CONFLICT, SHARED = "duplicate-pair", "label-conflict", "shared-prompt"

_PAIR = ["prompt", "low", "high"]


def exact_verdicts(keys: pl.DataFrame, config: ExactConfig, labels: LabelsConfig) -> pl.DataFrame:
    """Verdicts on duplicates and conflicts, for a frame with all rows of each prompt.

    `keys`: a frame with `row`, the keys `prompt`, `chosen`, `rejected`, `margin`, and `held`.
    Returns, ascending by row, `row`, `verdict` (drop or flag), `reason`, `other` (the copy that is
    kept, or the contradicting row: of those held out most the first, or the one with the largest
    margin if margins decide) and `copies` (number of rows with the same pair).
    """
    pairs = _oriented(keys.filter(pl.col("prompt").is_duplicated()))  # a single row has no verdict
    conflicts = _conflicts(pairs, labels)
    gone = conflicts.filter(pl.col("verdict") == "drop").select("row")
    copies = _copies(pairs.join(gone, on="row", how="anti"), config)
    gone = pl.concat([gone, copies.filter(pl.col("verdict") == "drop").select("row")])
    shared = _shared(pairs.join(gone, on="row", how="anti"))
    verdicts = pl.concat([conflicts, copies, shared]).select(
        pl.col("row").cast(pl.Int64),
        pl.col("verdict", "reason").cast(pl.String),
        pl.col("other", "copies").cast(pl.Int64),
    )
    return verdicts.sort("row", "reason")


def _oriented(keys: pl.DataFrame) -> pl.DataFrame:
    """Adds the unordered pair (`low`, `high`), its orientation, and statistics of its group: of all
    rows, and of those that `decide`."""
    forward = pl.col("chosen") <= pl.col("rejected")
    decide = pl.col("decides")
    first = pl.col("row").filter(decide).min()
    return (
        keys.select("row", "prompt", "chosen", "rejected", "margin", "held")
        .with_columns(
            pl.col("margin").fill_nan(None),
            forward=forward,
            low=pl.when(forward).then("chosen").otherwise("rejected"),
            high=pl.when(forward).then("rejected").otherwise("chosen"),
        )
        .drop("chosen", "rejected")
        .with_columns(decides=pl.col("held") == pl.col("held").max().over(_PAIR))
        .with_columns(
            group_rows=pl.len().over(_PAIR),
            copies=pl.len().over([*_PAIR, "forward"]),
            deciding=decide.sum().over(_PAIR),
            along=decide.sum().over([*_PAIR, "forward"]),
            first=pl.coalesce(
                first.over([*_PAIR, "forward"]), pl.col("row").min().over([*_PAIR, "forward"])
            ),
            first_of_group=first.over(_PAIR),
        )
    )


def _conflicts(pairs: pl.DataFrame, config: LabelsConfig) -> pl.DataFrame:
    order = ["held", *(["margin"] if config.conflict == "keep-margin" else []), "row"]
    in_conflict = pairs.filter(
        (pl.col("copies") < pl.col("group_rows")) & (pl.col("low") != pl.col("high"))
    ).sort(order, descending=[name != "row" for name in order], nulls_last=True)
    mine, theirs = pl.col("margin").first().over([*_PAIR, "forward"]), _first_opposite("margin")
    has_opposite, is_unheard = pl.col("along") < pl.col("deciding"), pl.col("along") == 0
    outvoted = {
        "drop-all": pl.lit(value=True),
        "flag": pl.lit(value=False),
        "keep-first": pl.col("first") != pl.col("first_of_group"),
        "keep-majority": pl.col("along") * 2 <= pl.col("deciding"),
        "keep-margin": mine.is_null() | (mine <= theirs).fill_null(value=False),
    }[config.conflict]
    if config.conflict != "flag":
        outvoted = has_opposite & (outvoted | is_unheard)
    return in_conflict.select(
        "row",
        verdict=pl.when(outvoted).then(pl.lit("drop")).otherwise(pl.lit("flag")),
        reason=pl.lit(CONFLICT),
        other=_first_opposite("row"),
        copies="copies",
    )


def _first_opposite(column: str) -> pl.Expr:
    """The value of a column in the first row with the opposite label."""
    forward = pl.col("forward")
    against, along = (pl.col(column).filter(way).first().over(_PAIR) for way in (~forward, forward))
    return pl.when(forward).then(against).otherwise(along)


def _copies(pairs: pl.DataFrame, config: ExactConfig) -> pl.DataFrame:
    return pairs.filter(pl.col("row") != pl.col("first")).select(
        "row",
        verdict=pl.lit(config.identical),
        reason=pl.lit(DUPLICATE),
        other="first",
        copies="copies",
    )


def _shared(pairs: pl.DataFrame) -> pl.DataFrame:
    distinct = pl.struct("low", "high").n_unique().over("prompt")
    return pairs.filter(distinct > 1).select(
        "row",
        verdict=pl.lit("flag"),
        reason=pl.lit(SHARED),
        other=pl.lit(None, pl.Int64),
        copies="copies",
    )
