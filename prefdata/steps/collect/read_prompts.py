"""Step: the prompts of a source, in any dialect or plain; of preference data the prompts alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from prefdata.config.model import ReadConfig
from prefdata.dialects import is_judged, meets
from prefdata.dialects.assembly import context
from prefdata.dialects.convert import convert_row, judge_row, row_values
from prefdata.dialects.dialect import Match
from prefdata.dialects.fields import plain
from prefdata.dialects.messages import Messages
from prefdata.dialects.prompts import NAMES, asked_in, prompt_in
from prefdata.dialects.values import decode_json, encode_json_object
from prefdata.errors import RowFault
from prefdata.io.bytes.books import Content, book_block, unit_of
from prefdata.io.bytes.source import RawRow, RowBlock, Segment, Source
from prefdata.io.sources.plain_text import text_rows
from prefdata.io.sources.read import read_rows, segments
from prefdata.records.context import context_of
from prefdata.records.record import Message
from prefdata.rules.pairing import UNPAIRED
from prefdata.steps.read.entries import fields_of
from prefdata.steps.read.meeting import rows_with_judgements


@dataclass(frozen=True)
class PromptSource:
    """A source, and how it is read: in a dialect (`match`), as text, or as plain prompts."""

    source: Source
    match: Match | None = None
    is_text: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)

    @property
    def dialect(self) -> str:
        if self.match is not None:
            return self.match.dialect
        return "text" if self.is_text else "prompts"


class Prompt(msgspec.Struct, frozen=True, gc=False):
    """A prompt and where it stands. `context`: JSON text (an object) of what belongs to it besides
    its messages, such as tools."""

    messages: tuple[Message, ...]
    source: str
    source_row: int
    context: str = "{}"


class Unread(msgspec.Struct, frozen=True, gc=False):
    """A row without a prompt that can be read, and why. `raw`: its bytes."""

    source: str
    source_row: int
    reason: str
    evidence: str
    raw: bytes


@dataclass
class SourceBooks:
    """What was read of one source: its rows, those of them that could not be read, and what it
    held."""

    rows: int = 0
    quarantined: int = 0
    content: Content = field(default_factory=Content)


def prompts_of(
    where: PromptSource, config: ReadConfig, books: SourceBooks
) -> Iterator[Prompt | Unread]:
    """Every prompt of a source and every row without one, in order; counts in `books`.

    A row may hold several prompts, such as a tree of messages. Raises RunError at the end if not
    everything that the source holds was read.
    """
    is_met = where.match is not None and meets(where.match)
    for each in _met(where, config, books) if is_met else _rows(where, config, books):
        books.quarantined += isinstance(each, Unread) and each.reason not in UNPAIRED
        yield each


def _rows(where: PromptSource, config: ReadConfig, books: SourceBooks) -> Iterator[Prompt | Unread]:
    before = 0
    for segment in [Segment(where.source)] if where.is_text else segments(where.source, config):
        lines = 0
        for block in _blocks(where, segment, config):
            book_block(books.content, block, unit_of(where.source))
            books.rows += len(block.rows)
            lines = block.lines
            for raw in block.rows:
                yield _of_row(where, raw, before + raw.source_row)
        before += lines


def _blocks(where: PromptSource, segment: Segment, config: ReadConfig) -> Iterator[RowBlock]:
    return text_rows(segment, config) if where.is_text else read_rows(segment, config)


def _met(where: PromptSource, config: ReadConfig, books: SourceBooks) -> Iterator[Prompt | Unread]:
    """The prompts of judgements that rest on several rows each, or meet; each row has a line."""
    assert where.match is not None
    rows, faults, found, books.content = rows_with_judgements(
        Segment(where.source), where.match, config
    )
    books.rows = len(rows)
    prompts: dict[int, list[Prompt]] = {}
    for members, judgement in found:
        for place, row in enumerate(members):
            at = prompts.setdefault(row, [])
            if place == 0 or not at:
                prompt = _prompt(judgement.prompt, judgement.metadata)
                at.append(_placed(prompt, where, rows[row].source_row))
    for row, raw in enumerate(rows):
        if row in faults or row not in prompts:
            fault = faults.get(row) or RowFault("missing-field", "the row belongs to no prompt")
            yield _of_fault(where, raw, raw.source_row, fault)
        else:
            yield from prompts[row]


def _of_row(where: PromptSource, raw: RawRow, source_row: int) -> Prompt | Unread:
    try:
        return _placed(_read(where, fields_of(raw)), where, source_row)
    except RowFault as fault:
        return _of_fault(where, raw, source_row, fault)


def _read(where: PromptSource, fields: Mapping[str, object]) -> Prompt:
    if where.match is None:
        return _prompt(prompt_in(fields, where.mapping), _metadata(fields))
    try:
        convert = judge_row if is_judged(where.match) else convert_row
        row = convert(fields, where.match)
    except RowFault as fault:  # of a label, or a completion: there may be a prompt all the same
        values = row_values(fields, where.match)
        if values.get("prompt") is None or fault.reason in _OF_THE_ROW:
            raise
        return _prompt(context(values), str(values["metadata"]))
    return _prompt(row.prompt, row.metadata)


_OF_THE_ROW = frozenset({"lone-surrogate", "invalid-json", "unknown-role", "unsupported-content"})
"""Faults that leave no doubt that the prompt itself may be at fault."""


def _metadata(fields: Mapping[str, object]) -> str:
    """The fields of a row that may be context, as JSON text."""
    kept = {
        name: decode_json(value, name) if isinstance(value, msgspec.Raw) else value
        for name, value in fields.items()
        if plain(name) not in NAMES
    }
    return encode_json_object(kept)


def _prompt(messages: Messages, metadata: str) -> Prompt:
    shown = "\n".join(message.content or "" for message in messages)
    told = context_of(metadata, shown) if len(metadata) > 2 else {}
    return Prompt(asked_in(messages), "", 0, encode_json_object(told) if told else "{}")


def _placed(prompt: Prompt, where: PromptSource, source_row: int) -> Prompt:
    return Prompt(prompt.messages, where.source.name, source_row, prompt.context)


def _of_fault(where: PromptSource, raw: RawRow, source_row: int, fault: RowFault) -> Unread:
    return Unread(where.source.name, source_row, fault.reason, fault.evidence, raw.raw)
