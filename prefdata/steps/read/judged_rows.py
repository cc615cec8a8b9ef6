"""Rows that are judgements on their own: each makes pairs, or says why it makes none."""

from __future__ import annotations

from typing import Any

import msgspec

from prefdata.config.pairs import PairsConfig
from prefdata.dialects.convert import judge_row
from prefdata.dialects.dialect import Match
from prefdata.errors import RowFault
from prefdata.io.bytes.books import Content, book_block, unit_of
from prefdata.io.bytes.source import RowBlock, Segment
from prefdata.records.judgement import Judgement
from prefdata.records.record import NOTE, Record
from prefdata.steps.read.entries import Entries, Piece, Spoken, fields_of
from prefdata.transforms.judgements.policy import JudgedPair, NoPair, pairs_of, scores_of

_encode = msgspec.json.Encoder(order="deterministic").encode


def judged_piece(
    block: RowBlock, match: Match, rows: int, segment: Segment, config: PairsConfig
) -> Piece:
    """The pairs of a block of judgements; `rows` entries of the segment precede it."""
    entries = Entries(rows)
    for raw in block.rows:
        try:
            judgement = judge_row(fields_of(raw), match)
            scores = scores_of(judgement, config)
            made = pairs_of(judgement, config, scores)
            if isinstance(made, NoPair):
                raise RowFault(made.reason, made.evidence)
        except RowFault as fault:
            entries.without_record(raw, fault)
            continue
        if raw.duplicates:
            entries.remark("duplicate-key", ", ".join(raw.duplicates))
        for pair in made:
            record = record_of(judgement, pair, {"margin_from": str(scores.said)})
            number = entries.add_record(raw.source_row, record)
            said = said_of(judgement, pair.better, pair.worse)
            entries.speak(Spoken(number, 0, raw.source_row, judgement.judge, said))
    content = Content()
    book_block(content, block, unit_of(segment.source))
    return entries.piece(block.lines, content, len(block.rows))


def record_of(judgement: Judgement, pair: JudgedPair, note: dict[str, Any]) -> Record:
    """The record of a pair of completions; `note`: what is told of the pair in its metadata."""
    sides = {"chosen": pair.better, "rejected": pair.worse}
    about = {side: _about(judgement, index) for side, index in sides.items()}
    told = {**note, "weight": pair.weight if pair.weight != 1.0 else None, **about}
    told = {name: value for name, value in told.items() if value not in (None, {})}
    return Record(
        judgement.prompt,
        judgement.completions[pair.better].messages,
        judgement.completions[pair.worse].messages,
        pair.margin,
        with_note(judgement.metadata, told),
    )


def with_note(metadata: str, note: dict[str, Any]) -> str:
    """Metadata with what is told of a pair, beside the fields of the row."""
    name = NOTE
    while f'"{name}":' in metadata:  # a field of the row, at any depth: both stay
        name += "_"
    field = f"{msgspec.json.encode(name).decode()}:{_encode(note).decode()}"
    return f"{{{field}}}" if metadata == "{}" else f"{metadata[:-1]},{field}}}"


def said_of(judgement: Judgement, better: int | None, worse: int | None) -> str:
    """What a judge said of two completions, as JSON: criterion to the values of both.

    None: the judge did not speak of this one.
    """
    values = {
        opinion.criterion: [
            None if index is None else opinion.values[index] for index in (better, worse)
        ]
        for opinion in judgement.opinions
    }
    beside = {
        "at": judgement.at,
        "confidence": judgement.confidence,
        "comment": judgement.comment,
        "kind": judgement.opinions[0].kind if judgement.opinions else None,
    }
    said = {name: value for name, value in beside.items() if value is not None}
    return _encode({**said, "values": values}).decode()


def _about(judgement: Judgement, index: int) -> dict[str, Any]:
    completion = judgement.completions[index]
    values = {o.criterion: o.values[index] for o in judgement.opinions}
    told: dict[str, Any] = {
        "model": completion.model,
        "id": completion.id,
        "values": {name: value for name, value in values.items() if value is not None},
        "metadata": msgspec.Raw(completion.metadata.encode()) if completion.metadata else None,
    }
    return {name: value for name, value in told.items() if value not in (None, {})}
