"""ms-swift: a conversation that ends with chosen, and the rejected alternative.

Fields: messages (the last one is chosen); rejected_response (a text: the rejected last message)
or rejected_messages (the whole other conversation); optional system, margin. `tools` is kept in
metadata. Polarity: by field name; the end of `messages` is chosen.
"""

from __future__ import annotations

from prefdata.dialects.assembly import (
    conversation,
    listed_texts,
    split_conversations,
    text_or_messages,
    with_tools,
)
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, is_blank
from prefdata.dialects.messages import Messages
from prefdata.dialects.pairs import SCORE_PARTS, margin_of
from prefdata.dialects.values import text
from prefdata.errors import RowFault
from prefdata.records.record import ASSISTANT, Record, assistant, system


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    whole = conversation(values, "messages")
    rejected = text_or_messages(_single(values.get("rejected")), "rejected")
    if isinstance(rejected, str):
        record = Record(whole[:-1], whole[-1:], (assistant(rejected),))
    elif len(rejected) == 1 and rejected[0].role == ASSISTANT:
        record = Record(whole[:-1], whole[-1:], rejected)
    else:
        record = split_conversations(whole, rejected)
    prompt = with_system(values.get("system"), record.prompt)
    record = Record(prompt, record.chosen, record.rejected, margin_of(values))
    return with_tools(record, values, ("messages", "rejected"))


def _single(rejected: object) -> object:
    listed = listed_responses(rejected)
    if listed is None:
        return rejected
    if len(listed) > 1:
        raise RowFault(
            "wrong-type",
            f"rejected is a list of {len(listed)} responses, not one: these rows are read as "
            "judgements, with --dialect swift-list",
        )
    return listed[0]


def listed_responses(value: object) -> list[object] | None:
    """The items of a list of whole responses, each a text or messages; None for anything else,
    such as a list of messages. In CSV the list is JSON text."""
    if isinstance(value, str):
        return listed_texts(value)
    if not isinstance(value, list) or not value:
        return None
    return value if all(isinstance(item, str | list) for item in value) else None


def with_system(instructions: object, prompt: Messages) -> Messages:
    """The prompt after a system message, unless it begins with the same one."""
    if is_blank(instructions):
        return prompt
    instruction = system(text(instructions, "system"))
    return prompt if prompt and prompt[0] == instruction else (instruction, *prompt)


def _fits(values: Values) -> bool:
    return listed_responses(values["rejected"]) is None


SWIFT_PARTS = (
    DialectPart("messages", ("messages",)),
    DialectPart("rejected", ("rejected_response", "rejected_messages")),
    DialectPart("system", ("system", "system_prompt"), required=False),
    *SCORE_PARTS,
)
SWIFT = Dialect(
    name="swift",
    summary="ms-swift: messages, and the rejected response or conversation",
    polarity="the last of messages is the better one; rejected_* is the worse one",
    parts=SWIFT_PARTS,
    convert=convert,
    fits=_fits,
    without=CHOSEN_NAMES,
)
