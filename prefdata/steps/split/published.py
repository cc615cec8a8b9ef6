"""The published split of every row: by its field `split`, and by the name of its file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.compute as pc

from prefdata.engines.engine import Engine
from prefdata.io.files.arrays import write_array
from prefdata.io.files.shards import Shard, read_table
from prefdata.records.arrays import Ints
from prefdata.results.sentences import Sentence, joined
from prefdata.steps.once import once
from prefdata.transforms.split.published import (
    FIELD,
    NO_SPLIT,
    are_kept,
    field_value,
    split_named,
    splits_of_files,
)
from prefdata.transforms.split.split import SPLITS, Codes

_NAMED = 3
"""The most files, and unknown values, that a remark names."""
_MARK = f'"{FIELD}"'


class PublishedSplits(msgspec.Struct):
    """Whether published splits are kept, and what is said of them, if anything."""

    are_kept: bool
    remark: Sentence | None


def published_file(folder: Path) -> Path:
    """The path of the published splits; see `read_published`."""
    return folder / "published.npy"


def read_published(path: Path) -> Codes:
    """The published split of every row of a run (int8, by row number), `NO_SPLIT` for none."""
    return np.asarray(np.load(path, mmap_mode="r"))


def find_published(
    engine: Engine, shards: Sequence[Shard], names: Sequence[str], folder: Path
) -> PublishedSplits:
    """Finds the published split of every row and writes `published_file`, if they are kept.

    `names`: of the sources, by `shard.source`.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def work() -> PublishedSplits:
        tally = _Tally(names, splits_of_files(names))
        size = sum(shard.written.rows for shard in shards)
        published = np.full(size, NO_SPLIT, np.int8)
        for shard, by_field in zip(shards, engine.map(_by_field, shards), strict=True):
            published[shard.first_row : shard.rows.stop] = tally.add(shard, by_field)
        if tally.are_kept:
            write_array(published_file(folder), published)
        return PublishedSplits(tally.are_kept, tally.remark())

    return once(folder / "done.json", PublishedSplits, work)


class _Fields(msgspec.Struct):
    """What the field `split` of the rows of a shard says; rows without one are absent.

    `rows`: counted from the start of the shard. `codes`: of each, `NO_SPLIT` for an unknown value.
    `unknown`: by position in `shard.parts`, the values that name no split, and how often.
    """

    rows: list[int] = []
    codes: list[int] = []
    unknown: dict[int, dict[str, int]] = {}


def _by_field(shard: Shard) -> _Fields:
    fields = _Fields([], [], {})
    for batch in read_table(shard.records, ("row", "metadata")):
        numbers, metadata = batch.columns
        marked = pc.match_substring(metadata, _MARK, ignore_case=True)
        for index in pc.indices_nonzero(marked).to_pylist():
            value = field_value(metadata[index].as_py())
            if value is None:
                continue
            row, code = numbers[index].as_py(), split_named(value)
            fields.rows.append(row)
            fields.codes.append(code)
            if code == NO_SPLIT:
                part = int(shard.parts_of(np.asarray([row + shard.first_row]))[0])
                values = fields.unknown.setdefault(part, {})
                values[value[:40]] = values.get(value[:40], 0) + 1
    return fields


@dataclass
class _Tally:
    """What all files and rows say. `of_files`: the split that each file's name names."""

    names: Sequence[str]
    of_files: Sequence[int]
    by_file: Counter[tuple[int, int]] = field(default_factory=Counter)
    by_field: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Rows by split and source: those for which the name of the file, or the field, decides."""
    unknown: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    disagreeing: Counter[int] = field(default_factory=Counter)
    others: int = 0

    def add(self, shard: Shard, fields: _Fields) -> Codes:
        """Counts the rows of a shard; returns the published split of each of its rows."""
        numbers = np.arange(shard.first_row, shard.rows.stop)
        sources = shard.sources_of(numbers)
        by_file = np.asarray(self.of_files, np.int8)[sources]
        by_field = np.full(len(numbers), NO_SPLIT, np.int8)
        by_field[np.asarray(fields.rows, np.int64)] = fields.codes
        # the codes ascend with how much a split is held out
        published = np.maximum(by_file, by_field)
        is_field = (by_field == published) & (published != NO_SPLIT)
        is_split = published != NO_SPLIT
        for counts, chosen in (
            (self.by_field, is_split & is_field),
            (self.by_file, is_split & ~is_field),
        ):
            counts.update(_pairs(published[chosen], sources[chosen]))
        disagree = (by_file != NO_SPLIT) & (by_field != NO_SPLIT) & (by_file != by_field)
        self.disagreeing.update(sources[disagree].tolist())
        self.others += int((~is_split).sum())
        for part, values in fields.unknown.items():
            self.unknown[shard.parts[part].source].update(values)
        return published

    @property
    def are_kept(self) -> bool:
        by_file, by_field = ({code for code, _ in by} for by in (self.by_file, self.by_field))
        return are_kept(by_file, by_field, has_others=self.others > 0)

    def remark(self) -> Sentence | None:
        """What was found; None if no name or field says that anything is held out."""
        splits = tuple(self._splits())
        if not self.are_kept:
            held_out = any(code > 0 for code, _ in (*self.by_file, *self.by_field))
            return Sentence("published.alone", splits=splits) if held_out else None
        said = [Sentence("published.kept", splits=splits)]
        if self.others:
            said.append(Sentence("published.others", rows=self.others))
        said += self._unknown()
        said += [
            Sentence("published.disagree", rows=rows, source=self.names[source])
            for source, rows in sorted(self.disagreeing.items())[:_NAMED]
        ]
        return joined(*said)

    def _splits(self) -> Iterator[Sentence]:
        for code, split in enumerate(SPLITS):
            by_file = {source: n for (c, source), n in self.by_file.items() if c == code}
            by_field = {source: n for (c, source), n in self.by_field.items() if c == code}
            by = [self.names[source] for source in sorted(by_file)]
            by += [
                Sentence("published.by-field", source=self.names[source])
                for source in sorted(by_field)
            ]
            if by:
                rows = sum(by_file.values()) + sum(by_field.values())
                yield Sentence("published.split", split=split, rows=rows, by=_first(by))

    def _unknown(self) -> Iterator[Sentence]:
        for source, values in sorted(self.unknown.items()):
            most = sorted(values.items(), key=lambda item: (-item[1], item[0]))[:_NAMED]
            yield Sentence(
                "published.unknown",
                rows=sum(values.values()),
                source=self.names[source],
                values=tuple(repr(value) for value, _ in most),
            )


def _first(names: list[str]) -> tuple[str, ...]:
    if len(names) <= _NAMED:
        return tuple(names)
    return (*names[:_NAMED], Sentence("published.by-more", count=len(names) - _NAMED))


def _pairs(codes: Codes, sources: Ints) -> Mapping[tuple[int, int], int]:
    """How often each (split, source) occurs."""
    distinct, counts = np.unique(np.stack([codes, sources]), axis=1, return_counts=True)
    return {
        (int(code), int(source)): int(count)
        for code, source, count in zip(*distinct, counts, strict=True)
    }
