"""Rows as sets of shingles, and as MinHash bands that propose candidate pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from prefdata.engines.engine import Engine
from prefdata.io.files.arrays import read_array, write_array
from prefdata.io.files.shards import Shard, read_records
from prefdata.records.arrays import Ints
from prefdata.records.columns import PROMPT, SIDES
from prefdata.records.context import context_keys
from prefdata.records.record import ROLES, SYSTEM
from prefdata.records.texts import SideTexts
from prefdata.transforms.duplicates.buckets import ascending
from prefdata.transforms.duplicates.minhash import band_of_equals, bands_for, bands_of_rows
from prefdata.transforms.duplicates.shingles import (
    Hashes,
    Shingles,
    message_shingles,
    of_context,
    with_calls,
)
from prefdata.transforms.duplicates.similarity import PARTS, On, Parts

ROWS_AT_ONCE = 1024
"""Rows whose sets are built in memory at a time."""

_ROW_BITS = 12


@dataclass(frozen=True)
class Comparison:
    """Which part of rows is compared, and the parameters of shingling, MinHash and threshold.

    `whole`: prompts count with their context, and messages with their tool calls; else only texts.
    `guarded`: rows that are similar are told apart word by word, see `form_guard`.
    """

    on: On
    threshold: float
    words: int
    characters: int
    hashes: int
    crowd: int
    short: int = 0
    whole: bool = False
    guarded: bool = False

    @property
    def bands(self) -> tuple[int, int]:
        """(number of bands, values per band)"""
        return bands_for(self.threshold, self.hashes)

    @property
    def band_count(self) -> int:
        """The number of bands; the last one of a guarded comparison holds equal tokens together."""
        return self.bands[0] + self.guarded


@dataclass(frozen=True)
class _Task:
    shard: Shard
    rows: Path
    """The path of an array of the compared rows, ascending."""
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.shard.number:06d}"

    @property
    def place(self) -> slice:
        """The range of the shard's rows among all compared rows."""
        rows = self.shard.rows
        return slice(*np.searchsorted(read_array(self.rows), [rows.start, rows.stop]).tolist())


def write_bands(
    engine: Engine, shards: Sequence[Shard], rows: Path, comparison: Comparison, folder: Path
) -> list[Path]:
    """Writes one array (band count, compared rows of the shard) of band keys per shard."""
    tasks = [_Task(shard, rows, folder) for shard in shards]
    return list(engine.map(partial(_write_bands, comparison=comparison), tasks))


def _write_bands(task: _Task, comparison: Comparison) -> Path:
    path = task.folder / f"bands-{task.name}.npy"
    if not path.exists():
        bands, values = comparison.bands
        keys = [np.zeros((comparison.band_count, 0), np.uint64)]
        for batch in _taking_part(task):
            sets = _sets(batch, comparison)
            of_batch = [bands_of_rows(sets, comparison.hashes, bands, values)]
            if comparison.guarded:
                of_batch.append(band_of_equals(sets)[None])
            keys.append(np.concatenate(of_batch))
        write_array(path, np.concatenate(keys, axis=1))
    return path


@dataclass(frozen=True)
class SetFiles:
    """The shingle sets of some rows on disk: shingles of all parts concatenated, and offsets.

    The shingles of a part are ascending and unique; only their upper 52 bits are compared.
    """

    rows: Path
    shards: tuple[Path, ...]

    def reader(self) -> SetReader:
        """Opens the files; sets are read on access."""
        return SetReader(self)


