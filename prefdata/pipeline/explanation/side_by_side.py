"""Two rows side by side: what of each is measured against what, and where it differs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from prefdata.io.files.written_rows import texts_of_rows
from prefdata.pipeline.explanation.links import BRIDGE, OPPOSITES
from prefdata.records.columns import SIDES
from prefdata.records.identity import normalise
from prefdata.results.review import LABEL_FLIPPED
from prefdata.transforms.texts.differences import Difference, differences

LIMIT = 20


CYCLE = "preference-cycle"

UNLIKE_BELOW = 0.3
"""Share of letters in equal words below which marks would say nothing but that all is different.
Answers of two models to one prompt mostly stay below 0.2, texts that one was made of above 0.5."""

_PIECE = 12  # letters in a row that both texts have on purpose, not by chance
_CROSSED = {"prompt": "prompt", "chosen": "rejected", "rejected": "chosen"}
_STRAIGHT = {side: side for side in SIDES}


@dataclass(frozen=True)
class Row:
    """A line of the ledger, and the record as written or the raw text (None: not found)."""

    line: dict[str, Any]
    text: dict[str, Any] | None


@dataclass(frozen=True)
class ComparedPart:
    """One part of the left row against the part of the right row that it is compared with.

    `is_unlike`: the texts have so little in common that they are better read without marks.
    """

    left: str
    right: str
    difference: Difference
    is_unlike: bool


@dataclass(frozen=True)
class SideBySide:
    """The row it is about (left) and another one (right).

    `opposite`: their labels contradict each other. `crossed`: chosen is compared with rejected,
    so that the same completions face each other. Without the text of both there are no `parts`.
    """

    other: Row
    reasons: tuple[str, ...]
    opposite: bool
    crossed: bool
    parts: tuple[ComparedPart, ...]

    @property
    def prompts_only(self) -> bool:
        """Whether completions do not matter for what the rows have to do with each other."""
        return self.reasons == (BRIDGE,)


def compared(
    left: Row, right: Row, reasons: tuple[str, ...], *, opposite: bool | None = None
) -> SideBySide:
    """Compares two rows; whether their labels contradict follows from the reasons unless said.

    Reasons and `opposite` are about rows as they were read; one whose label was turned since says
    the opposite of what it said.
    """
    if opposite is None:
        opposite = any(reason in OPPOSITES for reason in reasons)
    opposite ^= _is_turned(left.line) != _is_turned(right.line)
    if not _is_record(left.text) or not _is_record(right.text):
        return SideBySide(right, reasons, opposite, opposite, ())
    assert left.text is not None
    assert right.text is not None
    crossed = opposite or (CYCLE in reasons and _meet_crosswise(left.text, right.text))
    found = SideBySide(right, reasons, opposite, crossed, ())
    facing = _CROSSED if crossed else _STRAIGHT
    parts = (
        _part(left.text, right.text, side, facing[side])
        for side in (("prompt",) if found.prompts_only else SIDES)
    )
    return replace(found, parts=tuple(parts))


def _is_turned(line: Mapping[str, Any]) -> bool:
    """Whether chosen and rejected have changed places in the data since the row was read."""
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
    """Whether little is equal, case and form aside, nor most of one text a piece of the other."""
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
