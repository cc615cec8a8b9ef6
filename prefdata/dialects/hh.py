"""HH-RLHF transcripts: each side is one text with turns marked Human: and Assistant:.

Fields: chosen, rejected. Polarity: by field name.

A turn begins at `\\n\\nHuman:` or `\\n\\nAssistant:` (the first one also at the beginning of the
text). Its content is everything up to the next marker, without one space after the colon if there
is one. So a transcript can be restored exactly, except for markers without a space. A marker that
is quoted inside a message cannot be distinguished from a real one.

The common first turns of both sides are the prompt. If the sides answer different conversations,
the completions hold the rest, user messages included, which the rule `contexts-differ` finds. Two
consecutive Assistant: turns (some real files have them) are two messages.
"""

from __future__ import annotations

import re

from prefdata.dialects.assembly import split_conversations
from prefdata.dialects.dialect import Dialect, Values
from prefdata.dialects.implicit import PROMPT_ELSEWHERE, SIDE_PARTS, is_transcript
from prefdata.dialects.messages import Messages
from prefdata.dialects.pairs import margin_of
from prefdata.dialects.values import text
from prefdata.errors import RowFault
from prefdata.records.record import ASSISTANT, USER, Message, Record

_MARKER = re.compile(r"\n\n(Human|Assistant): ?")
_ROLES = {"Human": USER, "Assistant": ASSISTANT}


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    chosen = transcript(text(values.get("chosen"), "chosen"), "chosen")
    rejected = transcript(text(values.get("rejected"), "rejected"), "rejected")
    record = split_conversations(chosen, rejected)
    return Record(record.prompt, record.chosen, record.rejected, margin_of(values))


def transcript(written: str, name: str) -> Messages:
    """The turns of a transcript. Raises RowFault if there is text before the first one.

    >>> [turn.content for turn in transcript("\\n\\nHuman: Hi\\n\\nAssistant: Hello", "chosen")]
    ['Hi', 'Hello']
    """
    if written[:2] != "\n\n":
        written = "\n\n" + written.lstrip()
    before, *turns = _MARKER.split(written)
    if not turns:
        raise RowFault("unknown-role", f"{name} has no turn marked Human: or Assistant:")
    if before.strip():
        raise RowFault("unknown-role", f"{name} has text before its first turn: {before[:40]!r}")
    return tuple([Message(_ROLES[turns[i]], turns[i + 1]) for i in range(0, len(turns), 2)])


def _fits(values: Values) -> bool:
    return all(is_transcript(text(values[side], side)) for side in ("chosen", "rejected"))


HH = Dialect(
    name="hh",
    summary="HH-RLHF transcripts: Human: and Assistant: turns with a shared beginning",
    polarity="the field named chosen is the better one",
    parts=SIDE_PARTS,
    convert=convert,
    fits=_fits,
    without=(*PROMPT_ELSEWHERE, "messages"),
)
