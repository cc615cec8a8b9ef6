"""Prompts and completions as they are written, and the order in which completions stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from prefdata.records.context import context_of
from prefdata.records.judgement import Completion, Judgement
from prefdata.records.record import Message
from prefdata.transforms.judgements.meet import completion_key

_SAID = frozenset(
    {"opinions", "overall", "judge", "at", "confidence", "shown", "comment", "final", "explanation"}
)
"""Fields of a judgement in which its judge speaks."""


def in_canonical_order(completions: Iterable[Completion]) -> tuple[Completion, ...]:
    """Different completions by their texts, so that nothing depends on how they stand."""
    different = {str(completion_key(each)): each for each in completions}
    return tuple(different[key] for key in sorted(different))


def written_message(message: Message) -> dict[str, Any]:
    """A message as in a written judgement."""
    extra = msgspec.json.decode(message.extra) if message.extra else {}
    return {"role": message.role, "content": message.content, **extra}


def written_completion(completion: Completion) -> dict[str, Any]:
    """A completion as in a written judgement, with all that its source says of it."""
    said = {
        "messages": [written_message(message) for message in completion.messages],
        "model": completion.model,
        "id": completion.id,
    }
    beside = msgspec.json.decode(completion.metadata) if completion.metadata else {}
    return {**beside, **{name: value for name, value in said.items() if value is not None}}


def written_fields(judgement: Judgement) -> dict[str, Any]:
    """The fields of a row besides: its context, such as tools, and in `row` all that is no word of
    its judge."""
    context = dict(context_of(judgement.metadata))
    rest = {k: v for k, v in row_fields(judgement).items() if k not in context and k not in _SAID}
    return {**context, "row": rest} if rest else context


def row_fields(judgement: Judgement) -> dict[str, Any]:
    """All fields of the row that no part of the judgement took."""
    fields: dict[str, Any] = msgspec.json.decode(judgement.metadata)
    return fields