class SetReader:
    """Reads the parts of rows by their position among the compared rows."""

    def __init__(self, files: SetFiles) -> None:
        self._hashes = [read_array(path) for path in files.shards]
        self._bounds = [read_array(_bounds_of(path)) for path in files.shards]
        counts = [(len(bounds) - 1) // 3 for bounds in self._bounds]
        self._firsts = np.concatenate([[0], np.cumsum(counts)])

    def parts(self, place: int) -> Parts:
        """The shingle sets of prompt, chosen and rejected of a row."""
        shard = int(np.searchsorted(self._firsts, place, side="right")) - 1
        at = 3 * (place - int(self._firsts[shard]))
        a, b, c, d = self._bounds[shard][at : at + 4].tolist()
        hashes = self._hashes[shard]
        return hashes[a:b], hashes[b:c], hashes[c:d]


def write_sets(
    engine: Engine, shards: Sequence[Shard], rows: Path, comparison: Comparison, folder: Path
) -> SetFiles:
    """Writes the shingle sets of the compared rows."""
    tasks = [_Task(shard, rows, folder) for shard in shards]
    return SetFiles(rows, tuple(engine.map(partial(_write_sets, comparison=comparison), tasks)))


def _bounds_of(hashes: Path) -> Path:
    return hashes.with_name(hashes.name.replace("sets-", "bounds-"))


def _write_sets(task: _Task, comparison: Comparison) -> Path:
    path = task.folder / f"sets-{task.name}.npy"
    if not path.exists():
        hashes, sizes = [np.zeros(0, np.uint64)], [np.zeros((0, len(SIDES)), np.int64)]
        for batch in _taking_part(task):
            for part, each in zip(*_unique_sets(_sets(batch, comparison)), strict=True):
                hashes.append(part)
                sizes.append(each)
        bounds = np.concatenate([[0], np.cumsum(np.concatenate(sizes).ravel())])
        write_array(_bounds_of(path), bounds)
        write_array(path, np.concatenate(hashes))
    return path


def _taking_part(task: _Task) -> Iterator[pa.RecordBatch]:
    rows = read_array(task.rows)[task.place]
    if not len(rows):
        return
    for batch in read_records(task.shard):
        places = np.flatnonzero(np.isin(batch.column("row").to_numpy(), rows, assume_unique=True))
        if not len(places):
            continue
        chosen = batch if len(places) == len(batch) else batch.take(pa.array(places))
        for start in range(0, len(chosen), ROWS_AT_ONCE):
            yield chosen.slice(start, ROWS_AT_ONCE)


def _sets(batch: pa.RecordBatch, comparison: Comparison) -> list[tuple[Hashes, Ints]]:
    """(shingles, offsets by row) of every side; a side that is not compared has empty sets."""
    sets = []
    for part, side in enumerate(SIDES):
        if part in PARTS[comparison.on]:
            texts = SideTexts.of(batch.column(side))
            shingled = message_shingles(texts, comparison.words, comparison.characters)
            if comparison.whole:
                shingled = with_calls(shingled, batch.column(side))
            if comparison.on == "prompt":
                shingled = _without_system(shingled, texts)
            hashes, firsts = shingled.hashes, shingled.firsts[texts.firsts]
            if comparison.whole and side == PROMPT:
                hashes = of_context(hashes, firsts, context_keys(batch))
            sets.append((hashes, firsts))
        else:
            sets.append((np.zeros(0, np.uint64), np.zeros(len(batch) + 1, np.int64)))
    return sets


def _without_system(shingled: Shingles, texts: SideTexts) -> Shingles:
    """Removes system messages from prompts with other messages: many prompts may share one."""
    is_system = texts.role_codes == ROLES.index(SYSTEM)
    if not is_system.any():
        return shingled
    rows = texts.rows_of_messages(np.arange(len(is_system)))
    is_alone = (texts.row_sums(~is_system) == 0)[rows]
    counts = np.where(is_system & ~is_alone, 0, shingled.counts)
    hashes = shingled.hashes[np.repeat(counts > 0, shingled.counts)]
    return Shingles(hashes, np.concatenate([[0], np.cumsum(counts)]))


def _unique_sets(sets: list[tuple[Hashes, Ints]]) -> tuple[list[Hashes], list[Ints]]:
    """The parts of every row in order, each ascending and unique, and their sizes."""
    count = len(sets[0][1]) - 1
    keys = []
    for hashes, firsts in sets:
        rows = np.repeat(np.arange(count, dtype=np.uint64), np.diff(firsts))
        rows <<= np.uint64(64 - _ROW_BITS)
        keys.append(ascending(rows | (hashes >> np.uint64(_ROW_BITS))))
    edges = np.arange(count, dtype=np.uint64) << np.uint64(64 - _ROW_BITS)
    bounds = [np.append(np.searchsorted(part, edges), len(part)) for part in keys]
    parts = [part << np.uint64(_ROW_BITS) for part in keys]
    pieces = [
        part[b[row] : b[row + 1]]
        for row in range(count)
        for part, b in zip(parts, bounds, strict=True)
    ]
    sizes = np.stack([np.diff(b) for b in bounds], axis=1)
    return [np.concatenate(pieces)] if pieces else [], [sizes] if pieces else []
