"""Step: the rows of a run that a person decided about, matched by content.

A decision is about two completions of a prompt. It holds for every row with the same texts. For a
row whose chosen and rejected are swapped it is mirrored: `keep` becomes `flip`, and vice versa.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.engines.engine import Engine
from prefdata.errors import DataError
from prefdata.io.files.shards import Shard
from prefdata.io.review.answers import Answer, Answers
from prefdata.records.arrays import Ints
from prefdata.records.columns import SIDES
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.results.review import Decision
from prefdata.steps.verdict_tables import Tables

_OPPOSITE: dict[Decision, Decision] = {"keep": "flip", "flip": "keep"}
_TURNED_SIDES = ("prompt", "rejected", "chosen")


class DecidedRow(msgspec.Struct, frozen=True):
    """A row and the decision on it, as its label stands in this run.

    `line`: line of the sheet. `is_mirrored`: chosen and rejected are swapped in the sheet.
    `readings`: all that was said of it, in order.
    """

    row: int
    decision: Decision
    line: int
    note: str
    is_mirrored: bool
    readings: tuple[Decision, ...]


class DecidedRows(msgspec.Struct, frozen=True):
    """Rows that were decided, ascending, each once; `unmatched`: lines of the sheet without row."""

    rows: tuple[DecidedRow, ...]
    unmatched: tuple[int, ...]

    @property
    def numbers(self) -> Ints:
        """The numbers of the rows (n), ascending."""
        return np.array([row.row for row in self.rows], np.int64)

    def counts(self) -> dict[Decision, int]:
        """Decision to number of rows."""
        decisions = pl.Series("decision", [row.decision for row in self.rows], pl.String)
        return dict(decisions.value_counts().sort("decision").iter_rows())


@dataclass(frozen=True)
class _Sought:
    """Answers by content fingerprint, and by source row for answers without fingerprint."""

    by_content: Mapping[str, Answer]
    by_place: Mapping[int, Sequence[tuple[str, Answer]]]
    """Source row to (source, answer) pairs."""

    @classmethod
    def of(cls, answers: Answers) -> _Sought:
        by_place: dict[int, list[tuple[str, Answer]]] = {}
        for answer in answers.decided:
            if answer.fingerprint is None and answer.place is not None:
                source, row = answer.place
                by_place.setdefault(row, []).append((source, answer))
        by_content = {answer.fingerprint: answer for answer in answers.decided}
        return cls({k: v for k, v in by_content.items() if k is not None}, by_place)


def decided_rows(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    names: Sequence[str],
    answers: Answers,
) -> DecidedRows:
    """The active rows that somebody decided about.

    `names`: names of the sources, by `shard.source`. A line of the sheet matches rows by content,
    or, if it has no fingerprint, by source and source row. Raises DataError if two lines of the
    sheet contradict each other about the same row.
    """
    work = partial(
        _decided_in_shard, verdicts=verdicts, names=tuple(names), sought=_Sought.of(answers)
    )
    matches = [row for part in engine.map(work, list(shards)) for row in part]
    rows = tuple(_unique_rows(matches, answers.file))
    lines = {row.line for row in matches}
    unmatched = (answer.line for answer in answers.decided if answer.line not in lines)
    return DecidedRows(rows, tuple(unmatched))


def _decided_in_shard(
    shard: Shard, verdicts: Tables, names: Sequence[str], sought: _Sought
) -> list[DecidedRow]:
    return [
        row
        for batch in verdicts.active(shard)
        for row in _decided_in(batch, shard.names_of(batch.column("row").to_numpy(), names), sought)
    ]


def _decided_in(batch: pa.RecordBatch, sources: pa.Array, sought: _Sought) -> Iterator[DecidedRow]:
    numbers = batch.column("row").to_pylist()
    places = batch.column("source_row").to_pylist()
    prints = _fingerprints(batch)
    for row, place, source, one, other in zip(
        numbers, places, sources.to_pylist(), *prints, strict=True
    ):
        if one in sought.by_content:
            yield _decided(row, sought.by_content[one])
        elif other in sought.by_content:
            yield _decided(row, sought.by_content[other], is_mirrored=True)
        for name, answer in sought.by_place.get(place, ()):
            if source == name or source.endswith(f"/{name}"):
                yield _decided(row, answer)


def _fingerprints(batch: pa.RecordBatch) -> tuple[list[str], list[str]]:
    """Fingerprints of every record, and of the records with chosen and rejected swapped."""
    keys = keys_of(batch, with_split=False)
    swapped = [keys.column(side) for side in _TURNED_SIDES]
    swapped_keys = pa.RecordBatch.from_arrays(swapped, names=list(SIDES))
    return record_fingerprints(keys), record_fingerprints(swapped_keys)


def _decided(row: int, answer: Answer, *, is_mirrored: bool = False) -> DecidedRow:
    decision, readings = answer.decision, answer.readings
    if is_mirrored:
        decision = _OPPOSITE.get(decision, decision)
        readings = tuple(_OPPOSITE.get(reading, reading) for reading in readings)
    return DecidedRow(row, decision, answer.line, answer.note, is_mirrored, readings)


def _unique_rows(matches: Iterable[DecidedRow], file: str) -> Iterator[DecidedRow]:
    first: dict[int, DecidedRow] = {}
    for row in matches:
        before = first.setdefault(row.row, row)
        if before is row:
            yield row
        elif before.decision != row.decision:
            raise DataError(
                f"{file}: lines {before.line} and {row.line} are about the same two completions "
                f"and contradict each other ({before.decision} and {row.decision}, as row "
                f"{row.row} stands). Leave one of the two."
            )
