"""Short quotes of texts for evidence, with invisible characters escaped, and names of places."""

from __future__ import annotations

from collections.abc import Iterator

from prefdata.records.record import Message, Record

QUOTE_WIDTH = 60
_CONTEXT = 20


def quote(text: str, at: int = 0) -> str:
    """A few characters of a text around a position, escaped, in quotation marks.

    >>> quote("a\\x00b")
    '"a\\\\x00b"'
    """
    start = max(0, at - _CONTEXT)
    opening = "…" if start else ""
    shown, width = [], len(opening)
    for character in text[start : start + QUOTE_WIDTH]:
        piece = escape(character)
        if width + len(piece) >= QUOTE_WIDTH:
            break
        shown.append(piece)
        width += len(piece)
    closing = "…" if start + len(shown) < len(text) else ""
    return f'"{opening}{"".join(shown)}{closing}"'


def escape(character: str) -> str:
    """A character in a form that can be printed on one line."""
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def messages(record: Record) -> Iterator[tuple[str, Message]]:
    """(name of the place, message) of every message of a record, such as `chosen[0]`."""
    parts = {"prompt": record.prompt, "chosen": record.chosen, "rejected": record.rejected}
    for side, held in parts.items():
        for position, message in enumerate(held):
            yield f"{side}[{position}]", message


def texts(record: Record) -> Iterator[tuple[str, str]]:
    """(name of the place, content) of every message of a record."""
    for place, message in messages(record):
        if message.content:
            yield place, message.content


def completions(record: Record) -> tuple[tuple[str, tuple[Message, ...]], ...]:
    """(name, messages) of the two completions."""
    return ("chosen", record.chosen), ("rejected", record.rejected)
