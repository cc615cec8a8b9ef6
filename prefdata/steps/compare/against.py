"""Step: rows whose prompt overlaps an evaluation set (decontamination)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from prefdata.config.model import AgainstConfig
from prefdata.engines.engine import Engine
from prefdata.io.files.atomic import atomic_file
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.rules.quote import quote
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables, write_verdicts
from prefdata.transforms.compare.overlap import overlaps_of
from prefdata.transforms.compare.overlap_index import OverlapIndex, overlap_index

CONTAMINATED = "contaminated"

_FOUND_SCHEMA = pa.schema([(name, pa.int64()) for name in ("row", "prompt", "found", "size")])


@dataclass(frozen=True)
class OverlapTask:
    """One shard to compare with the evaluation prompts."""

    shard: Shard
    verdicts: Tables
    config: AgainstConfig
    folder: Path

    @property
    def table(self) -> Path:
        return self.folder / f"{self.shard.number:06d}.arrow"


def find_overlaps(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    config: AgainstConfig,
    evaluation: EvaluationSet,
    folder: Path,
) -> dict[str, int]:
    """Compares every active row with the evaluation prompts; writes `folder/verdicts.arrow`.

    Returns "verdict:reason" to number of rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return once(
        folder / "done.json",
        dict[str, int],
        lambda: _find_overlaps(engine, shards, verdicts, config, evaluation, folder),
    )


def _find_overlaps(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    config: AgainstConfig,
    evaluation: EvaluationSet,
    folder: Path,
) -> dict[str, int]:
    only_equal(evaluation, config, folder)
    items = [OverlapTask(shard, verdicts, config, folder) for shard in shards]
    verdict_frames = [
        _verdicts(batch, config, evaluation)
        for table in engine.map(overlaps_of_shard, items)
        for batch in read_table(table)
    ]
    empty = pl.from_arrow(VERDICT_SCHEMA.empty_table())
    assert isinstance(empty, pl.DataFrame)
    return write_verdicts(folder / "verdicts.arrow", pl.concat([empty, *verdict_frames]))


def only_equal(evaluation: EvaluationSet, config: AgainstConfig, folder: Path) -> int:
    """How many evaluation prompts consist of common n-grams only (see `against.common`), so that
    only an equal turn matches them. Writes the index if it does not exist."""
    return once(folder / "index.json", int, lambda: _write_index(evaluation, config, folder))


def overlaps_of_shard(item: OverlapTask) -> Path:
    if not item.table.exists():
        index = _read_index(item.folder)
        batches = (
            _overlaps(batch, index, item.config) for batch in item.verdicts.active(item.shard)
        )
        write_table(item.table, batches, _FOUND_SCHEMA)
    return item.table


def _overlaps(batch: pa.RecordBatch, index: OverlapIndex, config: AgainstConfig) -> pa.RecordBatch:
    overlaps = overlaps_of(batch.column("prompt"), index, config)
    numbers = batch.column("row").to_numpy()[overlaps.rows]
    columns = (numbers, overlaps.prompts, overlaps.found, overlaps.sizes)
    return pa.RecordBatch.from_arrays(list(map(pa.array, columns)), schema=_FOUND_SCHEMA)


def _verdicts(
    batch: pa.RecordBatch, config: AgainstConfig, evaluation: EvaluationSet
) -> pl.DataFrame:
    prompts, shared, sizes = (
        batch.column(name).to_pylist() for name in ("prompt", "found", "size")
    )
    evidence = [_evidence(evaluation, *hit) for hit in zip(prompts, shared, sizes, strict=True)]
    return pl.DataFrame(
        {
            "row": batch.column("row").to_numpy(),
            "verdict": [config.action] * len(evidence),
            "reason": [CONTAMINATED] * len(evidence),
            "evidence": evidence,
            "other": [None] * len(evidence),
        },
        schema={
            "row": pl.Int64,
            "verdict": pl.String,
            "reason": pl.String,
            "evidence": pl.String,
            "other": pl.Int64,
        },
    )


def _evidence(evaluation: EvaluationSet, prompt: int, shared: int, size: int) -> str:
    """For example: `prompt overlaps evals/a.jsonl:17, "Who ...": 0.83 of its 12 n-grams`."""
    place = f"{evaluation.place(prompt)}, {quote(evaluation.texts[prompt])}"
    if size == 0:
        return f"prompt equals {place}, after normalising"
    return f"prompt overlaps {place}: {shared / size:.2f} of its {size} n-grams"


def _write_index(evaluation: EvaluationSet, config: AgainstConfig, folder: Path) -> int:
    """Writes the index, one file per array; returns how many prompts only an equal turn matches."""
    index = overlap_index(evaluation.texts, evaluation.follows, config)
    for field in fields(index):
        with atomic_file(_array_file(folder, field.name), checksum=False, durable=False) as sink:
            array: npt.NDArray[np.generic] = getattr(index, field.name)
            np.save(sink, array)
    return index.unled


@lru_cache(maxsize=1)
def _read_index(folder: Path) -> OverlapIndex:
    """Reads the index memory-mapped, so that workers share its pages."""
    arrays = (
        np.load(_array_file(folder, field.name), mmap_mode="r") for field in fields(OverlapIndex)
    )
    return OverlapIndex(*arrays)


def _array_file(folder: Path, name: str) -> Path:
    return folder / f"index-{name}.npy"
