"""Rows that hold a prompt, whatever else they hold: plain prompts, and conversations to go on with.

Of a conversation the prompt is what stands before its last answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Raw

from prefdata.dialects.assembly import context
from prefdata.dialects.dialect import Dialect, DialectPart, Row
from prefdata.dialects.fields import (
    CONVERSATION_NAMES,
    PROMPT_FALLBACKS,
    PROMPT_NAMES,
    PROMPT_PARTS,
    claims,
    filled,
    is_blank,
)
from prefdata.dialects.hh import transcript
from prefdata.dialects.implicit import is_transcript
from prefdata.dialects.messages import Messages
from prefdata.dialects.paths import with_paths
from prefdata.dialects.undetected import check_mapping, fields_message, fields_seen
from prefdata.dialects.values import check_surrogates, decode_json
from prefdata.errors import DialectError, RowFault
from prefdata.records.record import ASSISTANT, Message

NAMES = (*PROMPT_NAMES, "messages", *CONVERSATION_NAMES, "turns", "text", "input")
"""Fields of a prompt; the first of them that has a value is read."""

PROMPTS = Dialect(
    name="prompts",
    summary="prompts, alone or in conversations",
    polarity="the prompt alone",
    parts=(DialectPart("prompt", (*NAMES, *PROMPT_FALLBACKS)), *PROMPT_PARTS[1:]),
)
"""How such rows are read. It is none of `DIALECTS`, since it compares nothing."""

_PARTS = frozenset(part.name for part in PROMPTS.parts)


def check_prompts(rows: Sequence[Row], mapping: Mapping[str, str], place: str) -> None:
    """Raises DialectError if no row has a field that can hold a prompt."""
    known = {part: name for part, name in mapping.items() if part in _PARTS}
    shown = [with_paths(row, tuple(known.values())) for row in rows]
    check_mapping(shown, known, place)
    if not any("prompt" in claims(PROMPTS, filled(row), known) for row in shown):
        claimed = [claims(PROMPTS, tuple(row), known).get("prompt", ()) for row in shown]
        empty = dict.fromkeys(name for names in claimed for name in names)
        if empty:
            raise DialectError(
                f"{place}: no prompt is found: in the first rows nothing stands in "
                f"{' or '.join(empty)}. Name another field with --map prompt=FIELD."
            )
        raise DialectError(
            f"{place}: no prompt is found; looked for {', '.join(NAMES)}. "
            f"{fields_message(fields_seen(rows))} Name the field with --map prompt=FIELD."
        )


def prompt_in(row: Mapping[str, object], mapping: Mapping[str, str]) -> Messages:
    """The prompt of one row, with its system message and history.

    Values are `msgspec.Raw` (JSON, not decoded) or Python values. `mapping`: part to field, of
    which prompt, input, system and history count. Raises RowFault if there is none.
    """
    known = {part: name for part, name in mapping.items() if part in _PARTS}
    row = with_paths(row, tuple(known.values()))
    values: dict[str, object] = {}
    taken = ""
    for part, names in claims(PROMPTS, tuple(row), known).items():
        for name in names:
            value = _decoded(row[name], name)
            if name != taken and not is_blank(value):
                values[part] = _conversation(value, name) if part == "prompt" else value
                taken = name if part == "prompt" else taken
                break
    if "prompt" not in values:
        raise RowFault(
            "empty-prompt", f"no field of the row holds a {known.get('prompt', 'prompt')}"
        )
    return asked_in(context(values))


def asked_in(messages: Messages) -> Messages:
    """A conversation up to its last answer: what a model is to go on with.

    Raises RowFault if nothing stands before it.
    """
    end = len(messages)
    while end and messages[end - 1].role == ASSISTANT:
        end -= 1
    if not end:
        raise RowFault("empty-conversation", "nothing stands before the answer")
    for message in messages[:end]:
        check_surrogates(message.content or "", "the prompt")
    return messages[:end]


def _conversation(value: object, name: str) -> object:
    """A transcript as messages; of turns without roles the first."""
    if isinstance(value, str) and is_transcript(value):
        return [_plain(message) for message in transcript(value, name)]
    if isinstance(value, list) and value:
        first = value[0]
        if isinstance(first, str):
            return first
        if isinstance(first, dict) and not {"role", "from"} & first.keys():
            content = first.get("content", first.get("text"))
            return content if isinstance(content, str) else value
    return value


def _plain(message: Message) -> dict[str, object]:
    return {"role": message.role, "content": message.content}


def _decoded(value: object, name: str) -> object:
    return decode_json(value, name) if isinstance(value, Raw) else value
