"""Step 5: writes the kept rows as the dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from prefdata.config.section import ShardFormat
from prefdata.engines.engine import Engine
from prefdata.io.files.atomic import WrittenFile
from prefdata.io.files.pictures import kept_pictures
from prefdata.io.files.shards import Shard, read_records, read_table
from prefdata.io.writers.arrow_out import (
    arrow_shard_name,
    write_arrow_shard,
    write_dataset_dict,
    write_split_state,
)
from prefdata.io.writers.parquet_out import parquet_shard_name, write_parquet_shard
from prefdata.results.layout import DATA
from prefdata.steps.once import once
from prefdata.steps.pairs.label_table import LabelTable
from prefdata.steps.write.assign_shards import OutputShard, ShardPlan, plan_file
from prefdata.steps.write.fingerprints import Fingerprints
from prefdata.steps.write.image_column import with_images
from prefdata.transforms.convert.formats import format_schema, to_format
from prefdata.transforms.split.split import SPLITS
from prefdata.transforms.texts.swap import swap_completions


class Entry(msgspec.Struct, frozen=True):
    """The entry of a file of the output folder in the manifest."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


def entry(root: Path, written: WrittenFile, rows: int | None = None) -> Entry:
    """The manifest entry of a file that was just written under `root`."""
    name = written.path.relative_to(root).as_posix()
    return Entry(name, written.bytes, written.sha256, written.rows if rows is None else rows)


@dataclass(frozen=True)
class DataFile:
    """One shard of the dataset to write."""

    name: str
    output: OutputShard
    shards: tuple[tuple[Shard, Path], ...]
    """Record shards, each with the table of its keys."""
    place: OutputPlace


@dataclass(frozen=True)
class OutputPlace:
    """Paths and settings that all data files share.

    `labels`: the labels that differ from the source, if there are any.
    """

    root: Path
    marks: Path
    plans: Path
    sources: tuple[str, ...]
    to: ShardFormat
    has_margin: bool
    any_extra: bool
    has_tools: bool
    any_pictures: bool = False
    labels: LabelTable | None = None

    @property
    def is_soft(self) -> bool:
        """Whether the probability of each label is a column."""
        return self.labels is not None and self.labels.is_soft

    @property
    def schema(self) -> pa.Schema:
        return format_schema(
            "conversational",
            has_extra=self.any_extra,
            margin=self.has_margin,
            tools=self.has_tools,
            images=self.any_pictures,
            label_probability=self.is_soft,
            fingerprint=True,
        )


def data_names(plan: ShardPlan, to: ShardFormat) -> list[str]:
    """The path of every output of a plan, in its order, relative to the output folder."""
    counts = [sum(output.split == split for output in plan.outputs) for split in range(len(SPLITS))]
    return [_name(o.split, o.number, counts[o.split], to) for o in plan.outputs]


def _name(split: int, number: int, count: int, to: ShardFormat) -> str:
    if to == "arrow":
        return f"{DATA}/{arrow_shard_name(SPLITS[split], number, count)}"
    return parquet_shard_name(SPLITS[split], number, count)


def write_data(
    engine: Engine,
    shards: Sequence[Shard],
    keys: Sequence[Path],
    plan: ShardPlan,
    place: OutputPlace,
) -> Iterator[list[Entry]]:
    """Writes every output of the plan; yields the entries of each. `keys`: a table per shard."""
    with_keys = list(zip(shards, keys, strict=True))
    items = [
        DataFile(name, output, tuple(with_keys[output.first : output.last + 1]), place)
        for name, output in zip(data_names(plan, place.to), plan.outputs, strict=True)
    ]
    for written in engine.map(_write_data_file, items):
        yield [written]


def write_around(plan: ShardPlan, place: OutputPlace, fingerprint: str) -> list[Entry]:
    """Writes the metadata files that make Arrow shards a DatasetDict; none for Parquet."""
    if place.to != "arrow":
        return []
    folder = place.root / DATA
    names = data_names(plan, place.to)
    written: list[WrittenFile] = []
    splits = []
    for number, split in enumerate(SPLITS):
        shard_names = [
            Path(name).name
            for name, o in zip(names, plan.outputs, strict=True)
            if o.split == number
        ]
        if shard_names:
            splits.append(split)
            written += write_split_state(
                folder, split, shard_names, place.schema, fingerprint=f"{fingerprint}-{split}"
            )
    written.append(write_dataset_dict(folder, splits))
    return [entry(place.root, file) for file in written]


def _write_data_file(item: DataFile) -> Entry:
    mark = item.place.marks / f"{item.name.replace('/', '-')}.json"
    return once(mark, Entry, lambda: _write(item))


def _write(item: DataFile) -> Entry:
    path = item.place.root / item.name
    write = write_arrow_shard if item.place.to == "arrow" else write_parquet_shard
    return entry(item.place.root, write(path, _batches(item), item.place.schema, durable=False))


def _batches(item: DataFile) -> Iterator[pa.RecordBatch]:
    place = item.place
    for shard, keys in item.shards:
        prints = Fingerprints.of_file(keys)
        for batch in _kept(item, shard):
            named = prints.beside(batch)
            yield to_format(
                _with_source(_labelled(named, place.labels), shard, place.sources),
                "conversational",
                has_extra=place.any_extra,
                margin=place.has_margin,
                tools=place.has_tools,
                images=place.any_pictures,
                label_probability=place.is_soft,
                fingerprint=True,
            )


def _kept(item: DataFile, shard: Shard) -> Iterator[pa.RecordBatch]:
    """The rows of a record shard that go to an output, with their pictures if some have any."""
    wanted = _rows(plan_file(item.place.plans, shard), item.output)
    with kept_pictures(shard.pictures) as pictures:
        for batch in read_records(shard):
            is_wanted = np.isin(batch.column("row").to_numpy(), wanted, assume_unique=True)
            if is_wanted.any():
                kept = batch if is_wanted.all() else batch.filter(pa.array(is_wanted))
                yield from with_images(kept, pictures) if item.place.any_pictures else [kept]


def _rows(plan: Path, output: OutputShard) -> np.ndarray:
    rows = [
        batch.column("row").to_numpy()[
            (batch.column("split").to_numpy() == output.split)
            & (batch.column("output").to_numpy() == output.number)
        ]
        for batch in read_table(plan)
    ]
    return np.concatenate(rows) if rows else np.zeros(0, np.int64)


def _labelled(batch: pa.RecordBatch, labels: LabelTable | None) -> pa.RecordBatch:
    """The rows with changed labels applied: sides swapped, and probabilities if they are soft."""
    if labels is None:
        return batch
    is_turned, probability = labels.of(batch.column("row").to_numpy())
    batch = swap_completions(batch, is_turned)
    return batch.append_column("label_probability", pa.array(probability))


def _with_source(batch: pa.RecordBatch, shard: Shard, names: Sequence[str]) -> pa.RecordBatch:
    return batch.append_column("source", shard.names_of(batch.column("row").to_numpy(), names))
