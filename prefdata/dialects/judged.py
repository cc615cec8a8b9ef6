"""Two completions and a judgement: AlpacaEval, and the sets that LLM judges write.

AlpacaEval: instruction, output_1, output_2, preference: a number from 1 (output_1 is better) to
2 (output_2 is better). Nearer than 1.5 to its end is chosen; the margin is |2 * preference - 3|.

LLM judges: a prompt; two responses (response_1/response_2, answer_a/answer_b, ...); a label
(label | winner | preferred | ...). A label in words says what it means: `judge-named`. A label
0, 1 or 2 has two readings, opposite to each other: `judge-zero-based` (0 is the first, 1 the
second, 2 a tie) and `judge-one-based` (1 the first, 2 the second, 0 a tie). Both fit, so that a
person has to say which.

A tie becomes a record with the first completion as chosen and margin 0.0; the rule `tie` drops
it by default. Labels stay in metadata: with them, which completion stood first can be told.
"""

from __future__ import annotations

import re
from functools import partial

from prefdata.dialects.assembly import pair, turned
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import PROMPT_PARTS
from prefdata.dialects.values import described
from prefdata.errors import RowFault
from prefdata.records.record import Record

FIRST, SECOND, TIE = "first", "second", "tie"

_NOUNS = ("response", "answer", "output", "completion")
_LABELS = ("label", "winner", "preferred", "preferred_response", "choice")
_FIRST_WORDS = frozenset({"a", "1st", "first"})
_SECOND_WORDS = frozenset({"b", "2nd", "second"})
_TIE_WORDS = frozenset(
    {"tie", "tied", "draw", "equal", "same", "both", "neither", "bothbad", "bothgood", "tiebothbad"}
)
_NAMED = re.compile(
    r"(?:model|response|answer|output|completion|assistant|option|candidate|conversation)"
    r"(?P<which>a|b|1|2)"
)


def _names(*marks: str) -> tuple[str, ...]:
    return tuple(f"{noun}{gap}{mark}" for mark in marks for noun in _NOUNS for gap in ("_", ""))


def judged(values: Values, better: str, margin: float | None = None) -> Record:
    """The record of a first and a second completion, of which one is better, or neither."""
    record = pair(values, "first", "second")
    margin = 0.0 if better == TIE else margin
    return turned(record, second_is_better=better == SECOND, margin=margin)


def alpaca(values: Values) -> Record:
    """One AlpacaEval row as a record."""
    preference = _graded(values.get("preference"))
    if preference is None or not 1.0 <= preference <= 2.0:
        said = described(values.get("preference"))
        raise RowFault("unknown-label", f"preference is {said}, not a number from 1 to 2")
    better = SECOND if preference > 1.5 else FIRST
    return judged(values, better, abs(2.0 * preference - 3.0))


def _graded(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def named(values: Values) -> Record:
    """One row whose label is in words as a record."""
    return judged(values, verdict(values.get("label")))


def verdict(label: object) -> str:
    """What a label in words says: first, second or tie; raises RowFault for anything else.

    >>> verdict("Response A"), verdict("model_b"), verdict("tie (bothbad)")
    ('first', 'second', 'tie')
    """
    word = re.sub(r"[\s_\-()\[\].:]+", "", label.casefold()) if isinstance(label, str) else ""
    match = _NAMED.fullmatch(word)
    which = match["which"] if match else word
    if which in _FIRST_WORDS or (match and which == "1"):
        return FIRST
    if which in _SECOND_WORDS or (match and which == "2"):
        return SECOND
    if which in _TIE_WORDS:
        return TIE
    raise RowFault("unknown-label", f"label is {described(label)}: neither first, second nor tie")


def numbered(order: tuple[str, str, str], values: Values) -> Record:
    """One row whose label is 0, 1 or 2 as a record; `order` says what each of them means."""
    label = _graded(values.get("label"))
    if label not in (0.0, 1.0, 2.0):
        said = described(values.get("label"))
        raise RowFault("unknown-label", f"label is {said}, not 0, 1 or 2")
    return judged(values, order[int(label)])


_JUDGE_PARTS = (
    *PROMPT_PARTS,
    DialectPart("first", _names("1", "a")),
    DialectPart("second", _names("2", "b")),
)
_MORE_RESPONSES = _names("0", "3", "c")
"""With these there are not two responses, or their count begins at 0."""

ALPACA = Dialect(
    name="alpaca-eval",
    summary="AlpacaEval: two outputs and a graded preference from 1 to 2",
    polarity="preference 1 says output_1 is the better one, 2 says output_2, 1.5 is a tie",
    parts=(
        *PROMPT_PARTS,
        DialectPart("first", ("output_1",)),
        DialectPart("second", ("output_2",)),
        DialectPart("preference", ("preference",), held=False),
    ),
    convert=alpaca,
    without=_MORE_RESPONSES,
)
JUDGE_NAMED = Dialect(
    name="judge-named",
    summary="two responses and a label in words (A, response_1, model_b, tie, ...)",
    polarity="the response that the label names is the better one",
    parts=(*_JUDGE_PARTS, DialectPart("label", (*_LABELS, "preference"), held=False)),
    convert=named,
    without=_MORE_RESPONSES,
)


def _judge_numbered(name: str, polarity: str, order: tuple[str, str, str]) -> Dialect:
    return Dialect(
        name=name,
        summary="two responses and a label 0, 1 or 2",
        polarity=polarity,
        parts=(*_JUDGE_PARTS, DialectPart("label", _LABELS, held=False)),
        convert=partial(numbered, order),
        without=_MORE_RESPONSES,
    )


JUDGE_ZERO_BASED = _judge_numbered(
    "judge-zero-based",
    "label 0 says the first response is the better one, 1 the second, 2 is a tie",
    (FIRST, SECOND, TIE),
)
JUDGE_ONE_BASED = _judge_numbered(
    "judge-one-based",
    "label 1 says the first response is the better one, 2 the second, 0 is a tie",
    (TIE, FIRST, SECOND),
)
