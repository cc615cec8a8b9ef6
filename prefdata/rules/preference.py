"""Rules on the preference itself: identical sides, copied prompts, margins."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Bytes, Flags, Ints
from prefdata.records.record import USER, Message, Record, text_of
from prefdata.records.texts import SideTexts, TextView
from prefdata.records.unicode_form import normal_form
from prefdata.results.sentences import Sentence
from prefdata.rules.gates import (
    FAR,
    NEAR,
    differ,
    heads,
    last_user_messages,
    may_begin_alike,
    tails,
)
from prefdata.rules.quote import completions, quote
from prefdata.rules.rule import Rule

_ECHO_BYTES = 12
"""Shorter prompts are not searched in completions: "Hello" may be answered by "Hello"."""


def fold_text(text: str) -> str:
    """A text without insignificant differences: Unicode form (NFC), case, white space.

    >>> fold_text("Caf\\u0065\\u0301  au\\nLait ")
    'café au lait'
    """
    return " ".join(normal_form("NFC", text).casefold().split())


def _identical_sides(record: Record) -> Sentence | None:
    if record.chosen == record.rejected:
        return Sentence("sides.same", quote=quote(text_of(record.chosen)))
    if _folded_side(record.chosen) == _folded_side(record.rejected):
        return Sentence("sides.same-folded", quote=quote(text_of(record.chosen)))
    return None


def _folded_side(messages: tuple[Message, ...]) -> list[tuple[str, str, str | None]]:
    return [(m.role, fold_text(m.content or ""), m.extra) for m in messages]


def _one_side_is_prefix(record: Record) -> Sentence | None:
    chosen, rejected = text_of(record.chosen).strip(), text_of(record.rejected).strip()
    if not chosen or not rejected or chosen == rejected:
        return None
    if chosen.startswith(rejected):
        return _goes_on("chosen", "rejected", quote(chosen, len(rejected)))
    if rejected.startswith(chosen):
        return _goes_on("rejected", "chosen", quote(rejected, len(chosen)))
    return None


def _goes_on(longer: str, shorter: str, shown: str) -> Sentence:
    return Sentence("sides.goes-on", longer=longer, shorter=shorter, quote=shown)


def _prompt_in_completion(record: Record) -> Sentence | None:
    asked = [m.content for m in record.prompt if m.role == USER][-1:]
    question = (asked[0] or "").strip() if asked else ""
    if len(question.encode()) < _ECHO_BYTES:
        return None
    for side, messages in completions(record):
        if messages and (messages[0].content or "").strip().startswith(question):
            return Sentence("sides.echo", side=side, quote=quote(question))
    return None


def _tie(record: Record) -> Sentence | None:
    return Sentence("margin.zero") if record.margin == 0 else None


def _negative_margin(record: Record) -> Sentence | None:
    margin = record.margin
    if margin is None or not math.isfinite(margin) or margin >= 0:
        return None
    return Sentence("margin.negative", margin=margin)


def _invalid_margin(record: Record) -> Sentence | None:
    if record.margin is None or math.isfinite(record.margin):
        return None
    return Sentence("margin.invalid", margin=str(record.margin))


def _identical_rows(view: TextView) -> Ints:
    """Rows whose sides have the same number of messages, and similar beginnings and ends."""
    chosen, rejected = view.completions
    rows = may_begin_alike(chosen.openings, rejected.openings)
    rows = rows[chosen.counts[rows] == rejected.counts[rows]]
    rows = rows[~differ(chosen.openings[rows], rejected.openings[rows], fold=True)]
    held = chosen.counts[rows] > 0
    empty, rows = rows[~held], rows[held]
    for width in (NEAR, FAR):
        if rows.size:
            ends = (tails(side, side.firsts[rows + 1] - 1, width) for side in view.completions)
            rows = rows[~differ(*ends, fold=True, backwards=True)]
    return np.concatenate([rows, empty])


def _prefix_rows(view: TextView) -> Ints:
    """Rows whose sides are equal until one ends or a byte is not firm."""
    chosen, rejected = view.completions
    rows = may_begin_alike(chosen.openings, rejected.openings)
    rows = rows[(chosen.counts[rows] > 0) & (rejected.counts[rows] > 0)]
    rows = rows[~_part(chosen.openings[rows], rejected.openings[rows], either=True)]
    if not rows.size:
        return rows
    begins = [heads(side, side.firsts[rows], FAR) for side in view.completions]
    return rows[~_part(*begins, either=True)]


def _echo_rows(view: TextView) -> Ints:
    """Rows with a completion that begins with the prompt, if that is long enough."""
    rows, questions = last_user_messages(view)
    starts, ends = view.prompt.edges
    long = (ends - starts)[questions] >= _ECHO_BYTES
    rows, questions = rows[long], questions[long]
    if not rows.size:
        return rows
    near = (
        view.prompt.openings[rows] if view.prompt.is_single else heads(view.prompt, questions, NEAR)
    )
    return np.concatenate([_echoes(view, rows, questions, near, s) for s in view.completions])


def _echoes(view: TextView, rows: Ints, questions: Ints, near: Bytes, side: SideTexts) -> Ints:
    openings = side.openings[rows]
    left = may_begin_alike(near, openings)
    left = left[~_part(near[left], openings[left]) & (side.counts[rows[left]] > 0)]
    rows, questions = rows[left], questions[left]
    if not rows.size:
        return rows
    asked, begin = heads(view.prompt, questions, FAR), heads(side, side.firsts[rows], FAR)
    return rows[~_part(asked, begin)]


def _part(left: Bytes, right: Bytes, *, either: bool = False) -> Flags:
    """Which windows (n) certainly differ before the left one (`either`: one of the two) ends."""
    parting = differ(left, right, fold=False)
    at = (left != right).argmax(axis=1)
    each = np.arange(len(left))
    parting &= left[each, at] != 0
    if either:
        parting &= right[each, at] != 0
    return parting


def _tie_rows(view: TextView) -> Ints:
    rows, margins = _margins(view)
    return np.asarray(rows[margins == 0])


def _negative_rows(view: TextView) -> Ints:
    rows, margins = _margins(view)
    return np.asarray(rows[margins < 0])


def _invalid_rows(view: TextView) -> Ints:
    rows, margins = _margins(view)
    return np.asarray(rows[~np.isfinite(margins)])


def _margins(view: TextView) -> tuple[Ints, npt.NDArray[np.float64]]:
    """The rows that have a margin, and their margins."""
    if view.margin.null_count == view.rows:
        return np.zeros(0, np.int64), np.zeros(0)
    rows = np.flatnonzero(view.margin.is_valid().to_numpy(zero_copy_only=False))
    return rows, view.margin.drop_null().to_numpy()


RULES = (
    Rule(
        "identical-sides",
        "record",
        "error",
        "Chosen and rejected are the same, apart from case, white space and Unicode form (NFC).",
        "Drop the row: it teaches nothing.",
        _identical_sides,
        _identical_rows,
    ),
    Rule(
        "one-side-is-prefix",
        "record",
        "warning",
        "One completion is the beginning of the other: it was often cut off.",
        "Check whether a token limit has cut off the shorter side.",
        _one_side_is_prefix,
        _prefix_rows,
    ),
    Rule(
        "prompt-in-completion",
        "record",
        "warning",
        "A completion begins with the last user text of the prompt.",
        "Remove the prompt from the completion, or read the file as implicit-prompt pairs.",
        _prompt_in_completion,
        _echo_rows,
    ),
    Rule(
        "tie",
        "record",
        "error",
        "The margin is 0: the row does not say which side is better.",
        "Drop the row, or keep ties: --rule tie=warning, and for judgements also --ties keep.",
        _tie,
        _tie_rows,
    ),
    Rule(
        "negative-margin",
        "record",
        "error",
        "The margin is negative: according to it, rejected is the better side.",
        "Check the label direction of the source; swap the sides or drop the row.",
        _negative_margin,
        _negative_rows,
    ),
    Rule(
        "invalid-margin",
        "record",
        "error",
        "The margin is not a finite number.",
        "Remove the margin of the row, or compute it again.",
        _invalid_margin,
        _invalid_rows,
    ),
)
