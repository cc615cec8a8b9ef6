"""Finding the prompt in a row of an evaluation set, and its user turns.

Evaluation sets have no common dialect: most are a question plus what is needed for grading. So one
field is searched by name; if there is none, the file may be preference data in a known dialect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prefdata.dialects.assembly import text_or_messages
from prefdata.dialects.convert import convert_row
from prefdata.dialects.detect import Match, detect
from prefdata.dialects.dialect import Row
from prefdata.dialects.fields import (
    CONVERSATION_NAMES,
    PROMPT_FALLBACKS,
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
from prefdata.io.containers.json_rows import decode_value
from prefdata.records.record import USER

PROMPT_FIELDS = (
    *PROMPT_NAMES, "text", "messages", *CONVERSATION_NAMES, "turns", "input", *PROMPT_FALLBACKS,
)  # fmt: skip
"""Field names of the prompt of an evaluation row; the first that holds one is read."""

_SHOWN_FIELDS = 30


@dataclass(frozen=True)
class PromptField:
    """What is read from each row: a field, with Alpaca's `input` appended, or a dialect's
    prompt."""

    field: str
    added: str | None = None
    match: Match | None = None

    def __str__(self) -> str:
        if self.match is not None:
            return f"the prompt of dialect {self.match.dialect}"
        return self.field if self.added is None else f"{self.field} + {self.added}"


def prompt_field(rows: Sequence[Row], field: str | None, place: str, setting: str) -> PromptField:
    """The prompt field of a file: `field` if it is given, else found in some rows.

    Raises SourceError if there is none, naming the `setting` for it.
    """
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    if field is not None:
        name = mapped_field(field, names)
        if name is None:
            raise SourceError(
                f"{place}: no row looked at has a field {field!r}. {_shown(names)} "
                f"Name another one as {setting}."
            )
        return _with_input(name, names)
    for known in PROMPT_FIELDS:
        name = mapped_field(known, names)
        if name is not None and any(_holds_prompt(row, name) for row in rows):
            return _with_input(name, names)
    try:
        match = detect(rows, place=place)
    except DialectError:
        raise SourceError(
            f"{place}: no prompt is found; looked for {', '.join(PROMPT_FIELDS)}. {_shown(names)} "
            f"Name the one with the prompt as {setting}."
        ) from None
    return PromptField("prompt", match=match)


def turns_of(row: Mapping[str, object], where: PromptField) -> list[str]:
    """The user turns of a row that are not blank; raises RowFault if they cannot be read."""
    if where.match is not None:
        return _user_turns(convert_row(row, where.match).prompt)
    turns = _turns(_value(row, where.field), where.field)
    added = "" if where.added is None else _value(row, where.added)
    if len(turns) == 1 and not is_blank(added):
        turns = [f"{turns[0]}\n{text(added, 'input')}"]
    for turn in turns:
        check_surrogates(turn, where.field)
    return [turn for turn in turns if not is_blank(turn)]


def _with_input(name: str, names: Sequence[str]) -> PromptField:
    return PromptField(name, mapped_field("input", names) if plain(name) == "instruction" else None)


def _holds_prompt(row: Row, name: str) -> bool:
    try:
        return any(not is_blank(turn) for turn in _turns(_value(row, name), name))
    except RowFault:
        return False


def _value(row: Mapping[str, object], name: str) -> object:
    field = mapped_field(name, tuple(row))
    return None if field is None else decode_value(row[field])


def _turns(value: object, name: str) -> list[str]:
    if is_blank(value):
        return []
    if isinstance(value, list):
        value = [_as_message(item) for item in value]
    content = text_or_messages(value, name)
    if not isinstance(content, str):
        return _user_turns(content)
    return _user_turns(transcript(content, name)) if is_transcript(content) else [content]


def _as_message(item: object) -> object:
    """A turn without role, as text or `content` (`turns` of MT-Bench and Arena-Hard), converted to
    a user message."""
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
