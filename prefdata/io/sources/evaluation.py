"""Reading the prompts of evaluation sets, from files in any source format or plain text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import AgainstConfig, ReadConfig
from prefdata.dialects.dialect import Row
from prefdata.errors import RowFault, SourceError
from prefdata.io.bytes.source import RawRow, Segment, Source
from prefdata.io.containers.json_rows import decode_value
from prefdata.io.sources.evaluation_prompt import PromptField, prompt_field, turns_of
from prefdata.io.sources.find import find_sources, fingerprint_of
from prefdata.io.sources.plain_text import is_plain_text, text_rows
from prefdata.io.sources.read import read_rows, segments
from prefdata.records.arrays import Flags, Ints
from prefdata.results.not_read import NotRead, summarised
from prefdata.results.sentences import Sentence


@dataclass(frozen=True)
class EvaluationFile:
    """One file of an evaluation set: the field that is read, and counts of its rows.

    `example`: the first row that could not be read, with the reason.
    """

    name: str
    field: str
    fingerprint: str
    rows: int
    without_prompt: int
    unreadable: int
    example: str = ""


@dataclass(frozen=True)
class EvaluationSet:
    """The n prompts of all files, in order; each is a user turn.

    `file` (n): position in `files`. `row` (n): line (JSON Lines, CSV, text) or position, from 1.
    `follows` (n): not the first turn of its row.
    """

    files: tuple[EvaluationFile, ...]
    file: Ints
    row: Ints
    follows: Flags
    texts: tuple[str, ...]
    not_read: tuple[NotRead, ...] = ()

    @property
    def fingerprint(self) -> str:
        """A fingerprint of the files and of the fields that are read."""
        return fingerprint(*(part for f in self.files for part in (f.name, f.field, f.fingerprint)))

    def place(self, prompt: int) -> Sentence:
        """The place of a prompt, for display: `evals/alpaca.jsonl:17`."""
        source = self.files[int(self.file[prompt])].name
        return Sentence("evaluation.place", source=source, source_row=int(self.row[prompt]))

    def remarks(self) -> list[str]:
        """Sentences on rows that were not compared."""
        return list(self._remarks())

    def _remarks(self) -> Iterator[Sentence]:
        if notable := [file for file in self.not_read if not file.is_companion]:
            for sentence in summarised(notable):
                yield Sentence("evaluation.not-read", what=sentence)
        for file in self.files:
            if file.without_prompt:
                yield Sentence(
                    "evaluation.no-prompt",
                    file=file.name,
                    without=file.without_prompt,
                    rows=file.rows,
                    field=file.field,
                )
            if file.unreadable:
                yield Sentence(
                    "evaluation.unreadable",
                    file=file.name,
                    unreadable=file.unreadable,
                    rows=file.rows,
                    example=file.example,
                )


def read_evaluation(
    config: AgainstConfig,
    read: ReadConfig,
    spool: Path,
    setting: str = "against.field (--against-field)",
) -> EvaluationSet:
    """Reads the evaluation prompts of `config.files`.

    Rows without a prompt, and rows that cannot be read, are counted. Raises SourceError for a file
    without any readable prompt; it names the `setting` for the field.
    """
    sources, not_read = find_sources(config.files, spool=spool, config=read.unrooted)
    parts = [_read_file(source, config, read, setting) for source in sources]
    file = np.repeat(np.arange(len(parts)), [len(part.texts) for part in parts])
    return EvaluationSet(
        tuple(part.file for part in parts),
        file,
        np.array([row for part in parts for row in part.rows], np.int64),
        np.array([follows for part in parts for follows in part.follows], np.bool_),
        tuple(text for part in parts for text in part.texts),
        tuple(not_read),
    )


@dataclass(frozen=True)
class _Part:
    file: EvaluationFile
    rows: list[int]
    follows: list[bool]
    texts: list[str]


def _read_file(source: Source, config: AgainstConfig, read: ReadConfig, setting: str) -> _Part:
    where = prompt_field(_sample(source, read), config.field, source.name, setting)
    rows: list[int] = []
    follows: list[bool] = []
    texts: list[str] = []
    count = without = 0
    faults: list[str] = []
    for number, raw in _rows(source, read):
        count += 1
        try:
            turns = _turns_of(raw, where)
        except RowFault as fault:
            faults.append(f"{source.name}:{number}: {fault.evidence}"[:500])
            continue
        without += not turns
        for turn, text in enumerate(turns):
            rows.append(number)
            follows.append(turn > 0)
            texts.append(text)
    if not texts:
        why = f": {faults[0]}" if faults else f": none of its {count} rows holds one in {where}"
        raise SourceError(f"{source.name}: no prompt could be read{why}")
    print_of = fingerprint_of(source)
    example = faults[0] if faults else ""
    file = EvaluationFile(source.name, str(where), print_of, count, without, len(faults), example)
    return _Part(file, rows, follows, texts)


def _turns_of(raw: RawRow, where: PromptField) -> list[str]:
    if raw.fields is None:
        raise RowFault(*(raw.fault or ("invalid-json", "the row could not be read")))
    return turns_of(raw.fields, where)


def _sample(source: Source, read: ReadConfig) -> list[Row]:
    """The first readable rows; raises SourceError if there are none."""
    faults: list[str] = []
    sample = list(islice(_readable(source, read, faults), read.sample_rows))
    if not sample:
        why = f": {faults[0]}" if faults else ": it is empty"
        raise SourceError(f"{source.name}: no prompt could be read{why}")
    return sample


def _readable(source: Source, read: ReadConfig, faults: list[str]) -> Iterator[Row]:
    for number, raw in _rows(source, read):
        try:
            if raw.fields is None:
                raise RowFault(*(raw.fault or ("invalid-json", "the row could not be read")))
            yield {name: decode_value(value) for name, value in raw.fields.items()}
        except RowFault as fault:
            if not faults:
                faults.append(f"{source.name}:{number}: {fault.evidence}")


def _rows(source: Source, read: ReadConfig) -> Iterator[tuple[int, RawRow]]:
    """The rows of a source with their row numbers."""
    is_text = is_plain_text(source)
    before = 0
    for segment in [Segment(source)] if is_text else segments(source, read):
        lines = 0
        for block in text_rows(segment, read) if is_text else read_rows(segment, read):
            lines = block.lines
            for row in block.rows:
                yield before + row.source_row, row
        before += lines
