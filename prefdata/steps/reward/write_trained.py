"""Step: the table of a training run, one line for every row that was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from prefdata.io.files.atomic import atomic_file
from prefdata.io.files.shards import Shard, write_table
from prefdata.records.arrays import Ints
from prefdata.results.layout import SCORES_TABLE
from prefdata.results.training import TrainingCounts
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.reward.read_rewards import Scored, write_scored
from prefdata.steps.reward.score import notes_file
from prefdata.steps.reward.write_scores import ScoreBooks, write_scores
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables

TRAINED_COLUMNS = (
    *("row", "source", "source_row", "fingerprint", "verdict", "reason", "evidence"),
    *("split", "group", "language", "used"),
    *("chosen_reward", "rejected_reward", "reward_margin", "spread", "margin"),
)
"""The columns of the table. `row`: the ledger's number if the data are the output folder of a
build. `verdict`: keep, drop or quarantine. `used`: trained, validation or held-out; null if the row
is no pair. Rewards come from a model that was not trained on the row; null without such a model."""


@dataclass(frozen=True)
class TrainedBooks:
    """The inputs of the table.

    `verdicts`: of all steps; `scored`: rewards of rows by models that were not trained on them;
    `known`: properties of all pairs; `rows`, `uses` (n): the use of each tokenised or embedded row.
    """

    verdicts: Tables
    scored: Scored
    known: PairTable
    rows: Ints
    uses: Sequence[str | None]


def write_trained(
    path: Path, shards: Sequence[Shard], sources: Sequence[str], books: TrainedBooks
) -> TrainingCounts:
    """Writes the table as Parquet, ascending by row, and counts its lines."""
    lines = _read(path.parent, shards, sources, books)
    used = pl.DataFrame(
        {"row": books.rows, "used": books.uses}, schema_overrides={"used": pl.String}
    )
    known = books.known.frame.select(
        "row", "number", "split", "group", "language", of="source", at="source_row"
    )
    whole = (
        lines.join(known, on="row", how="left")
        .join(used, on="row", how="left")
        .with_columns(
            row=pl.coalesce("number", "row"),
            source=pl.coalesce("of", "source"),
            source_row=pl.coalesce("at", "source_row"),
        )
        .select(TRAINED_COLUMNS)
        .sort("row")
    )
    with atomic_file(path, durable=False) as sink:
        pq.write_table(whole.to_arrow(), sink, compression="zstd")
    return _counted(whole)


def _read(
    folder: Path, shards: Sequence[Shard], sources: Sequence[str], books: TrainedBooks
) -> pl.DataFrame:
    """Verdict and rewards of every row, in the columns of the table of scores."""
    scores, table = folder / "scores", folder / SCORES_TABLE
    scores.mkdir()
    write_scored(scores, books.scored)
    write_table(notes_file(scores), [], VERDICT_SCHEMA)
    write_scores(table, shards, ScoreBooks(books.verdicts, scores, None, sources))
    lines = pl.read_parquet(table, memory_map=False)
    for file in (table, *scores.iterdir()):
        file.unlink()
    scores.rmdir()
    return lines


def _counted(lines: pl.DataFrame) -> TrainingCounts:
    used = dict(lines.group_by("used").len().iter_rows())
    dropped = lines.filter(verdict="drop").group_by("reason").len().sort("reason")
    return TrainingCounts(
        read=len(lines),
        trained=used.get("trained", 0),
        validation=used.get("validation", 0),
        held_out=used.get("held-out", 0),
        quarantined=len(lines.filter(verdict="quarantine")),
        dropped=dict(dropped.iter_rows()),
    )
