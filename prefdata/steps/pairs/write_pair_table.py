"""Step: the properties of each active pair besides its texts, as one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.records.identity import split_keys
from prefdata.records.text_columns import text_columns
from prefdata.records.turns import user_turns
from prefdata.steps.once import once
from prefdata.steps.pairs.pair_table import KNOWN_SCHEMA, pair_table_file
from prefdata.steps.pairs.row_counts import unpaired_rows
from prefdata.steps.progress import Report, with_progress
from prefdata.steps.split.groups import SPLIT_SCHEMA
from prefdata.steps.verdict_tables import DROP, Tables, rows_by_reason
from prefdata.transforms.split.split import SPLITS
from prefdata.transforms.texts.row_language import row_languages

_PART_SCHEMA = pa.schema(
    [
        *(
            KNOWN_SCHEMA.field(name)
            for name in ("row", "source_row", "language", "turns", "margin")
        ),
        *(KNOWN_SCHEMA.field(f"{side}_length") for side in ("chosen", "rejected")),
        ("prompt", pa.uint64()),
    ]
)
_BATCH_ROWS = 65_536


class PairSummary(msgspec.Struct):
    """Counts of the rows of a run: `read` = `kept` + `quarantined` + the sum of `dropped`.

    `dropped`: rows by the reason of the first verdict that drops them; `flagged`: kept rows by
    reason; `splits`: kept rows by split.
    """

    read: int
    kept: int
    quarantined: int
    dropped: dict[str, int]
    flagged: dict[str, int]
    splits: dict[str, int]


def write_pair_table(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    split_table: Path,
    names: Sequence[str],
    folder: Path,
    report: Report,
) -> PairSummary:
    """Writes a table of `KNOWN_SCHEMA` to `pair_table_file(folder)`.

    `split_table`: a table of `SPLIT_SCHEMA` (`steps.compare.groups`) or `DESTINED_SCHEMA`
    (`steps.write.read_output`) with every active row. `names`: names of the sources.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def work() -> PairSummary:
        tasks = [_Task(shard, verdicts, folder / f"{shard.number:06d}") for shard in shards]
        parts = list(with_progress(engine.map(_measure, tasks), "look", len(tasks), report))
        frames = [_with_source(_read(t.place / "part.arrow"), t.shard, names) for t in tasks]
        known = _joined(frames, _read_split_table(split_table))
        batches = known.to_arrow().cast(KNOWN_SCHEMA).to_batches(max_chunksize=_BATCH_ROWS)
        write_table(pair_table_file(folder), batches, KNOWN_SCHEMA)
        return _summary(shards, parts, known)

    return once(folder / "done.json", PairSummary, work)


def _with_source(frame: pl.DataFrame, shard: Shard, names: Sequence[str]) -> pl.DataFrame:
    called = shard.names_of(frame["row"].to_numpy(), names)
    return frame.with_columns(source=pl.Series("source", called, pl.String))


class _Counts(msgspec.Struct):
    dropped: dict[str, int]
    flagged: dict[str, int]


@dataclass(frozen=True)
class _Task:
    shard: Shard
    verdicts: Tables
    place: Path


def _measure(task: _Task) -> _Counts:
    return once(task.place / "done.json", _Counts, lambda: _write_part(task))


def _write_part(task: _Task) -> _Counts:
    batches = (_measured(batch) for batch in task.verdicts.active(task.shard))
    write_table(task.place / "part.arrow", batches, _PART_SCHEMA)
    return _counts(table for _, table in task.verdicts.of_shard(task.shard))


def _measured(batch: pa.RecordBatch) -> pa.RecordBatch:
    texts = text_columns(batch)
    prompts, _ = split_keys(batch.column("prompt"))
    row, source_row, margin = (batch.column(n) for n in ("row", "source_row", "margin"))
    lengths = (_lengths(texts[side]) for side in ("chosen", "rejected"))
    known = (row_languages(batch), pa.array(user_turns(batch)))
    arrays = [row, source_row, *known, margin, *lengths, prompts]
    return pa.RecordBatch.from_arrays(arrays, schema=_PART_SCHEMA)


def _lengths(texts: pa.StringArray) -> pa.Int64Array:
    return pc.fill_null(pc.utf8_length(texts), 0).cast(pa.int64())


def _counts(tables: Iterable[pa.Table]) -> _Counts:
    verdicts = pl.concat(pl.DataFrame(table).select("row", "verdict", "reason") for table in tables)
    drops = verdicts.filter(pl.col("verdict") == DROP).unique(
        "row", keep="first", maintain_order=True
    )
    flags = verdicts.join(drops, on="row", how="anti").unique(["row", "reason"])
    return _Counts(_by_reason(drops), _by_reason(flags))


def _by_reason(lines: pl.DataFrame) -> dict[str, int]:
    return dict(lines.group_by("reason").len().sort("reason").iter_rows())


def _read(part: Path) -> pl.DataFrame:
    return pl.DataFrame(pa.Table.from_batches(read_table(part), _PART_SCHEMA))


def _read_split_table(split_table: Path) -> pl.DataFrame:
    batches = list(read_table(split_table))
    return pl.DataFrame(pa.Table.from_batches(batches) if batches else SPLIT_SCHEMA.empty_table())


def _joined(frames: Sequence[pl.DataFrame], splits: pl.DataFrame) -> pl.DataFrame:
    empty = pl.DataFrame(schema=pl.Schema(_PART_SCHEMA)).with_columns(source=pl.lit(""))
    pairs = pl.concat([empty, *frames])
    assert pairs["row"].equals(splits["row"]), "other rows were divided"
    if "number" not in splits.columns:
        splits = splits.with_columns(number="row")
    alike = pl.col("row").first().over("prompt")
    return pairs.with_columns(
        splits["number"],
        splits["split"].replace_strict(range(len(SPLITS)), SPLITS, return_dtype=pl.String),
        pl.when(splits["group"].is_null()).then(alike).otherwise(splits["group"]).alias("group"),
    ).select(KNOWN_SCHEMA.names)


def _summary(shards: Sequence[Shard], parts: Sequence[_Counts], known: pl.DataFrame) -> PairSummary:
    splits = Counter(dict(known.group_by("split").len().iter_rows()))
    return PairSummary(
        read=sum(shard.written.rows for shard in shards),
        kept=len(known),
        quarantined=sum(shard.written.quarantined for shard in shards),
        dropped=rows_by_reason([*(part.dropped for part in parts), *map(unpaired_rows, shards)]),
        flagged=rows_by_reason(part.flagged for part in parts),
        splits={split: splits[split] for split in SPLITS if splits[split]},
    )
