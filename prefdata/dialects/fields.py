"""Matching the fields of a row to the parts of a dialect.

Names are compared in a plain form, so that "Chosen Response", "chosen-response" and
" chosen_response " are one name. Names in Chinese, and rarer ones, are fallbacks: they count where
no usual name is there. If several fields match one part (`prompt` and `question`), all
of them are returned, and the caller decides by their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from prefdata.dialects.dialect import Dialect, DialectPart, Row

PROMPT_NAMES = ("prompt", "question", "instruction", "query", "problem")
CHOSEN_NAMES = ("chosen", "chosen_response")
REJECTED_NAMES = ("rejected", "rejected_response")
CONVERSATION_NAMES = ("conversations", "conversation")

PROMPT_FALLBACKS = ("问题", "指令", "提示", "提示词", "提问", "题目", "用户问题", "用户输入")
CHOSEN_FALLBACKS = (
    "更好的回答", "更优的回答", "更优回答", "较好的回答", "好的回答", "被选", "被选择", "被选中",
    "被选回答", "选中", "选择", "接受", "更好回答", "较好回答", "较优回答", "优选回答", "好回答",
    "优质回答", "优选",
)  # fmt: skip
REJECTED_FALLBACKS = (
    "更差的回答", "较差的回答", "较差回答", "差的回答", "被拒", "被拒绝", "被拒回答",
    "被拒绝的回答", "拒绝", "更差回答", "较劣回答", "拒绝回答", "差回答", "劣质回答", "坏回答",
    "坏的回答", "不好的回答", "劣选回答", "劣选", "reject", "unchosen", "not_chosen",
)  # fmt: skip

PROMPT_PARTS = (
    DialectPart("prompt", PROMPT_NAMES, fallbacks=("input", *PROMPT_FALLBACKS)),
    DialectPart(
        "input", ("input",), required=False, beside=("instruction", "指令"), fallbacks=("输入",)
    ),
    DialectPart(
        "system",
        ("system", "system_prompt"),
        required=False,
        fallbacks=("系统提示", "系统提示词", "系统"),
    ),
    DialectPart("history", ("history",), required=False, fallbacks=("历史", "历史对话")),
)

Claims = dict[str, tuple[str, ...]]
"""Part name to the fields that match it, in the order of the part's names."""

_FEW_FIELDS = 64
"""Rows with more fields are not remembered: their names may take any amount of memory."""

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
            claimants = _claimants(part, free)
            if part.beside and not _is_claimed(part.beside, claimed):
                claimants = ()
        if claimants:
            claimed[part.name] = claimants
    return claimed


def _claimants(part: DialectPart, free: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of `free` (field to plain name) that match a part."""
    claimants = tuple(f for name in part.names for f, p in free.items() if p == name)
    if claimants or not part.fallbacks:
        return claimants
    present = set(free.values())
    name = next((name for name in part.fallbacks if name in present), None)
    return tuple(f for f, p in free.items() if p == name)


def _is_claimed(names: Sequence[str], claimed: Claims) -> bool:
    return any(plain(field) in names for claimants in claimed.values() for field in claimants)


def is_complete(dialect: Dialect, claimed: Claims) -> bool:
    """Whether every required part of the dialect has a field."""
    return all(part.name in claimed for part in dialect.parts if part.required)


def outsiders(
    dialect: Dialect, fields: Sequence[str], mapping: Mapping[str, str]
) -> tuple[str, ...]:
    """The fields with names of other dialects (`dialect.without`), except those in `mapping`."""
    mapped = {mapped_field(name, fields) for name in mapping.values()}
    return tuple(f for f in fields if f not in mapped and plain(f) in dialect.without)


def named_claims(
    dialect: Dialect, fields: tuple[str, ...], named_fields: Mapping[str, str]
) -> Claims | None:
    """The fields of each part, if they are those of the dialect by name; else None."""
    find = _claims_once if len(fields) <= _FEW_FIELDS else _claims_once.__wrapped__
    return find(dialect, fields, tuple(named_fields.items()))


def field_names(claimed: Claims) -> dict[str, object]:
    """What a reader of labels has to know of names, as values of a row: `names`, of the fields of
    two completions, one of which a label may name; `label_name`, which may speak of the worse one.
    """
    found: dict[str, object] = {}
    if "first" in claimed and "second" in claimed:
        found["names"] = (claimed["first"][0], claimed["second"][0])
    if "label" in claimed:
        found["label_name"] = claimed["label"][0]
    return found


def filled(row: Row) -> tuple[str, ...]:
    """The fields of a row that have a value."""
    return tuple(name for name, value in row.items() if not is_blank(value))


@lru_cache(maxsize=4096)  # the rows of many files have few distinct tuples of field names
def _claims_once(
    dialect: Dialect, fields: tuple[str, ...], named_fields: tuple[tuple[str, str], ...]
) -> Claims | None:
    mapping = dict(named_fields)
    claimed = claims(dialect, fields, mapping)
    is_named = is_complete(dialect, claimed) and not outsiders(dialect, fields, mapping)
    return claimed if is_named else None
