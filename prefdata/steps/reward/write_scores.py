"""Step: the table of scores, one line for every row that was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.io.files.atomic import WrittenFile, atomic_file
from prefdata.io.files.shards import (
    QUARANTINE_SCHEMA,
    Shard,
    read_quarantine,
    read_records,
    read_table,
)
from prefdata.records.columns import RECORD_SCHEMA
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.results.scores import SCORES_SCHEMA, ScoreCounts
from prefdata.steps.reward.read_rewards import Scored, read_scored
from prefdata.steps.reward.score import notes_file
from prefdata.steps.verdict_tables import (
    DROP,
    VERDICT_SCHEMA,
    Tables,
    verdict_without_record,
    within,
)

_VERDICT_COLUMNS = ("row", "verdict", "reason", "evidence")


@dataclass(frozen=True)
class ScoreBooks:
    """The inputs of the table.

    `verdicts`: of the rules; `scores`: folder of the step `score`; `judged`: the verdict table of
    the reward filter, None if it is off; `sources`: names by number. `numbers`: a table of `row`
    and `number`, if rows are numbered differently in the output.
    """

    verdicts: Tables
    scores: Path
    judged: Path | None
    sources: Sequence[str]
    numbers: Path | None = None


def write_scores(
    path: Path, shards: Sequence[Shard], books: ScoreBooks
) -> tuple[WrittenFile, ScoreCounts]:
    """Writes the table as Parquet, ascending by row, and counts its lines."""
    counts: Counter[_Kind] = Counter()
    with (
        atomic_file(path, durable=False) as sink,
        pq.ParquetWriter(sink, SCORES_SCHEMA, compression="zstd") as writer,
    ):
        for lines in _tables(shards, books):
            _count(lines, counts)
            writer.write_table(lines.to_arrow().cast(SCORES_SCHEMA))
    return sink.written(rows=counts.total()), _counted(counts)


_Kind = tuple[str, str | None, bool]
"""Verdict, reason, whether there are rewards."""


def _tables(shards: Sequence[Shard], books: ScoreBooks) -> Iterator[pl.DataFrame]:
    """All lines in order: shard by shard, or in one frame if rows are renumbered."""
    scored = read_scored(books.scores)
    tables = (_lines(shard, books, scored) for shard in shards)
    if books.numbers is None:
        yield from tables
        return
    numbers = pl.DataFrame(pa.Table.from_batches(read_table(books.numbers, ["row", "number"])))
    named = [table.join(numbers, on="row").drop("row") for table in tables]
    if named:
        whole = pl.concat(named).rename({"number": "row"})
        yield whole.sort("row").select(SCORES_SCHEMA.names)


def _count(lines: pl.DataFrame, counts: Counter[_Kind]) -> None:
    kinds = lines.group_by("verdict", "reason", pl.col("reward_margin").is_not_null()).len()
    for verdict, reason, has_reward, rows in kinds.iter_rows():
        counts[verdict, reason, has_reward] += rows


def _counted(counts: Counter[_Kind]) -> ScoreCounts:
    verdicts: Counter[str] = Counter()
    not_scored: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for (verdict, reason, has_reward), rows in sorted(counts.items(), key=str):
        verdicts[verdict] += rows
        if reason is not None and verdict != "quarantine":
            (reasons if has_reward else not_scored)[reason] += rows
    return ScoreCounts(
        read=counts.total(),
        scored=sum(rows for (_, _, has_reward), rows in counts.items() if has_reward),
        not_scored=not_scored,
        quarantined=verdicts["quarantine"],
        verdicts={verdict: rows for verdict, rows in verdicts.items() if rows},
        reasons=reasons,
    )


def _lines(shard: Shard, books: ScoreBooks, scored: Scored) -> pl.DataFrame:
    """The lines of one shard."""
    read = pl.concat([_records(shard), _without_record(shard)], how="diagonal")
    lines = (
        read.join(_verdicts(shard, books), on="row", how="left")
        .join(_rewards(shard, scored), on="row", how="left")
        .sort("row")
    )
    return lines.with_columns(
        source=pl.Series(shard.names_of(lines["row"].to_numpy(), books.sources), dtype=pl.String),
        verdict=pl.coalesce("fault_verdict", "verdict", pl.lit("keep")),
        reason=pl.coalesce("fault", "reason"),
        evidence=pl.coalesce("fault_evidence", "evidence"),
        agrees=pl.when(pl.col("margin") != 0).then(
            pl.col("margin").sign() * pl.col("reward_margin") > 0
        ),
    ).select(SCORES_SCHEMA.names)


def _records(shard: Shard) -> pl.DataFrame:
    columns = ["row", "source_row", "margin"]
    schema = pa.schema([RECORD_SCHEMA.field(name) for name in columns])
    batches = list(read_records(shard))
    table = pa.Table.from_batches([batch.select(columns) for batch in batches], schema)
    keys = (keys_of(batch, with_split=False) for batch in batches)
    prints = [value for batch in keys for value in record_fingerprints(batch)]
    return pl.DataFrame(table).with_columns(fingerprint=pl.Series(prints, dtype=pl.String))


def _without_record(shard: Shard) -> pl.DataFrame:
    faults = pa.Table.from_batches(read_quarantine(shard), QUARANTINE_SCHEMA)
    return pl.DataFrame(faults).select(
        *("row", "source_row"),
        fault="reason",
        fault_evidence="evidence",
        fault_verdict=verdict_without_record(pl.col("reason")),
    )


def _verdicts(shard: Shard, books: ScoreBooks) -> pl.DataFrame:
    """One verdict per row: of the rule that drops it, else of the reward filter, else a note."""
    of_rules = pl.concat(pl.DataFrame(table) for _, table in books.verdicts.of_shard(shard))
    after = [*([books.judged] if books.judged else []), notes_file(books.scores)]
    of_model = (pa.Table.from_batches(within(table, shard.rows), VERDICT_SCHEMA) for table in after)
    verdicts = pl.concat([of_rules.filter(pl.col("verdict") == DROP), *map(pl.DataFrame, of_model)])
    return verdicts.unique("row", keep="first", maintain_order=True).select(_VERDICT_COLUMNS)


def _rewards(shard: Shard, scored: Scored) -> pl.DataFrame:
    first, last = np.searchsorted(scored.rows, [shard.rows.start, shard.rows.stop])
    chosen, rejected = scored.rewards[first:last].T
    spread = pl.Series(scored.spread[first:last])
    return pl.DataFrame(
        {
            "row": scored.rows[first:last],
            "chosen_reward": chosen,
            "rejected_reward": rejected,
            "reward_margin": scored.reward_margins[first:last],
            "spread": spread.fill_nan(None),
        }
    )
