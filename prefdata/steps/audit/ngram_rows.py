"""Step: the completions of every active row as sparse vectors of hashed n-grams.

First pass: n-grams are counted, shard by shard. All counts together give the vocabulary and the
weights. Second pass: each shard is weighted. A text that repeats within a shard is stored once.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from prefdata.engines.engine import Engine
from prefdata.io.files.arrays import join_arrays, read_array, write_array
from prefdata.io.files.shards import Shard
from prefdata.records.arrays import Ints
from prefdata.records.text_columns import text_columns, text_keys
from prefdata.steps.once import once
from prefdata.steps.progress import Report, with_progress
from prefdata.steps.verdict_tables import Tables
from prefdata.transforms.texts.ngram_counts import KEYS, NgramCounts, count_ngrams
from prefdata.transforms.texts.ngram_rows import NgramRows, Vocabulary, ngram_vectors, vocabulary

_SIDES = ("chosen", "rejected")
_KINDS = {
    "rows": np.int64,
    "chosen": np.int64,
    "rejected": np.int64,
    "entries": np.int64,
    "indices": np.int32,
    "values": np.float32,
}
"""The arrays of a shard that are concatenated; `entries`: non-zero values of each text."""
_WORDS = ("column_of", "rarity")


class NgramSummary(msgspec.Struct):
    """`texts`: distinct texts, counted per shard; `width`: n-grams in the vocabulary; `entries`:
    non-zero values of all vectors."""

    rows: int
    texts: int
    width: int
    entries: int


def ngram_rows(
    engine: Engine, shards: Sequence[Shard], verdicts: Tables, folder: Path, report: Report
) -> NgramSummary:
    """Writes the n-gram vectors of every active row to `folder`, for `read_ngrams`."""
    folder.mkdir(parents=True, exist_ok=True)
    places = [folder / f"{shard.number:06d}" for shard in shards]

    def work() -> NgramSummary:
        total = 2 * len(shards)
        count = [
            _Count(shard, verdicts, place) for shard, place in zip(shards, places, strict=True)
        ]
        counted = list(with_progress(engine.map(_count, count), "ngrams", total, report))
        words = _vocabulary(places, sum(part.texts for part in counted))
        for name in _WORDS:
            write_array(folder / f"{name}.npy", getattr(words, name))
        firsts = np.cumsum([0, *(part.texts for part in counted)]).tolist()
        weigh = [_Weigh(folder, place, first) for place, first in zip(places, firsts, strict=False)]
        for done, _ in enumerate(engine.map(_weigh, weigh), start=len(shards) + 1):
            report("ngrams", done, total)
        _join(folder, places)
        return NgramSummary(
            rows=sum(part.rows for part in counted),
            texts=sum(part.texts for part in counted),
            width=words.width,
            entries=len(read_array(folder / "indices.npy")),
        )

    summary = once(folder / "done.json", NgramSummary, work)
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    for name in ("entries", *_WORDS):
        (folder / f"{name}.npy").unlink(missing_ok=True)
    return summary


def read_ngrams(folder: Path) -> NgramRows:
    """Reads what `ngram_rows` wrote to a folder; arrays are memory-mapped."""
    arrays = {name: read_array(folder / f"{name}.npy") for name in _KINDS if name != "entries"}
    indptr = read_array(folder / "indptr.npy")
    width = msgspec.json.decode((folder / "done.json").read_bytes(), type=NgramSummary).width
    return NgramRows(indptr=indptr, width=width, **arrays)


class _Counted(msgspec.Struct):
    rows: int
    texts: int


@dataclass(frozen=True)
class _Count:
    shard: Shard
    verdicts: Tables
    place: Path


@dataclass(frozen=True)
class _Weigh:
    """`first`: the number of the shard's first text among those of all shards."""

    folder: Path
    place: Path
    first: int


def _count(task: _Count) -> _Counted:
    return once(task.place / "counted.json", _Counted, lambda: _write_counts(task))


def _write_counts(task: _Count) -> _Counted:
    task.place.mkdir(parents=True, exist_ok=True)
    texts = _Texts()
    parts = [texts.take(batch) for batch in task.verdicts.active(task.shard)]
    counts = NgramCounts.joined(texts.counts)
    rows = np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in parts)])
    numbers = np.concatenate([np.zeros((0, 2), np.int64), *(numbers for _, numbers in parts)])
    arrays = {"rows": rows, "bounds": counts.bounds, "keys": counts.keys, "counts": counts.counts}
    arrays |= {f"local-{side}": numbers[:, k] for k, side in enumerate(_SIDES)}
    for name, values in arrays.items():
        write_array(task.place / f"{name}.npy", values)
    return _Counted(len(rows), len(counts))


class _Texts:
    """The distinct completions of a shard, numbered by first occurrence, and their n-grams."""

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}
        self.counts: list[NgramCounts] = []

    def take(self, batch: pa.RecordBatch) -> tuple[Ints, Ints]:
        """The rows (n) of a batch and the numbers (n, 2) of their completions, -1 for none."""
        texts = text_columns(batch)
        return batch.column("row").to_numpy(), np.stack(
            [self._numbers(texts[side]) for side in _SIDES], axis=1
        )

    def _numbers(self, texts: pa.StringArray) -> Ints:
        numbers, new = np.full(len(texts), -1, np.int64), []
        keys = text_keys(texts)
        for place in np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False)).tolist():
            key = keys[place].tobytes()
            if key not in self.numbers:
                self.numbers[key] = len(self.numbers)
                new.append(place)
            numbers[place] = self.numbers[key]
        self.counts.append(count_ngrams(texts.take(pa.array(new, pa.int64()))))
        return numbers


def _vocabulary(places: Sequence[Path], texts: int) -> Vocabulary:
    """The vocabulary of all shards together."""
    total = np.zeros(KEYS, np.int64)
    for place in places:
        total += np.bincount(read_array(place / "keys.npy"), minlength=KEYS)
    return vocabulary(total, texts)


def _weigh(task: _Weigh) -> int:
    """Writes the vectors of a shard; returns how many non-zero values they have."""
    return once(task.place / "weighed.json", int, lambda: _write_vectors(task))


def _write_vectors(task: _Weigh) -> int:
    counts = NgramCounts(
        *(read_array(task.place / f"{name}.npy") for name in ("bounds", "keys", "counts"))
    )
    words = Vocabulary(*(read_array(task.folder / f"{name}.npy") for name in _WORDS))
    bounds, columns, values = ngram_vectors(counts, words)
    arrays = {"entries": np.diff(bounds), "indices": columns, "values": values}
    for side in _SIDES:
        numbers = read_array(task.place / f"local-{side}.npy")
        arrays[side] = np.where(numbers >= 0, numbers + task.first, -1)
    for name, array in arrays.items():
        write_array(task.place / f"{name}.npy", array)
    return len(columns)


def _join(folder: Path, places: Sequence[Path]) -> None:
    """Concatenates the arrays of all shards."""
    for name, kind in _KINDS.items():
        parts = [place / f"{name}.npy" for place in places]
        join_arrays(folder / f"{name}.npy", parts, kind)
    entries = read_array(folder / "entries.npy")
    write_array(folder / "indptr.npy", np.concatenate([np.zeros(1, np.int64), np.cumsum(entries)]))
