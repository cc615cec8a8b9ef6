"""Segments of the embedding cache: immutable files of sorted keys and their vectors."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.ipc

from prefdata.io.files.atomic import atomic_file
from prefdata.records.arrays import Ints
from prefdata.records.text_columns import Keys

Halves = npt.NDArray[np.float16]
Windows = npt.NDArray[np.int32]

FOLDER = "embeddings"
"""The folder in the cache that has one folder for every encoder."""

_NAME = re.compile(r"[0-9a-f]{32}\.arrow")


class DamagedSegment(Exception):  # noqa: N818 - never reaches a caller: such a file is removed
    """A file of the cache is no valid segment."""


@dataclass(frozen=True)
class CacheSegment:
    """A memory-mapped segment, which stays readable after its file is removed.

    `high` and `low` (n): the halves of the keys, ascending and unique; `vectors` (n, dimension);
    `windows` (n): encoder windows that a text was cut into.
    """

    path: Path
    high: npt.NDArray[np.uint64]
    low: npt.NDArray[np.uint64]
    vectors: Halves
    windows: Windows

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])


def write_segment(folder: Path, keys: Keys, vectors: Halves, windows: Windows) -> Path:
    """Writes a segment under a unique name; of equal keys the first is kept.

    `keys` (n, 2), `vectors` (n, dimension), `windows` (n). Raises OutputError if the disk is full
    or not writable.
    """
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    order = order[is_new]
    dimension = vectors.shape[1]
    numbers = np.ascontiguousarray(vectors[order], np.float16).reshape(-1)
    columns = {
        "high": pa.array(np.ascontiguousarray(keys[order, 0])),
        "low": pa.array(np.ascontiguousarray(keys[order, 1])),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(numbers), dimension),
        "windows": pa.array(windows[order], pa.int32()),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    path = folder / f"{uuid.uuid4().hex}.arrow"
    # Unlike the workspace, the cache must survive a crash of the machine: it is synced to disk.
    with (
        atomic_file(path, checksum=False) as sink,
        pa.ipc.new_file(sink, batch.schema) as writer,
    ):
        writer.write_batch(batch)
    return path


def open_segment(path: Path) -> CacheSegment:
    """Maps a segment into memory.

    Raises FileNotFoundError if it was removed, DamagedSegment if it is incomplete or foreign.
    """
    try:
        with pa.memory_map(str(path)) as source:  # the mapping outlives the file object
            reader = pa.ipc.open_file(source)
            if reader.num_record_batches != 1:
                raise DamagedSegment(path.name)
            batch = reader.get_batch(0)
            batch.validate()
            return _segment(path, batch)
    except (FileNotFoundError, PermissionError):
        raise
    except (pa.ArrowException, OSError) as error:
        raise DamagedSegment(path.name) from error


def _segment(path: Path, batch: pa.RecordBatch) -> CacheSegment:
    kinds = dict(zip(batch.schema.names, batch.schema.types, strict=True))
    vector = kinds.pop("vector", pa.null())
    if (
        kinds != {"high": pa.uint64(), "low": pa.uint64(), "windows": pa.int32()}
        or not pa.types.is_fixed_size_list(vector)
        or vector.value_type != pa.float16()
    ):
        raise DamagedSegment(path.name)
    numbers = batch.column("vector").values.to_numpy()
    return CacheSegment(
        path,
        batch.column("high").to_numpy(),
        batch.column("low").to_numpy(),
        numbers.reshape(len(batch), vector.list_size),
        batch.column("windows").to_numpy(),
    )


def segments_in(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """The segments in a folder, by name; other files are ignored."""
    segments = []
    for path in sorted(folder.glob("*.arrow")):
        if _NAME.fullmatch(path.name):
            try:
                segments.append((path, path.stat()))
            except FileNotFoundError:  # removed by another process since the folder was listed
                continue
    return segments


def places_in(segment: CacheSegment, keys: Keys, order: Ints) -> tuple[Ints, Ints]:
    """The keys that a segment holds, as (their numbers, their positions in the segment).

    `order`: numbers of keys, in ascending order of the keys. The shorter list is looked up in the
    longer one.
    """
    high = keys[order, 0]
    if len(segment.high) < len(order):
        starts = np.searchsorted(high, segment.high)
        matches = _following(starts, high, segment.high)
        pairs = [(order[left], right) for left, right in matches]
    else:
        starts = np.searchsorted(segment.high, high)
        matches = _following(starts, segment.high, high)
        pairs = [(order[right], left) for left, right in matches]
    numbers = np.concatenate([np.zeros(0, np.int64), *(left for left, _ in pairs)])
    places = np.concatenate([np.zeros(0, np.int64), *(right for _, right in pairs)])
    is_same = segment.low[places] == keys[numbers, 1]
    return numbers[is_same], places[is_same]


def _following(
    starts: Ints, held: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]
) -> Sequence[tuple[Ints, Ints]]:
    """Pairs (position in `held`, position in `wanted`) of equal upper halves. Keys with the same
    upper half are adjacent; there are hardly ever two."""
    pairs = []
    places, asking = starts, np.arange(len(wanted))
    while len(asking):
        inside = places < len(held)
        places, asking = places[inside], asking[inside]
        is_same = held[places] == wanted[asking]
        places, asking = places[is_same], asking[is_same]
        pairs.append((places, asking))
        places = places + 1
    return pairs


def try_remove(path: Path) -> bool:
    """Removes a file; False if the system does not allow it (file in use, or no permission)."""
    try:
        path.unlink()
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
