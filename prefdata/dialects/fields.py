"""Matching the fields of a row to the parts of a dialect.

Names are compared in a plain form, so that "Chosen Response", "chosen-response" and
" chosen_response " are one name. If several fields match one part (`prompt` and `question`), all
of them are returned, and the caller decides by their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prefdata.dialects.dialect import Dialect, DialectPart

PROMPT_NAMES = ("prompt", "question", "instruction", "query", "problem")
CHINESE_PROMPT_NAMES = ("问题", "提问", "提示", "提示词", "指令")
CHOSEN_NAMES = ("chosen", "chosen_response")
REJECTED_NAMES = ("rejected", "rejected_response")
CONVERSATION_NAMES = ("conversations", "conversation")

PROMPT_PARTS = (
    DialectPart("prompt", PROMPT_NAMES, otherwise=("input", *CHINESE_PROMPT_NAMES)),
    DialectPart("input", ("input",), required=False, beside="instruction"),
    DialectPart("system", ("system", "system_prompt"), required=False),
    DialectPart("history", ("history",), required=False),
)

Claims = dict[str, tuple[str, ...]]
"""Part name to the fields that match it, in the order of the part's names."""

_GAPS = re.compile(r"[\s_-]+")


def plain(name: str) -> str:
    """The form in which names are compared.

    >>> plain(" Chosen Response")
    'chosen_response'
    """
    return _GAPS.sub("_", name.strip().casefold())


def is_blank(value: object) -> bool:
    """Whether a value is null, NaN, white space, an empty list or an empty object."""
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, float):
        return value != value
    return value is None or (isinstance(value, (list, dict)) and not value)


def mapped_field(name: str, fields: Sequence[str]) -> str | None:
    """The field that the user means by `name`: an equal name, else one with the same plain form."""
    if name in fields:
        return name
    return next((field for field in fields if plain(field) == plain(name)), None)


def claims(dialect: Dialect, fields: Sequence[str], mapping: Mapping[str, str]) -> Claims:
    """The fields that match each part; a part without a field is missing.

    A field in `mapping` (part name to field name) matches that part only.
    """
    mapped = {part: mapped_field(name, fields) for part, name in mapping.items()}
    taken = set(mapped.values())
    plains = {field: plain(field) for field in fields}
    free = {field: name for field, name in plains.items() if field not in taken}
    claimed: Claims = {}
    for part in dialect.parts:
        if part.name in mapped:
            claimants = tuple(field for field in (mapped[part.name],) if field is not None)
        else:
            claimants = tuple(f for name in part.names for f, p in free.items() if p == name)
            if not claimants and part.otherwise:
                claimants = _first_named(part.otherwise, free)
            if part.beside is not None and not _is_claimed(part.beside, claimed):
                claimants = ()
        if claimants:
            claimed[part.name] = claimants
    return claimed


def _first_named(names: tuple[str, ...], free: Mapping[str, str]) -> tuple[str, ...]:
    """The first field that has one of several names, in the order of the names."""
    return tuple(f for name in names for f, p in free.items() if p == name)[:1]


def _is_claimed(name: str, claimed: Claims) -> bool:
    return any(plain(field) == name for claimants in claimed.values() for field in claimants)


def is_complete(dialect: Dialect, claimed: Claims) -> bool:
    """Whether every required part of the dialect has a field."""
    return all(part.name in claimed for part in dialect.parts if part.required)


def outsiders(
    dialect: Dialect, fields: Sequence[str], mapping: Mapping[str, str]
) -> tuple[str, ...]:
    """The fields with names of other dialects (`dialect.without`), except those in `mapping`."""
    mapped = {mapped_field(name, fields) for name in mapping.values()}
    return tuple(f for f in fields if f not in mapped and plain(f) in dialect.without)
