"""Cutting conversations that part before their end, where the user has said how.

A battle of several turns is two conversations that differ from the first answer on, so that the
questions after it were put in two different contexts. `at-difference` compares the first answers
that differ, and leaves out what follows them; `turn` compares what the field `turn` of the row says
was judged.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Raw, structs

from prefdata.config.model import Cut
from prefdata.dialects.fields import is_blank, mapped_field
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import decode_json, describe
from prefdata.errors import RowFault
from prefdata.records.record import SYSTEM, USER, Record

_ASKING = (USER, SYSTEM)


def cut(record: Record, how: Cut, fields: Mapping[str, object]) -> Record:
    """The record with its completions cut; `fields`: those of its row, not decoded.

    Raises RowFault for a turn that is no number, or up to which both sides are the same.
    """
    if how == "turn":
        return _after_turn(record, _turn(fields))
    return structs.replace(
        record, chosen=_first_answer(record.chosen), rejected=_first_answer(record.rejected)
    )


def _first_answer(side: Messages) -> Messages:
    """What stands before the first further question; all of it, if it begins with one."""
    asked = next((i for i, message in enumerate(side) if message.role in _ASKING), 0)
    return side[:asked] if asked else side


def _turn(fields: Mapping[str, object]) -> int | None:
    name = mapped_field("turn", tuple(fields))
    value = None if name is None else fields[name]
    value = decode_json(value, "turn") if isinstance(value, Raw) else value
    if is_blank(value):
        return None
    written = str(value).removesuffix(".0")
    if isinstance(value, bool) or not written.isdecimal() or not 0 < int(written[:9]) < 10_000:
        raise RowFault("wrong-type", f"turn is {describe(value)}, not the number of a turn")
    return int(written)


def _after_turn(record: Record, turn: int | None) -> Record:
    """The record with each side up to the end of a turn, counted from 1 in the conversation."""
    if turn is None:
        return record
    left = turn - sum(message.role == USER for message in record.prompt)
    if left < 0:
        raise RowFault("wrong-type", f"turn is {turn}, and up to there both sides are the same")
    return structs.replace(
        record, chosen=_up_to(record.chosen, left), rejected=_up_to(record.rejected, left)
    )


def _up_to(side: Messages, questions: int) -> Messages:
    """What stands before the first question after so many of them."""
    asked = [i for i, message in enumerate(side) if message.role == USER]
    return side[: asked[questions]] if len(asked) > questions else side
