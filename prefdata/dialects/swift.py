"""ms-swift: a good conversation, and what should not have been said at its end.

Fields: messages (the last one is chosen); rejected_response (a text: the rejected last message)
or rejected_messages (the whole other conversation); optional system, margin. `tools` stays in
metadata. Polarity: the field names say it; the end of `messages` is the better one.
"""

from __future__ import annotations

from prefdata.dialects.assembly import parted, spoken
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, is_blank
from prefdata.dialects.messages import Messages
from prefdata.dialects.pairs import SCORE_PARTS, margin_of
from prefdata.dialects.values import text
from prefdata.errors import RowFault
from prefdata.records.record import ASSISTANT, Record, assistant, system


def convert(values: Values) -> Record:
    """One row as a record."""
    whole = spoken(values.get("messages"), "messages")
    if isinstance(whole, str):
        raise RowFault("wrong-type", "messages is a text, not a list of messages")
    rejected = spoken(values.get("rejected"), "rejected")
    if isinstance(rejected, str):
        record = Record(whole[:-1], whole[-1:], (assistant(rejected),))
    elif len(rejected) == 1 and rejected[0].role == ASSISTANT:
        record = Record(whole[:-1], whole[-1:], rejected)
    else:
        record = parted(whole, rejected)
    prompt = _instructed(values.get("system"), record.prompt)
    return Record(prompt, record.chosen, record.rejected, margin_of(values))


def _instructed(instructions: object, prompt: Messages) -> Messages:
    if is_blank(instructions):
        return prompt
    said = system(text(instructions, "system"))
    return prompt if prompt and prompt[0] == said else (said, *prompt)


SWIFT = Dialect(
    name="swift",
    summary="ms-swift: messages, and the rejected response or conversation",
    polarity="the last of messages is the better one; rejected_* is the worse one",
    parts=(
        DialectPart("messages", ("messages",)),
        DialectPart("rejected", ("rejected_response", "rejected_messages")),
        DialectPart("system", ("system", "system_prompt"), required=False),
        *SCORE_PARTS,
    ),
    convert=convert,
    without=CHOSEN_NAMES,
)
