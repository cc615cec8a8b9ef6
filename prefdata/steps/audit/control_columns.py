"""Step: the control features of each active pair (see `transforms.texts.controls`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.records.text_columns import text_columns
from prefdata.results.sentences import Sentence, from_json, to_json
from prefdata.rules.refusal import refuses
from prefdata.steps.once import once
from prefdata.steps.progress import Report, with_progress
from prefdata.steps.verdict_tables import Tables
from prefdata.transforms.texts.controls import SIDE_COLUMNS, Controls, Family, controls_of
from prefdata.transforms.texts.origin import origin_of
from prefdata.transforms.texts.style import foreign_share, scripts_of, style_of

_SIDES = ("chosen", "rejected")
_MEASURED_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("prompt_characters", pa.int64()),
        ("position", pa.int8()),
        *((f"{side}_model", pa.string()) for side in _SIDES),
        *((f"{side}_{name}", pa.float64()) for side in _SIDES for name in SIDE_COLUMNS),
    ]
)
_BATCH_ROWS = 65_536
_NOTES = b"prefdata"


class ControlSummary(msgspec.Struct):
    """How many `pairs` were measured, how many `columns` vary among them, and remarks by code."""

    pairs: int
    columns: int
    remarks: dict[str, Sentence]


class _Notes(msgspec.Struct):
    families: tuple[Family, ...]
    remarks: dict[str, Sentence]


def control_columns(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    names: Sequence[str],
    folder: Path,
    report: Report,
) -> ControlSummary:
    """Measures the controls of all active pairs and writes them to `folder` for `read_controls`.

    `names`: names of the sources, by `shard.source`.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def work() -> ControlSummary:
        tasks = [_Task(shard, verdicts, folder / f"{shard.number:06d}.arrow") for shard in shards]
        list(with_progress(engine.map(_measure, tasks), "controls", len(tasks), report))
        frames = [_frame(read_table(task.place)) for task in tasks]
        sources = [
            name
            for task, frame in zip(tasks, frames, strict=True)
            for name in task.shard.names_of(frame["row"].to_numpy(), names).to_pylist()
        ]
        measured = pl.concat([_frame([]), *frames])
        controls = controls_of(measured, pl.Series(sources, dtype=pl.String))
        write_controls(folder, controls)
        return ControlSummary(len(controls), len(controls.names), controls.remarks)

    return once(folder / "done.json", ControlSummary, work)


def write_controls(folder: Path, controls: Controls) -> None:
    """Writes a table with `row` and one float32 column per control, named after it."""
    notes = to_json(_Notes(controls.families, controls.remarks))
    fields = [
        pa.field("row", pa.int64()),
        *(pa.field(name, pa.float32()) for name in controls.names),
    ]
    schema = pa.schema(fields, metadata={_NOTES: notes})
    columns = [controls.rows, *np.ascontiguousarray(controls.values.T)]
    table = pa.Table.from_arrays([pa.array(column) for column in columns], schema=schema)
    write_table(controls_file(folder), table.to_batches(max_chunksize=_BATCH_ROWS), schema)


def read_controls(folder: Path) -> Controls:
    """Reads the table that `control_columns` wrote to a folder."""
    with pa.memory_map(str(controls_file(folder))) as source:
        table = pa.ipc.open_file(source).read_all()
    notes = from_json(table.schema.metadata[_NOTES], _Notes)
    names = tuple(table.column_names[1:])
    values = np.zeros((len(table), len(names)), np.float32)
    for place in range(len(names)):
        values[:, place] = table.column(place + 1).to_numpy()
    return Controls(table.column(0).to_numpy(), names, notes.families, values, notes.remarks)


def controls_file(folder: Path) -> Path:
    """The path of the table that `control_columns` writes."""
    return folder / "controls.arrow"


@dataclass(frozen=True)
class _Task:
    shard: Shard
    verdicts: Tables
    place: Path


def _measure(task: _Task) -> int:
    return once(task.place.with_suffix(".json"), int, lambda: _write_part(task))


def _write_part(task: _Task) -> int:
    batches = [measured_batch(batch) for batch in task.verdicts.active(task.shard)]
    write_table(task.place, batches, _MEASURED_SCHEMA)
    return sum(batch.num_rows for batch in batches)


def measured_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The inputs of `controls_of` for each record of a batch of `RECORD_SCHEMA`."""
    texts = {name: pl.Series(column) for name, column in text_columns(batch).items()}
    prompts = scripts_of(texts["prompt"])
    origins = [origin_of(text or "{}") for text in batch.column("metadata").to_pylist()]
    columns = [
        batch.column("row"),
        texts["prompt"].str.len_chars().fill_null(0).cast(pl.Int64).to_arrow(),
        pa.array([origin.position for origin in origins], pa.int8()),
        pa.array([origin.chosen_model for origin in origins], pa.string()),
        pa.array([origin.rejected_model for origin in origins], pa.string()),
    ]
    for side in _SIDES:
        refusal = [refuses(text or "") for text in texts[side].to_list()]
        measured = style_of(texts[side]).with_columns(
            refusal=pl.Series(refusal, dtype=pl.Boolean),
            foreign=pl.Series(foreign_share(prompts, scripts_of(texts[side]))),
        )
        columns += [measured[name].cast(pl.Float64).to_arrow() for name in SIDE_COLUMNS]
    return pa.RecordBatch.from_arrays(columns, schema=_MEASURED_SCHEMA)


def _frame(batches: Iterable[pa.RecordBatch]) -> pl.DataFrame:
    return pl.DataFrame(pa.Table.from_batches(batches, _MEASURED_SCHEMA))
