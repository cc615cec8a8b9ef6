"""Writing folders for `datasets.load_from_disk` without the library `datasets`.

FOLDER/dataset_dict.json
FOLDER/train/data-00000-of-00002.arrow      Arrow IPC stream
FOLDER/train/state.json
FOLDER/train/dataset_info.json
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from prefdata.io.files.atomic import WrittenFile, atomic_file, write_json_atomic
from prefdata.io.writers.features import features_of, with_features
from prefdata.io.writers.rebatch import rebatched

BATCH_ROWS = 1000
"""Rows in one record batch of a shard, as many as `datasets` itself writes."""

BATCH_BYTES = 32 << 20
"""Bytes in one record batch: limits long records to what Arrow can address."""


def arrow_shard_name(split: str, index: int, count: int) -> str:
    """The path of shard `index` of `count`, relative to the folder of the dataset.

    >>> arrow_shard_name("train", 0, 2)
    'train/data-00000-of-00002.arrow'
    """
    return f"{split}/data-{index:05d}-of-{count:05d}.arrow"


def write_arrow_shard(
    path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema, *, durable: bool = True
) -> WrittenFile:
    """Writes one shard in bounded memory; its bytes depend on rows and schema only.

    Without batches it writes a valid shard without rows. Raises OutputError if the disk is full or
    not writable.
    """
    rows = 0
    with (
        atomic_file(path, durable=durable) as file,
        pa.ipc.new_stream(file, with_features(schema)) as writer,
    ):
        for batch in rebatched(batches, max_rows=BATCH_ROWS, max_bytes=BATCH_BYTES):
            writer.write_batch(batch)
            rows += batch.num_rows
    return file.written(rows=rows)


def write_split_state(
    folder: Path, split: str, shard_names: Sequence[str], schema: pa.Schema, *, fingerprint: str
) -> tuple[WrittenFile, WrittenFile]:
    """Writes the two files that `datasets` needs beside the shards of a split.

    `folder`: of the dataset. `shard_names`: in order, relative to it or bare; at least one, since
    an empty split has a shard without rows. `fingerprint`: identifies the content, so that
    `datasets` does not use caches of other content.
    """
    state: dict[str, object] = {
        "_data_files": [{"filename": Path(name).name} for name in shard_names],
        "_fingerprint": fingerprint,
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": split,
    }
    about = {
        "citation": "",
        "description": "",
        "features": features_of(schema),
        "homepage": "",
        "license": "",
    }
    return (
        write_json_atomic(folder / split / "state.json", state),
        write_json_atomic(folder / split / "dataset_info.json", about),
    )


def write_dataset_dict(folder: Path, splits: Sequence[str]) -> WrittenFile:
    """Writes the list of splits, which makes the folder a DatasetDict."""
    return write_json_atomic(folder / "dataset_dict.json", {"splits": list(splits)})
