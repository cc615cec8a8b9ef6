"""ShareGPT ranking: a conversation and two replies to it (LLaMA-Factory's demo sets).

Fields: conversations | conversation, a list of {from, value} or {role, content}; chosen and
rejected, each one message, a list of messages or a text; optional system, margin. `tools` is kept
in metadata. Polarity: by field name.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair, text_or_messages, with_margin
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, CONVERSATION_NAMES, REJECTED_NAMES
from prefdata.dialects.pairs import SCORE_PARTS, margin_of
from prefdata.errors import RowFault
from prefdata.records.record import Record


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    if isinstance(text_or_messages(values.get("conversations"), "conversations"), str):
        raise RowFault("wrong-type", "conversations is a text, not a list of messages")
    record = pair(values, "chosen", "rejected", asked="conversations")
    return with_margin(record, margin_of(values))


SHAREGPT = Dialect(
    name="sharegpt",
    summary="ShareGPT ranking: a conversation, and a chosen and a rejected reply",
    polarity="the field named chosen is the better one",
    parts=(
        DialectPart("conversations", CONVERSATION_NAMES),
        DialectPart("system", ("system", "system_prompt"), required=False),
        DialectPart("chosen", CHOSEN_NAMES),
        DialectPart("rejected", REJECTED_NAMES),
        *SCORE_PARTS,
    ),
    convert=convert,
)
