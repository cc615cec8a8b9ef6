"""Step: the rows of a run that a person decided about, found by what they say.

A decision is about two completions of a prompt. It holds for every row with the same texts, and for
one with the same texts the other way round it says the opposite: the label that was right is wrong.
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
from prefdata.records.columns import SIDES
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.records.texts import Ints
from prefdata.results.review import Decision
from prefdata.steps.verdict_tables import Tables

_OPPOSITE: dict[Decision, Decision] = {"keep": "flip", "flip": "keep"}
_TURNED_SIDES = ("prompt", "rejected", "chosen")


class DecidedRow(msgspec.Struct, frozen=True):
    """A row, what was decided of it as it stands here, and where: `line` of the sheet.

    `is_mirrored`: it stands the other way round than in the sheet.
    """

    row: int
    decision: Decision
    line: int
    note: str
    is_mirrored: bool


class DecidedRows(msgspec.Struct, frozen=True):
    """Rows that were decided, ascending, each once; `unmatched`: lines of the sheet without one."""

    rows: tuple[DecidedRow, ...]
    unmatched: tuple[int, ...]

    @property
    def numbers(self) -> Ints:
        """The numbers of the rows."""
        return np.array([row.row for row in self.rows], np.int64)

    def counts(self) -> dict[Decision, int]:
        """Decision to rows."""
        found = pl.Series("decision", [row.decision for row in self.rows], pl.String)
        return dict(found.value_counts().sort("decision").iter_rows())


@dataclass(frozen=True)
class _Sought:
    """Answers by content, and by place where nothing is said of the content."""

    by_content: Mapping[str, Answer]
    by_place: Mapping[int, Sequence[tuple[str, Answer]]]
    """Source row to sources and answers."""

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
    """The rows that the verdicts leave and somebody decided about.

    `names`: of the sources. A row of the sheet is found by its content; one that says where it
    stood and nothing else, by that place. Raises DataError where two lines of the sheet say
    different things of the same row.
    """
    look = partial(_look, verdicts=verdicts, names=tuple(names), sought=_Sought.of(answers))
    found = [row for part in engine.map(look, list(shards)) for row in part]
    rows = tuple(_each_once(found, answers.file))
    lines = {row.line for row in found}
    unmatched = (answer.line for answer in answers.decided if answer.line not in lines)
    return DecidedRows(rows, tuple(unmatched))


def _look(
    shard: Shard, verdicts: Tables, names: Sequence[str], sought: _Sought
) -> list[DecidedRow]:
    return [
        row
        for batch in verdicts.active(shard)
        for row in _decided_in(batch, names[shard.source], sought)
    ]


def _decided_in(batch: pa.RecordBatch, source: str, sought: _Sought) -> Iterator[DecidedRow]:
    numbers = batch.column("row").to_pylist()
    places = batch.column("source_row").to_pylist()
    for row, place, one, other in zip(numbers, places, *_fingerprints(batch), strict=True):
        if one in sought.by_content:
            yield _decided(row, sought.by_content[one])
        elif other in sought.by_content:
            yield _decided(row, sought.by_content[other], is_mirrored=True)
        for name, answer in sought.by_place.get(place, ()):
            if source == name or source.endswith(f"/{name}"):
                yield _decided(row, answer)


def _fingerprints(batch: pa.RecordBatch) -> tuple[list[str], list[str]]:
    """Of every record, and of the same with chosen and rejected swapped."""
    keys = keys_of(batch, with_split=False)
    swapped = [keys.column(side) for side in _TURNED_SIDES]
    turned = pa.RecordBatch.from_arrays(swapped, names=list(SIDES))
    return record_fingerprints(keys), record_fingerprints(turned)


def _decided(row: int, answer: Answer, *, is_mirrored: bool = False) -> DecidedRow:
    decision = answer.decision
    if is_mirrored:
        decision = _OPPOSITE.get(decision, decision)
    return DecidedRow(row, decision, answer.line, answer.note, is_mirrored)


def _each_once(found: Iterable[DecidedRow], file: str) -> Iterator[DecidedRow]:
    first: dict[int, DecidedRow] = {}
    for row in found:
        before = first.setdefault(row.row, row)
        if before is row:
            yield row
        elif before.decision != row.decision:
            raise DataError(
                f"{file}: lines {before.line} and {row.line} are about the same two completions "
                f"and contradict each other ({before.decision} and {row.decision}, as row "
                f"{row.row} stands). Leave one of the two."
            )
