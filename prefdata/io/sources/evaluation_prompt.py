"""Where a row of an evaluation set keeps its prompt, and the user turns that it holds.

Evaluation sets have no dialect: most are a question and whatever grading it needs. So one field is
looked for, by name; only where none is there the file may be preference data in one of prefdata's
dialects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prefdata.dialects.assembly import spoken
from prefdata.dialects.convert import convert_row
from prefdata.dialects.detect import Match, detect
from prefdata.dialects.dialect import Row
from prefdata.dialects.fields import (
    CONVERSATION_NAMES,
    PROMPT_NAMES,
    is_blank,
    mapped_field,
    plain,
)
from prefdata.dialects.hh import transcript
from prefdata.dialects.implicit import is_transcript
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import check_surrogates, text
from prefdata.errors import DialectError, RowFault, SourceError
from prefdata.io.containers.json_rows import decoded
from prefdata.records.record import USER

PROMPT_FIELDS = (*PROMPT_NAMES, "text", "messages", *CONVERSATION_NAMES, "turns", "input")
"""Names that the prompt of an evaluation row goes by; the first that holds one is read."""

_SHOWN_FIELDS = 30


@dataclass(frozen=True)
class PromptField:
    """What is read of each row: a field, with Alpaca's `input` behind it; or a dialect's prompt."""

    field: str
    added: str | None = None
    match: Match | None = None

    def __str__(self) -> str:
        if self.match is not None:
            return f"the prompt of dialect {self.match.dialect}"
        return self.field if self.added is None else f"{self.field} + {self.added}"


def prompt_field(rows: Sequence[Row], field: str | None, place: str, setting: str) -> PromptField:
    """Where the prompts of a file stand, as told or as some rows show.

    Raises SourceError, which says by which `setting` to tell.
    """
    seen = tuple(dict.fromkeys(name for row in rows for name in row))
    if field is not None:
        name = mapped_field(field, seen)
        if name is None:
            raise SourceError(
                f"{place}: no row looked at has a field {field!r}. {_shown(seen)} "
                f"Name another one as {setting}."
            )
        return _with_input(name, seen)
    for known in PROMPT_FIELDS:
        name = mapped_field(known, seen)
        if name is not None and any(_holds_prompt(row, name) for row in rows):
            return _with_input(name, seen)
    try:
        match = detect(rows, place=place)
    except DialectError:
        raise SourceError(
            f"{place}: no prompt is found; looked for {', '.join(PROMPT_FIELDS)}. {_shown(seen)} "
            f"Name the one with the prompt as {setting}."
        ) from None
    return PromptField("prompt", match=match)


def turns_of(row: Mapping[str, object], where: PromptField) -> list[str]:
    """The user turns of a row, blank ones left out; raises RowFault where there is no telling."""
    if where.match is not None:
        return _user_turns(convert_row(row, where.match).prompt)
    turns = _turns(_value(row, where.field), where.field)
    added = "" if where.added is None else _value(row, where.added)
    if len(turns) == 1 and not is_blank(added):
        turns = [f"{turns[0]}\n{text(added, 'input')}"]
    for turn in turns:
        check_surrogates(turn, where.field)
    return [turn for turn in turns if not is_blank(turn)]


def _with_input(name: str, seen: Sequence[str]) -> PromptField:
    return PromptField(name, mapped_field("input", seen) if plain(name) == "instruction" else None)


def _holds_prompt(row: Row, name: str) -> bool:
    try:
        return any(not is_blank(turn) for turn in _turns(_value(row, name), name))
    except RowFault:
        return False


def _value(row: Mapping[str, object], name: str) -> object:
    found = mapped_field(name, tuple(row))
    return None if found is None else decoded(row[found])


def _turns(value: object, name: str) -> list[str]:
    if is_blank(value):
        return []
    if isinstance(value, list):
        value = [_as_message(item) for item in value]
    said = spoken(value, name)
    if not isinstance(said, str):
        return _user_turns(said)
    return _user_turns(transcript(said, name)) if is_transcript(said) else [said]


def _as_message(item: object) -> object:
    """A turn that is a bare text, or a content without a role (`turns` of MT-Bench and Arena-Hard),
    as what it is: a message of the user."""
    if isinstance(item, str):
        return {"role": USER, "content": item}
    if isinstance(item, dict) and "role" not in item and "from" not in item:
        return {"role": USER, **item}
    return item


def _user_turns(messages: Messages) -> list[str]:
    by_user = [message for message in messages if message.role == USER]
    return [message.content or "" for message in by_user or messages]


def _shown(fields: Sequence[str]) -> str:
    more = f" and {len(fields) - _SHOWN_FIELDS} more" if len(fields) > _SHOWN_FIELDS else ""
    return f"Fields there: {', '.join(map(repr, fields[:_SHOWN_FIELDS])) or 'none'}{more}."
