"""Two whole conversations: torchtune's preference datasets, and LLaMA-Factory's version 1.

Fields: chosen_conversations and rejected_conversations (torchtune), or chosen_messages and
rejected_messages (LLaMA-Factory); optional margin. Polarity: by field name. The prompt is their
common beginning. A prompt beside them that says the same is passed over; it is kept in metadata.
"""

from __future__ import annotations

from prefdata.dialects.assembly import (
    conversation,
    split_conversations,
    with_margin,
    with_tools,
)
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES
from prefdata.dialects.pairs import SCORE_PARTS, margin_of
from prefdata.records.record import Record


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    chosen, rejected = conversation(values, "chosen"), conversation(values, "rejected")
    record = with_tools(split_conversations(chosen, rejected), values, ("chosen", "rejected"))
    return with_margin(record, margin_of(values))


WHOLE_CONVERSATIONS = Dialect(
    name="whole-conversations",
    summary="torchtune and LLaMA-Factory v1: a chosen and a rejected whole conversation",
    polarity="the conversation named chosen_* is the better one",
    parts=(
        DialectPart("chosen", ("chosen_conversations", "chosen_messages")),
        DialectPart("rejected", ("rejected_conversations", "rejected_messages")),
        *SCORE_PARTS,
    ),
    convert=convert,
    without=CHOSEN_NAMES,
)
