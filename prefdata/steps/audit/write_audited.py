"""Step: the table of an audit, one line for every row that was read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.errors import RunError
from prefdata.io.files.atomic import WrittenFile, atomic_file
from prefdata.label_audit.claims.claims import Claimed
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.report.summary import classes_with
from prefdata.records.arrays import Doubles, Ints
from prefdata.results.manifest import Counts
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.report.accounts import Accounts, RowAccounts
from prefdata.steps.verdict_tables import DROP, FLAG
from prefdata.transforms.split.split import SPLITS

AUDITED_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("split", pa.string()),
        ("group", pa.int64()),
        ("language", pa.string()),
        ("verdict", pa.string()),
        ("audited", pa.bool_()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
        ("class", pa.string()),
        ("p_flip", pa.float64()),
        ("p_low", pa.float64()),
        ("p_high", pa.float64()),
        ("p_label", pa.float64()),
        ("rank", pa.int64()),
        ("reward_margin", pa.float64()),
        ("spread", pa.float64()),
        ("margin", pa.float64()),
    ]
)
"""The columns of the table, followed by `reward_margin_NAME` for every view (mean over repeats).

`row`: the ledger's number if the data are the output folder of a build. `verdict`: keep, drop or
quarantine, with `reason` and `evidence` for the last two. `audited`: a kept row that models judged.
`margin`: the dataset's own. `rank`: 1 is the row whose label models speak against most. `class` and
`rank` are null if single rows are not judged, the probabilities of a flip without answers of
people; all numbers of models are null for a row that was not audited."""

_OF_LABELS = ("class", "rank")
_VIEW = "reward_margin_"
_NOTHING = {
    "row": pl.Int64,
    "is_judged": pl.Boolean,
    "class": pl.String,
    "rank": pl.Int64,
    **dict.fromkeys(
        ("p_flip", "p_low", "p_high", "p_label", "reward_margin", "spread"), pl.Float64
    ),
}
"""The columns that models fill, for an audit without models."""


@dataclass(frozen=True)
class AuditedBooks:
    """The inputs of the table.

    `accounts`: the outcome of every row. `known`: properties of all pairs. `rows` (n): the judged
    pairs, by number in the run. `judged`: their judgements, None if no model was trained;
    `claimed`: what is said of wrong labels, None if single rows are not judged; `likely`: P(flip)
    above which a row is likely flipped.
    """

    accounts: Accounts
    known: PairTable
    rows: Ints
    judged: Judged | None
    claimed: Claimed | None = None
    likely: float = 0.5


def write_audited(path: Path, books: AuditedBooks) -> tuple[WrittenFile, Counts]:
    """Writes the table as Parquet, by row, and counts its lines (`kept` includes audited).

    Raises RunError if a judged row is not among the rows that were read.
    """
    pairs = _pairs(books)
    views = [name for name in pairs.columns if name.startswith(_VIEW)]
    schema = pa.schema([*AUDITED_SCHEMA, *((view, pa.float32()) for view in views)])
    totals = _Totals()
    with (
        atomic_file(path, durable=False) as sink,
        pq.ParquetWriter(sink, schema, compression="zstd") as writer,
    ):
        for part in books.accounts.parts():
            lines = _lines(part, pairs)
            writer.write_table(lines.select(schema.names).to_arrow().cast(schema))
            totals.add(lines, part.verdicts)
        totals.refuse_missing(books)
    counts = totals.counts()
    return sink.written(rows=counts.read), counts


@dataclass
class _Totals:
    """Counts of the lines written so far: by verdict, split and reason."""

    verdicts: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    judged: int = 0

    def add(self, lines: pl.DataFrame, verdicts: pl.DataFrame) -> None:
        self.verdicts.update(_by(lines, "verdict"))
        self.splits.update(_by(lines.filter(verdict="keep"), "split"))
        self.dropped.update(_by(lines.filter(verdict=DROP), "reason"))
        self.flagged.update(_by(verdicts.filter(verdict=FLAG), "reason"))
        self.judged += int(lines["is_judged"].sum())

    def refuse_missing(self, books: AuditedBooks) -> None:
        judged = len(books.rows) if books.judged else 0
        if self.judged != judged:
            raise RunError(
                f"{judged:,} rows were judged, and {self.judged:,} of them are among those that "
                "were read. This is a fault of prefdata, please report it."
            )

    def counts(self) -> Counts:
        return Counts(
            read=self.verdicts.total(),
            kept=self.verdicts["keep"],
            quarantined=self.verdicts["quarantine"],
            dropped=dict(sorted(self.dropped.items())),
            flagged=dict(sorted(self.flagged.items())),
            splits={split: self.splits[split] for split in SPLITS if self.splits[split]},
        )


def _by(lines: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(lines.group_by(column).len().iter_rows())


def _lines(part: RowAccounts, pairs: pl.DataFrame) -> pl.DataFrame:
    """The lines of some rows; one that was judged and then dropped keeps the models' numbers."""
    gone = part.verdicts.filter(pl.col("verdict") != FLAG).select("row", "reason", "evidence")
    lines = part.lines.join(gone, on="row", how="left").join(pairs, on="row", how="left")
    is_judged = pl.col("is_judged").fill_null(value=False)
    return lines.with_columns(
        is_judged=is_judged, audited=(pl.col("verdict") == "keep") & is_judged
    ).sort("row")


def _pairs(books: AuditedBooks) -> pl.DataFrame:
    """Properties and judgements of every pair; `row` is its number in the accounts."""
    known = books.known.frame.select("row", "number", "group", "language", "margin")
    audited = (
        pl.DataFrame(schema=_NOTHING)
        if books.judged is None
        else _audit_columns(books, books.judged)
    )
    return known.join(audited, on="row", how="left").drop("row").rename({"number": "row"})


def _audit_columns(books: AuditedBooks, judged: Judged) -> pl.DataFrame:
    chances = books.claimed.chances if books.claimed else None
    classes = classes_with(judged, chances, books.likely)
    ends = ("p_flip", "p_low", "p_high")
    flips: dict[str, Doubles] = {name: np.full(len(books.rows), np.nan) for name in ends}
    if chances is not None:
        flips = dict(zip(ends, (chances.mean, chances.low, chances.high), strict=True))
    means = zip(judged.names, judged.margins.mean(axis=1), strict=True)
    columns = pl.DataFrame(
        {
            "row": books.rows,
            "class": np.array(CLASSES)[classes],
            "rank": judged.ranking.ranks + 1,
            **flips,
            "p_label": judged.p_label,
            "reward_margin": judged.margin,
            "spread": judged.spread,
            **{f"{_VIEW}{name}": mean for name, mean in means},
        },
    ).with_columns(cs.float().fill_nan(None), is_judged=pl.lit(value=True))
    hidden = () if judged.is_judged else _OF_LABELS
    return columns.with_columns(pl.lit(None).alias(name) for name in hidden)
