"""Step: rows whose prompt overlaps an evaluation set (decontamination)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prefdata.config.model import AgainstConfig
from prefdata.engines.engine import Engine
from prefdata.io.files.atomic import atomic_file
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.records.context import context_texts, refers_to_media
from prefdata.results.sentences import Sentence, joined
from prefdata.rules.quote import quote
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import FLAG, Line, Tables, verdict_frame, write_verdicts
from prefdata.transforms.decontamination.overlap import overlaps_of
from prefdata.transforms.decontamination.overlap_index import OverlapIndex, overlap_index

CONTAMINATED = "contaminated"

_FOUND_SCHEMA = pa.schema(
    [(name, pa.int64()) for name in ("row", "prompt", "found", "size", "media")]
)


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
    lines = (
        line
        for table in engine.map(overlaps_of_shard, items)
        for batch in read_table(table)
        for line in _lines(batch, config, evaluation)
    )
    return write_verdicts(folder / "verdicts.arrow", verdict_frame(lines))


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
    media = _with_media(batch.take(pa.array(overlaps.rows)))
    columns = (numbers, overlaps.prompts, overlaps.found, overlaps.sizes, media)
    return pa.RecordBatch.from_arrays(list(map(pa.array, columns)), schema=_FOUND_SCHEMA)


def _with_media(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """1 for each row (n) that refers to images, video or audio, else 0."""
    return np.array([refers_to_media(*said) for said in context_texts(batch)], np.int64)


def _lines(
    batch: pa.RecordBatch, config: AgainstConfig, evaluation: EvaluationSet
) -> Iterator[Line]:
    columns = (batch.column(name).to_pylist() for name in _FOUND_SCHEMA.names)
    for row, prompt, shared, size, has_media in zip(*columns, strict=True):
        evidence = overlap_evidence(evaluation, prompt, shared, size, config.overlap)
        if has_media:  # the same words about another picture are another question
            yield row, FLAG, CONTAMINATED, joined(evidence, Sentence("evaluation.media")), None
        else:
            yield row, config.action, CONTAMINATED, evidence, None


def overlap_evidence(
    evaluation: EvaluationSet, prompt: int, shared: int, size: int, least: float
) -> Sentence:
    """For example: `prompt overlaps evals/a.jsonl:17, "Who ...": 0.83 of its 12 n-grams`."""
    place, shown = evaluation.place(prompt), quote(evaluation.texts[prompt])
    if size == 0:
        return Sentence("evaluation.equals", place=place, quote=shown)
    share = shared / size
    return Sentence(
        "evaluation.overlaps",
        place=place,
        quote=shown,
        share=share,
        ngrams=size,
        threshold=least,
    )


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
