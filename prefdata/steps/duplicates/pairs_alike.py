"""Similar rows: MinHash banding proposes candidate pairs, and each is compared exactly.

In a crowded bucket only the first members are compared with the others. Rows that turn out to have
a representative are removed, and the rest is banded again, until no pair is skipped or nothing
changes. This keeps the work linear even for a million nearly equal rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.engines.engine import Engine
from prefdata.io.files.arrays import read_array, write_array
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.records.arrays import Ints
from prefdata.steps.duplicates.form_guard import EDGES_SCHEMA, TOLD_SCHEMA, FormGuard, untold
from prefdata.steps.duplicates.sketch import Comparison, SetFiles, write_bands, write_sets
from prefdata.transforms.duplicates.buckets import ascending, bucket_pairs, unpack_pairs
from prefdata.transforms.duplicates.representatives import representatives
from prefdata.transforms.duplicates.similarity import similarities

_PAIRS_OF_A_TASK = 1 << 13
_ENOUGH = 1 << 22
"""How many pairs are collected before duplicates among them are removed."""


@dataclass(frozen=True)
class Alike:
    """`edges`: a frame of `TOLD_SCHEMA`; `compared`: pairs compared; `skipped`: pairs of crowded
    buckets that were never compared."""

    edges: pl.DataFrame
    compared: int
    skipped: int


def find_alike(
    engine: Engine, shards: Sequence[Shard], rows: Ints, comparison: Comparison, folder: Path
) -> Alike:
    """Finds all pairs of similar rows among `rows` (n), distinct and in order of rank.

    Intermediate files go to `folder`; those of an interrupted run are reused.
    """
    order = np.argsort(rows)
    by_row = write_array(folder / "rows.npy", rows[order])
    write_array(folder / "ranks.npy", order)
    bands = write_bands(engine, shards, by_row, comparison, folder)
    search = _Search(engine, shards, bands, order, comparison, folder)
    return search.run(len(rows))


@dataclass(frozen=True)
class _Search:
    engine: Engine
    shards: Sequence[Shard]
    bands: list[Path]
    ranks: Ints
    """The rank of every compared row, in row order."""
    comparison: Comparison
    folder: Path

    def run(self, count: int) -> Alike:
        compared = np.zeros(0, np.int64)
        edges = [pl.DataFrame(schema=pl.Schema(TOLD_SCHEMA))]
        stays = np.ones(count, np.bool_)
        while True:
            number = len(edges)
            pairs, skipped = self._candidates(stays, number)
            fresh = pairs[~np.isin(pairs, compared, assume_unique=True)]
            compared = np.concatenate([compared, fresh])
            similar = self._compared(fresh, number)
            edges.append(self._told(pl.concat(edges), similar, number))
            before = int(stays.sum())
            stays = _staying(pl.concat(edges), count)
            if not skipped or int(stays.sum()) == before:
                break
        every = pl.concat(edges).sort("low", "high")
        return Alike(every, len(compared), skipped)

    def _candidates(self, stays: np.ndarray, number: int) -> tuple[Ints, int]:
        active = write_array(self.folder / f"active-{number}.npy", stays[self.ranks])
        work = partial(_band_candidates, search=(self.bands, self.folder, active, self.comparison))
        parts, waiting, skipped = [np.zeros(0, np.int64)], 0, 0
        for path, left_out in self.engine.map(work, range(self.comparison.band_count)):
            pairs = read_array(path)
            parts.append(np.array(pairs))
            path.unlink()
            skipped += left_out
            waiting += len(pairs)
            if waiting > _ENOUGH:
                parts, waiting = [ascending(np.concatenate(parts))], 0
        return ascending(np.concatenate(parts)), skipped

    def _told(self, before: pl.DataFrame, similar: pl.DataFrame, number: int) -> pl.DataFrame:
        """The new edges, with what sets the rows of each apart."""
        if not self.comparison.guarded:
            return untold(similar)
        rows = read_array(self.folder / "rows.npy")[_inverse(self.ranks)]
        guard = FormGuard(self.engine, self.shards, rows, self.comparison.on)
        return guard.told(before, similar, self.folder / f"told-{number}")

    def _compared(self, pairs: Ints, number: int) -> pl.DataFrame:
        if not len(pairs):
            return pl.DataFrame(schema=pl.Schema(EDGES_SCHEMA))
        folder = self.folder / f"compared-{number}"
        folder.mkdir(exist_ok=True)
        low, high = unpack_pairs(pairs)
        taking_part = ascending(np.concatenate([low, high]))
        places = np.sort(_inverse(self.ranks)[taking_part])
        rows = write_array(folder / "rows.npy", read_array(self.folder / "rows.npy")[places])
        sets = write_sets(self.engine, self.shards, rows, self.comparison, folder)
        place_of = np.zeros(len(self.ranks), np.int64)
        place_of[self.ranks[places]] = np.arange(len(places))
        write_array(folder / "pairs.npy", np.stack([low, high, place_of[low], place_of[high]]))
        starts = range(0, len(pairs), _PAIRS_OF_A_TASK)
        work = partial(_compare, sets=sets, comparison=self.comparison, folder=folder)
        tables = list(self.engine.map(work, starts))
        batches = [batch for table in tables for batch in read_table(table)]
        frame = pl.from_arrow(pa.Table.from_batches(batches, EDGES_SCHEMA))
        assert isinstance(frame, pl.DataFrame)
        return frame


def _staying(edges: pl.DataFrame, count: int) -> np.ndarray:
    """Which rows have no representative; rows with opposite labels never represent each other, nor
    do rows that are told apart."""
    same = edges.filter(~pl.col("crossed") & pl.col("kind").is_null())
    chosen = representatives(count, same["low"].to_numpy(), same["high"].to_numpy())
    stays: np.ndarray = chosen == np.arange(count)
    return stays


def _inverse(order: Ints) -> Ints:
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


def _band_candidates(
    band: int, search: tuple[list[Path], Path, Path, Comparison]
) -> tuple[Path, int]:
    bands, folder, active, comparison = search
    takes_part = read_array(active)
    keys = np.concatenate([read_array(path)[band] for path in bands])[takes_part]
    numbers = read_array(folder / "ranks.npy")[takes_part]
    candidates = bucket_pairs(keys, numbers, comparison.crowd)
    return write_array(folder / f"pairs-{band:03d}.npy", candidates.pairs), candidates.skipped


def _compare(start: int, sets: SetFiles, comparison: Comparison, folder: Path) -> Path:
    path = folder / f"edges-{start // _PAIRS_OF_A_TASK:06d}.arrow"
    if not path.exists():
        low, high, one, other = read_array(folder / "pairs.npy")[
            :, start : start + _PAIRS_OF_A_TASK
        ]
        similar = similarities(one, other, sets.reader().parts, comparison.on)
        alike = similar.alike(comparison.threshold, comparison.short)
        columns = [low, high, similar.prompt, similar.first, similar.second, similar.crossed]
        arrays = [pa.array(np.asarray(column)[alike]) for column in columns]
        write_table(path, [pa.RecordBatch.from_arrays(arrays, schema=EDGES_SCHEMA)], EDGES_SCHEMA)
    return path
