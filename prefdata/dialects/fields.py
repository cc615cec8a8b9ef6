"""Which field of a row plays which part of a dialect.

Names are compared in a plain form, so that "Chosen Response", "chosen-response" and
" chosen_response " are one name. Several fields may claim one part (`prompt` and `question`):
all of them are reported, and whoever asks decides by the values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prefdata.dialects.dialect import Dialect, DialectPart

PROMPT_NAMES = ("prompt", "question", "instruction", "query", "problem")
CHOSEN_NAMES = ("chosen", "chosen_response")
REJECTED_NAMES = ("rejected", "rejected_response")
CONVERSATION_NAMES = ("conversations", "conversation")

PROMPT_PARTS = (
    DialectPart("prompt", PROMPT_NAMES),
    DialectPart("input", ("input",), required=False, beside="instruction"),
    DialectPart("system", ("system", "system_prompt"), required=False),
    DialectPart("history", ("history",), required=False),
)

Claims = dict[str, tuple[str, ...]]
"""Part name to the fields that claim it, in the order of the part's names."""

_GAPS = re.compile(r"[\s_-]+")


def plain(name: str) -> str:
    """The form in which names are compared.

    >>> plain(" Chosen Response")
    'chosen_response'
    """
    return _GAPS.sub("_", name.strip().casefold())


def is_blank(value: object) -> bool:
    """Is this no value at all: null, white space, an empty list or object?"""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, (list, dict)) and not value)


def mapped_field(name: str, fields: Sequence[str]) -> str | None:
    """The field that a person means by `name`: the very name, else the one that reads the same."""
    if name in fields:
        return name
    return next((field for field in fields if plain(field) == plain(name)), None)


def claims(dialect: Dialect, fields: Sequence[str], mapping: Mapping[str, str]) -> Claims:
    """The fields that claim each part; a part that nothing claims is absent.

    A field that `mapping` (part name to field name) speaks of claims that part and no other.
    """
    spoken = {part: mapped_field(name, fields) for part, name in mapping.items()}
    taken = set(spoken.values())
    plains = {field: plain(field) for field in fields}
    free = {field: name for field, name in plains.items() if field not in taken}
    found: Claims = {}
    for part in dialect.parts:
        if part.name in spoken:
            claimants = tuple(field for field in (spoken[part.name],) if field is not None)
        else:
            claimants = tuple(f for name in part.names for f, p in free.items() if p == name)
            if part.beside is not None and not _is_claimed(part.beside, found):
                claimants = ()
        if claimants:
            found[part.name] = claimants
    return found


def _is_claimed(name: str, found: Claims) -> bool:
    return any(plain(field) == name for claimants in found.values() for field in claimants)


def is_complete(dialect: Dialect, found: Claims) -> bool:
    """Is every part claimed that the dialect cannot do without?"""
    return all(part.name in found for part in dialect.parts if part.required)


def outsiders(
    dialect: Dialect, fields: Sequence[str], mapping: Mapping[str, str]
) -> tuple[str, ...]:
    """The fields whose names belong to another dialect, but for those that `mapping` speaks of."""
    spoken = {mapped_field(name, fields) for name in mapping.values()}
    return tuple(f for f in fields if f not in spoken and plain(f) in dialect.without)
