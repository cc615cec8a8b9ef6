"""Compares two rows part by part, and marks where their texts differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from prefdata.io.files.written_rows import texts_of_rows
from prefdata.pipeline.explanation.links import BRIDGE
from prefdata.records.columns import SIDES
from prefdata.records.identity import normalise
from prefdata.results.ledger import OPPOSITES
from prefdata.results.review import LABEL_FLIPPED
from prefdata.transforms.texts.differences import Difference, differences

LIMIT = 20


CYCLE = "preference-cycle"

UNLIKE_BELOW = 0.3
"""Share of letters in equal words below which differences are not marked, since nearly all would
be. Answers of two models to one prompt are mostly below 0.2, texts derived from each other above
0.5.
"""

_PIECE = 12  # a common run of this many letters is no coincidence
_CROSSED = {"prompt": "prompt", "chosen": "rejected", "rejected": "chosen"}
_STRAIGHT = {side: side for side in SIDES}


@dataclass(frozen=True)
class Row:
    """A line of the ledger, and the record as written or the raw text; None if not found."""

    line: dict[str, Any]
    text: dict[str, Any] | None


@dataclass(frozen=True)
class ComparedPart:
    """One part of the left row, and the part of the right row that it is compared with.

    `is_unlike`: the texts have so little in common that they are shown without marks.
    """

    left: str
    right: str
    difference: Difference
    is_unlike: bool


@dataclass(frozen=True)
class SideBySide:
    """A row (left) compared with another one (right).

    `opposite`: their labels contradict each other. `crossed`: chosen is compared with rejected, so
    that equal completions face each other. `parts` is empty unless both texts were found.
    """

    other: Row
    reasons: tuple[str, ...]
    opposite: bool
    crossed: bool
    parts: tuple[ComparedPart, ...]

    @property
    def prompts_only(self) -> bool:
        """Whether only the prompts matter to the link between the rows."""
        return self.reasons == (BRIDGE,)


def compared(
    left: Row, right: Row, reasons: tuple[str, ...], *, opposite: bool | None = None
) -> SideBySide:
    """Compares two rows; whether their labels contradict follows from the reasons unless given.

    Reasons and `opposite` refer to the rows as they were read; a label that was flipped since then
    inverts `opposite`.
    """
    if opposite is None:
        opposite = any(reason in OPPOSITES for reason in reasons)
    opposite ^= _is_turned(left.line) != _is_turned(right.line)
    if not _is_record(left.text) or not _is_record(right.text):
        return SideBySide(right, reasons, opposite, opposite, ())
    assert left.text is not None
    assert right.text is not None
    crossed = opposite or (CYCLE in reasons and _meet_crosswise(left.text, right.text))
    result = SideBySide(right, reasons, opposite, crossed, ())
    facing = _CROSSED if crossed else _STRAIGHT
    parts = (
        _part(left.text, right.text, side, facing[side])
        for side in (("prompt",) if result.prompts_only else SIDES)
    )
    return replace(result, parts=tuple(parts))


def _is_turned(line: Mapping[str, Any]) -> bool:
    """Whether chosen and rejected were swapped after the row was read."""
    if line.get("verdict") != "keep":
        return False
    return any(flag["reason"] == LABEL_FLIPPED for flag in line["flags"])


def _part(
    left: Mapping[str, Any], right: Mapping[str, Any], side: str, other_side: str
) -> ComparedPart:
    texts = said_in(left, side), said_in(right, other_side)
    difference = differences(*texts)
    return ComparedPart(side, other_side, difference, _is_unlike(*texts, difference))


def _is_unlike(left: str, right: str, difference: Difference) -> bool:
    """Whether little is equal, case and form aside, and neither text is largely in the other."""
    if not (left and right) or difference.only_form or difference.uncompared:
        return False
    if _have_much_in_common(difference):
        return False
    return not _have_much_in_common(differences(normalise(left), normalise(right)))


def _have_much_in_common(difference: Difference) -> bool:
    letters = Counter[str]()
    longest = 0
    for span in difference.spans:
        count = sum(map(str.isalnum, span.text))
        letters[span.kind] += count
        longest = max(longest, count) if span.kind == "same" else longest
    same, left, right = (letters[kind] for kind in ("same", "left", "right"))
    shorter = same + min(left, right)
    is_piece = longest >= _PIECE and longest >= shorter / 2
    return is_piece or 2 * same >= UNLIKE_BELOW * (2 * same + left + right)


def rows_of(
    root: Path, ledger: pl.LazyFrame, lines: Sequence[dict[str, Any]], more: Iterable[int]
) -> dict[int, Row]:
    """The given lines of the ledger and some more rows, by number, with their texts."""
    known = {line["row"] for line in lines}
    missing = sorted(set(more) - known)
    others = ledger.filter(pl.col("row").is_in(missing)).collect().to_dicts() if missing else []
    texts = texts_of_rows(root, [*lines, *others])
    return {line["row"]: Row(line, texts.get(line["row"])) for line in (*lines, *others)}


def said_in(record: Mapping[str, Any], side: str) -> str:
    """The messages of a part as one text; a completion of a single answer without its role.

    >>> said_in({"prompt": [{"role": "user", "content": "Hi"}]}, "prompt")
    'user: Hi'
    """
    messages = messages_in(record, side)
    if side != "prompt" and [role for role, _ in messages] == ["assistant"]:
        return messages[0][1]
    return "\n\n".join(f"{role}: {text}" for role, text in messages)


def messages_in(record: Mapping[str, Any], side: str) -> list[tuple[str, str]]:
    """Role and text of each message of a part; other fields of a message follow its text."""
    return [_message(message) for message in record[side]]


def _message(message: str | Mapping[str, Any]) -> tuple[str, str]:
    """Role and text of a message, in whichever form it is written."""
    fields = dict(json.loads(message) if isinstance(message, str) else message)
    role, content = fields.pop("role"), fields.pop("content", None)
    extra = fields.pop("extra", None)
    if isinstance(extra, str):
        fields |= json.loads(extra)
    more = json.dumps(fields, ensure_ascii=False, sort_keys=True) if fields else ""
    return role, " ".join(text for text in (content, more) if text)


def _is_record(text: Mapping[str, Any] | None) -> bool:
    return text is not None and all(side in text for side in SIDES)


def _meet_crosswise(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return any(
        said_in(left, side) == said_in(right, _CROSSED[side]) for side in ("chosen", "rejected")
    )
