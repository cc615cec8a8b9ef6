"""Rules on the reasoning of a completion: `reasoning_content` beside it, or <think> within it."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec
import polars as pl

from prefdata.records.arrays import Ints
from prefdata.records.record import Message, Record
from prefdata.records.texts import SideTexts, TextView
from prefdata.records.traits import Trait
from prefdata.results.sentences import Sentence
from prefdata.rules.gates import join, rows_with_any
from prefdata.rules.preference import fold_text
from prefdata.rules.quote import quote
from prefdata.rules.rule import Rule

_FIELDS = ("reasoning_content", "reasoning", "thinking")
_MARKS = ("<think", "</think")
_THOUGHT = re.compile(r"\s*+(?:<think(?:ing)?>)?(.*?)(?:</think(?:ing)?>|\Z)", re.DOTALL)


class _Parted(NamedTuple):
    """A completion: what it thinks, and what it answers, both without insignificant differences."""

    reasoning: str
    answer: tuple[tuple[str, str, str | None], ...]


def _parted(side: tuple[Message, ...]) -> _Parted:
    reasoning, answer = [], []
    for message in side:
        content, thought = _without_thought(message.content or "")
        extra, beside = _without_fields(message.extra)
        reasoning += [thought, beside]
        answer.append((message.role, fold_text(content), extra))
    return _Parted(" ".join(filter(None, map(str.strip, reasoning))), tuple(answer))


def _without_thought(content: str) -> tuple[str, str]:
    """A content without what stands between the marks of a thought, and that."""
    begins = content.lstrip().startswith("<think")
    if not begins and "</think" not in content:
        return content, ""
    match = _THOUGHT.match(content)
    return (content[match.end() :], match[1]) if match else (content, "")


def _without_fields(extra: str | None) -> tuple[str | None, str]:
    """The other fields of a message without those of its reasoning, and that."""
    if extra is None or not any(f'"{name}"' in extra for name in _FIELDS):
        return extra, ""
    fields = msgspec.json.decode(extra)
    thoughts = [value for name in _FIELDS if isinstance(value := fields.pop(name, None), str)]
    left = msgspec.json.encode(fields, order="sorted").decode() if fields else None
    return left, " ".join(thoughts)


def _reasoning_only_differs(record: Record) -> Sentence | None:
    chosen, rejected = _parted(record.chosen), _parted(record.rejected)
    if chosen.reasoning == rejected.reasoning or chosen.answer != rejected.answer:
        return None
    return Sentence("reasoning.only", quote=quote(chosen.reasoning or rejected.reasoning))


def _one_side_reasons(record: Record) -> Sentence | None:
    chosen, rejected = _parted(record.chosen).reasoning, _parted(record.rejected).reasoning
    if bool(chosen) == bool(rejected):
        return None
    side = "chosen" if chosen else "rejected"
    return Sentence("reasoning.one-side", side=side, quote=quote(chosen or rejected))


def _reasoning_rows(view: TextView) -> Ints:
    """Rows with a mark of a thought in a content, or a field of reasoning in a completion."""
    parts = [_rows_with_fields(side) for side in view.completions]
    return join([*parts, rows_with_any(view, _MARKS, Trait.ANGLE)])


def _rows_with_fields(side: SideTexts) -> Ints:
    if side.extras.null_count == len(side.extras):
        return join([])
    extras = pl.from_arrow(side.extras)
    assert isinstance(extras, pl.Series)
    held = extras.str.contains_any([f'"{name}"' for name in _FIELDS]).fill_null(value=False)
    return side.rows_of_messages(held.arg_true().to_numpy().astype("int64"))


RULES = (
    Rule(
        "reasoning-only-differs",
        "record",
        "warning",
        "The answers are the same; only the reasoning before them differs.",
        "Keep the row if the reasoning is judged; otherwise drop it: trainers may remove "
        "reasoning.",
        _reasoning_only_differs,
        _reasoning_rows,
    ),
    Rule(
        "one-side-reasons",
        "record",
        "warning",
        "Only one completion contains reasoning: a model can learn this instead of quality.",
        "Remove the reasoning, or add it to the other side.",
        _one_side_reasons,
        _reasoning_rows,
    ),
)
