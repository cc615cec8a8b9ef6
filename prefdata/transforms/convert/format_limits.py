"""Which records an output format cannot hold, and why.

Rows of common shapes are recognised on whole columns; all others are examined one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.config.section import RecordFormat
from prefdata.dialects.conversations.agreeing_prompt import fuller_prompt
from prefdata.dialects.messages import written_messages
from prefdata.records.arrays import Flags
from prefdata.records.columns import SIDES, records_of
from prefdata.records.record import ASSISTANT, SYSTEM, TOOL, USER, Message, Record
from prefdata.transforms.convert.export_limits import (
    why_not_axolotl,
    why_not_kto,
    why_not_lists,
    why_not_openai,
    why_not_swift,
    why_not_ultrafeedback,
)

LLAMAFACTORY_ROLES = {SYSTEM: "system", USER: "human", ASSISTANT: "gpt", TOOL: "observation"}
"""Role to LLaMA-Factory's default tag; an assistant's tool calls are `function_call`."""

_ROLES = (("prompt", USER), ("chosen", ASSISTANT), ("rejected", ASSISTANT))


def beyond_format(batch: pa.RecordBatch, record_format: RecordFormat) -> list[tuple[int, str]]:
    """(position in the batch, reason) of each row that a format cannot hold without loss.

    "Without loss" means that reading the result gives the same record, and that the trainer that
    reads the format does not skip the row.
    """
    surely, why = _CHECKS[record_format]
    doubtful = np.flatnonzero(~surely(batch))
    if not len(doubtful):
        return []
    records = records_of(batch.take(pa.array(doubtful)))
    reasons = ((int(index), why(record)) for index, record in zip(doubtful, records, strict=True))
    return [(index, reason) for index, reason in reasons if reason is not None]


def function_call_value(extra: str) -> str | None:
    """Tool calls in LLaMA-Factory's format, `{"name", "arguments"}` or a list of them; None if the
    format cannot hold them.

    It has no call ids or other fields, and `arguments` must be an object: text would be quoted a
    second time.

    >>> function_call_value('{"tool_calls":[{"type":"function","function":'
    ...                     '{"name":"add","arguments":{"a":1}}}]}')
    '{"name":"add","arguments":{"a":1}}'
    """
    try:
        calls = msgspec.json.decode(extra, type=_ToolCalls).tool_calls
    except msgspec.ValidationError:
        return None
    functions = [call.function for call in calls]
    value = functions[0] if len(functions) == 1 else functions
    return msgspec.json.encode(value).decode() if functions else None


class _Function(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    arguments: dict[str, msgspec.Raw]


class _Call(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["function"]
    function: _Function


class _ToolCalls(msgspec.Struct, forbid_unknown_fields=True):
    tool_calls: list[_Call]


def _surely_messages(batch: pa.RecordBatch) -> Flags:
    prompt, chosen, rejected = (_lengths(batch.column(side)) for side in SIDES)
    shorter, longer = np.minimum(chosen, rejected), np.maximum(chosen, rejected)
    sure: Flags = (shorter == 1) & (longer <= prompt)
    return sure


def _surely_implicit(batch: pa.RecordBatch) -> Flags:
    prompt, chosen, rejected = (_lengths(batch.column(side)) for side in SIDES)
    sure: Flags = (prompt > 0) & (np.minimum(chosen, rejected) == 1)
    return sure


def _surely_turns(batch: pa.RecordBatch) -> Flags:
    return _all([_single(batch.column(side), role) for side, role in _ROLES])


def _surely_text(batch: pa.RecordBatch) -> Flags:
    return _all([_single(batch.column(side), role, plain=True) for side, role in _ROLES])


def _surely_apart(batch: pa.RecordBatch) -> Flags:
    """Rows of text whose completions differ in length, so that they cannot be the same."""
    sure = _surely_text(batch)
    if not sure.all():
        return np.zeros(len(batch), np.bool_)
    lengths = [
        pc.binary_length(batch.column(side).flatten().field("content")).to_numpy()
        for side in SIDES[1:]
    ]
    return _all([sure, lengths[0] != lengths[1]])


def _all(masks: list[Flags]) -> Flags:
    return np.asarray(np.logical_and.reduce(masks), np.bool_)


def _single(side: pa.ListArray, role: str, *, plain: bool = False) -> Flags:
    """Which lists (n) are one message of a role, with content and no other fields.

    `plain`: the content must not look like JSON.
    """
    roles, contents, extras = side.flatten().flatten()
    right = pc.and_(pc.equal(roles, role), pc.and_(contents.is_valid(), extras.is_null()))
    if plain:
        for opening in "[{":
            right = pc.and_not_kleene(right, pc.starts_with(contents, opening))
    offsets = side.offsets.to_numpy()
    single: Flags = np.diff(offsets) == 1
    starts = (offsets[:-1] - offsets[0])[single]
    mask = np.zeros(len(side), np.bool_)
    mask[single] = right.to_numpy(zero_copy_only=False)[starts]
    return mask


def _lengths(side: pa.ListArray) -> npt.NDArray[np.int32]:
    return np.asarray(np.diff(side.offsets.to_numpy()), np.int32)


def _why_not_messages(record: Record) -> str | None:
    for name, side in (("prompt", record.prompt), *_completions(record)):
        if not side:
            return f"its {name} has no message"
    size = len(record.prompt)
    for name, side in _completions(record):
        if len(side) > size and side[:size] == record.prompt:
            return f"its {name} begins with the messages of the prompt, and is read without them"
    if fuller_prompt(record.prompt, record.chosen, record.rejected) is not None:
        return "its sides begin with what looks like the prompt, and are read with that as theirs"
    return None


def _why_not_text(record: Record) -> str | None:
    for name, role in _ROLES:
        messages: tuple[Message, ...] = getattr(record, name)
        if len(messages) != 1:
            return f"its {name} has {len(messages)} messages; plain text holds exactly one"
        (message,) = messages
        if message.role != role:
            return f"its {name} is a message of the role {message.role}, not {role}"
        if message.extra is not None or message.content is None:
            return f"its {name} carries tool calls or other fields, which plain text cannot hold"
        if written_messages(message.content, name) is not None:
            return f"its {name} is a text that looks like messages in JSON, and is read as such"
    return None


def _why_not_implicit(record: Record) -> str | None:
    if not record.prompt:
        return "it has no prompt"
    completions = _completions(record)
    for name, side in completions:
        if not side:
            return f"its {name} has no message"
    if all(len(side) > 1 for _, side in completions) and record.chosen[0] == record.rejected[0]:
        return "both completions begin with the same message, which is read as part of the prompt"
    return None


def _why_not_turns(record: Record) -> str | None:
    for name, side in _completions(record):
        if len(side) != 1:
            return f"its {name} has {len(side)} messages; LLaMA-Factory reads exactly one"
    opens_with_system = bool(record.prompt) and record.prompt[0].role == SYSTEM
    turns = record.prompt[1:] if opens_with_system else record.prompt
    # Turns must alternate and end with the user's; LLaMA-Factory skips any other row.
    if len(turns) % 2 == 0:
        return "its prompt does not end with a user or tool message: LLaMA-Factory skips such rows"
    for position, message in enumerate((*turns, record.chosen[0])):
        allowed = (ASSISTANT,) if position % 2 else (USER, TOOL)
        if message.role not in allowed:
            return (
                f"turn {position + 1} is of the role {message.role}, where LLaMA-Factory wants "
                f"{' or '.join(allowed)} and skips other rows"
            )
    if record.rejected[0].role != ASSISTANT:
        return f"its rejected is of the role {record.rejected[0].role}, not {ASSISTANT}"
    for message in (*record.prompt, record.chosen[0], record.rejected[0]):
        if not _is_turn(message):
            return (
                "a message carries fields that LLaMA-Factory cannot hold: it holds a text, or "
                "tool calls of nothing but a name and arguments that are an object"
            )
    return None


def _is_turn(message: Message) -> bool:
    if message.extra is None:
        return message.content is not None
    return (
        message.role == ASSISTANT
        and message.content is None
        and function_call_value(message.extra) is not None
    )


def _completions(record: Record) -> tuple[tuple[str, tuple[Message, ...]], ...]:
    return ("chosen", record.chosen), ("rejected", record.rejected)


_CHECKS: dict[str, tuple[Callable[[pa.RecordBatch], Flags], Callable[[Record], str | None]]] = {
    "conversational": (_surely_messages, _why_not_messages),
    "implicit": (_surely_implicit, _why_not_implicit),
    "standard": (_surely_text, _why_not_text),
    "question": (_surely_text, _why_not_text),
    "llamafactory": (_surely_turns, _why_not_turns),
    "kto": (_surely_apart, why_not_kto),
    "swift": (_surely_text, why_not_swift),
    "axolotl": (_surely_text, why_not_axolotl),
    "openai": (_surely_text, why_not_openai),
    "nemo-rl": (_surely_text, why_not_lists),
    "verl": (_surely_text, _why_not_text),
    "ultrafeedback": (_surely_text, why_not_ultrafeedback),
}
"""Format to a check of whole columns (True is certain) and a function for one record, which returns
the problem or None."""
