"""Assembling records from a prompt and two completions."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from prefdata.dialects.conversations.agreeing_prompt import fuller_prompt
from prefdata.dialects.dialect import RemarkedRecord, Values
from prefdata.dialects.fields import is_blank
from prefdata.dialects.messages import (
    Messages,
    message,
    messages,
    messages_by_field,
    wrapped_messages,
    written_messages,
)
from prefdata.dialects.values import decode_json, describe, encode_json_object, text
from prefdata.errors import RowFault
from prefdata.records.record import SYSTEM, Message, Record, assistant, system, user


def text_or_messages(value: object, name: str) -> Messages | str:
    """The value of a field: a text, or messages (a list, a single one, or either as JSON text)."""
    if isinstance(value, str):
        written = written_messages(value, name)
        return value if written is None else messages(written, name)
    if isinstance(value, list):
        return messages(value, name)
    if isinstance(value, dict):
        wrapped = wrapped_messages(value)
        if wrapped is None:
            wrapped = messages_by_field(value)
        return (message(value, name),) if wrapped is None else messages(wrapped, name)
    return text(value, name)


def listed_texts(text: str) -> list[object] | None:
    """The texts in the JSON text of a list of texts; None for any other text.

    >>> listed_texts('["Pluto.", "Mars."]'), listed_texts("[1] see below")
    (['Pluto.', 'Mars.'], None)
    """
    if text[:1] != "[" or '"' not in text:
        return None
    try:
        value = decode_json(text, "a list")
    except RowFault:
        return None
    if not isinstance(value, list) or not value:
        return None
    return value if all(isinstance(item, str) for item in value) else None


def with_tools(record: Record, values: Values, names: Sequence[str]) -> Record:
    """The record with the tools that stand beside its messages inside of a part, if some do.

    They become `tools` of the metadata. Raises RowFault if two parts offer different ones.
    """
    offered = [tools for name in names if (tools := _tools_beside(values.get(name), name))]
    if not offered:
        return record
    if any(tools != offered[0] for tools in offered[1:]):
        raise RowFault("wrong-type", f"{' and '.join(names)} offer different tools")
    return structs.replace(record, metadata=encode_json_object({"tools": offered[0]}))


def _tools_beside(value: object, name: str) -> object:
    """The tools in an object with messages, or in JSON text of one; None if there are none."""
    if isinstance(value, str):
        if value[:1] != "{" or '"tools"' not in value or written_messages(value, name) is None:
            return None
        value = decode_json(value, name)
    return value.get("tools") if wrapped_messages(value) and isinstance(value, dict) else None


def context(values: Values, part: str = "prompt") -> Messages:
    """System, history and prompt of a row as messages, in this order.

    `input` is appended to a text prompt after one newline, as in Alpaca's own loaders.
    """
    asked = text_or_messages(values.get(part), part)
    if isinstance(asked, str):
        asked = (user(_with_input(asked, values.get("input"))),)
    elif not is_blank(values.get("input")):
        raise RowFault("wrong-type", "input stands beside a prompt that is messages, not text")
    history, instructions = values.get("history"), values.get("system")
    if not is_blank(history):
        asked = (*_exchanges(history), *asked)
    return asked if is_blank(instructions) else _with_system(text(instructions, "system"), asked)


def _with_input(prompt: str, added: object) -> str:
    return prompt if is_blank(added) else f"{prompt}\n{text(added, 'input')}"


def _with_system(instructions: str, asked: Messages) -> Messages:
    if asked[0].role == SYSTEM and asked[0].content == instructions:
        return asked
    return (system(instructions), *asked)


def _exchanges(value: object) -> list[Message]:
    pairs = decode_json(value, "history") if isinstance(value, str) else value
    if not isinstance(pairs, list):
        raise RowFault("wrong-type", f"history is {describe(pairs)}, not a list of exchanges")
    past: list[Message] = []
    for pair in pairs:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise RowFault("wrong-type", "history holds something else than [user, assistant]")
        past += [user(text(pair[0], "history")), assistant(text(pair[1], "history"))]
    return past


def completion(value: object, name: str, prompt: Messages, bare: int = 0) -> Messages:
    """One side as the messages that follow the prompt.

    If a side repeats the prompt, with or without its first `bare` messages (system and history from
    other fields), the prompt is removed from it.
    """
    return _after_prompt(text_or_messages(value, name), prompt, bare)


def _after_prompt(content: Messages | str, prompt: Messages, bare: int) -> Messages:
    if isinstance(content, str):
        return (assistant(content),)
    for opening in (prompt, prompt[bare:]) if bare else (prompt,):
        if len(content) > len(opening) and content[: len(opening)] == opening:
            return content[len(opening) :]
    return content


def pair(values: Values, chosen: str, rejected: str, *, asked: str = "prompt") -> Record:
    """A record from the prompt part `asked` and two completion parts, without margin.

    Two whole conversations may say more of the prompt than its field; see `agreement`.
    """
    prompt = context(values, asked)
    bare = 0
    if len(prompt) > 1 and not (is_blank(values.get("system")) and is_blank(values.get("history"))):
        bare = len(prompt) - _length(text_or_messages(values.get(asked), asked))
    first = text_or_messages(values.get(chosen), chosen)
    second = text_or_messages(values.get(rejected), rejected)
    if isinstance(first, str) or isinstance(second, str):
        fuller = None
    else:
        fuller = fuller_prompt(prompt, first, second)
    if fuller is None:
        record = Record(
            prompt, _after_prompt(first, prompt, bare), _after_prompt(second, prompt, bare)
        )
    else:
        assert not isinstance(first, str) and not isinstance(second, str)
        record = _with_prompt_of(first, second, fuller)
    return with_tools(record, values, (asked, chosen, rejected))


def _with_prompt_of(chosen: Messages, rejected: Messages, prompt: Messages) -> Record:
    """The record of two conversations that begin with `prompt`, with a remark that it is theirs."""
    shared = shared_beginning(chosen, rejected)
    roles = ", ".join(message.role for message in prompt)
    return RemarkedRecord(
        prompt, chosen[shared:], rejected[shared:], rule="prompt-from-sides", evidence=roles
    )


def _length(asked: Messages | str) -> int:
    return 1 if isinstance(asked, str) else len(asked)


def shared_beginning(chosen: Messages, rejected: Messages) -> int:
    """The number of common first messages, without the last message of either side."""
    most = min(len(chosen), len(rejected)) - 1
    return next((i for i in range(most) if chosen[i] != rejected[i]), max(most, 0))


def split_conversations(chosen: Messages, rejected: Messages) -> Record:
    """A record from two whole conversations: their common beginning is the prompt."""
    shared = shared_beginning(chosen, rejected)
    return Record(chosen[:shared], chosen[shared:], rejected[shared:])


def conversation(values: Values, name: str) -> Messages:
    """A part that has to be a whole conversation."""
    content = text_or_messages(values.get(name), name)
    if isinstance(content, str):
        raise RowFault("wrong-type", f"{name} is a text, not a list of messages")
    return content


def with_margin(record: Record, margin: float | None) -> Record:
    """The same record with a margin, if there is one."""
    return record if margin is None else structs.replace(record, margin=margin)


def with_better_chosen(record: Record, *, second_is_better: bool, margin: float | None) -> Record:
    """The record of a first and a second completion, swapped if the second is better."""
    first, second = record.chosen, record.rejected
    if second_is_better:
        first, second = second, first
    return structs.replace(record, chosen=first, rejected=second, margin=margin)
