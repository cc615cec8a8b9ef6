"""Two rows side by side: what of each is measured against what, and where it differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from prefdata.io.written_rows import texts_of_rows
from prefdata.pipeline.links import OPPOSITES
from prefdata.records.columns import SIDES
from prefdata.transforms.differences import Difference, differences

CYCLE = "preference-cycle"

_CROSSED = {"prompt": "prompt", "chosen": "rejected", "rejected": "chosen"}
_STRAIGHT = {side: side for side in SIDES}


@dataclass(frozen=True)
class Row:
    """A line of the ledger, and the record as written or the raw text (None: not found)."""

    line: dict[str, Any]
    text: dict[str, Any] | None


@dataclass(frozen=True)
class Part:
    """One part of the left row against the part of the right row that it is compared with."""

    left: str
    right: str
    difference: Difference


@dataclass(frozen=True)
class Comparison:
    """The row it is about (left) and another one (right).

    `opposite`: their labels contradict each other. `crossed`: chosen is compared with rejected,
    so that the same completions face each other. Without the text of both there are no `parts`.
    """

    other: Row
    reasons: tuple[str, ...]
    opposite: bool
    crossed: bool
    parts: tuple[Part, ...]


def compared(
    left: Row, right: Row, reasons: tuple[str, ...], *, opposite: bool | None = None
) -> Comparison:
    """Compares two rows; whether their labels contradict follows from the reasons unless said."""
    if opposite is None:
        opposite = any(reason in OPPOSITES for reason in reasons)
    if not _is_record(left.text) or not _is_record(right.text):
        return Comparison(right, reasons, opposite, opposite, ())
    assert left.text is not None
    assert right.text is not None
    crossed = opposite or (CYCLE in reasons and _meet_crosswise(left.text, right.text))
    facing = _CROSSED if crossed else _STRAIGHT
    parts = []
    for side, other_side in facing.items():
        texts = said_in(left.text, side), said_in(right.text, other_side)
        parts.append(Part(side, other_side, differences(*texts)))
    return Comparison(right, reasons, opposite, crossed, tuple(parts))


def rows_of(
    root: Path, ledger: pl.LazyFrame, lines: Sequence[dict[str, Any]], more: Iterable[int]
) -> dict[int, Row]:
    """Some lines of a ledger and some more rows, by number, with their texts."""
    known = {line["row"] for line in lines}
    missing = sorted(set(more) - known)
    others = ledger.filter(pl.col("row").is_in(missing)).collect().to_dicts() if missing else []
    texts = texts_of_rows(root, [*lines, *others])
    return {line["row"]: Row(line, texts.get(line["row"])) for line in (*lines, *others)}


def said_in(record: Mapping[str, Any], side: str) -> str:
    """The messages of a part as one text; a completion that is one answer goes without its role.

    >>> said_in({"prompt": [{"role": "user", "content": "Hi"}]}, "prompt")
    'user: Hi'
    """
    messages = messages_in(record, side)
    if side != "prompt" and [role for role, _ in messages] == ["assistant"]:
        return messages[0][1]
    return "\n\n".join(f"{role}: {said}" for role, said in messages)


def messages_in(record: Mapping[str, Any], side: str) -> list[tuple[str, str]]:
    """Role and text of the messages of a part; what a message carries besides is in its text."""
    return [_message(message) for message in record[side]]


def _message(message: str | Mapping[str, Any]) -> tuple[str, str]:
    """The same for every form in which a message is written."""
    fields = dict(json.loads(message) if isinstance(message, str) else message)
    role, content = fields.pop("role"), fields.pop("content", None)
    extra = fields.pop("extra", None)
    if isinstance(extra, str):
        fields |= json.loads(extra)
    more = json.dumps(fields, ensure_ascii=False, sort_keys=True) if fields else ""
    return role, " ".join(said for said in (content, more) if said)


def _is_record(text: Mapping[str, Any] | None) -> bool:
    return text is not None and all(side in text for side in SIDES)


def _meet_crosswise(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return any(
        said_in(left, side) == said_in(right, _CROSSED[side]) for side in ("chosen", "rejected")
    )
