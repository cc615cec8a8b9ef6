"""Two completions and a judgement: AlpacaEval, and datasets of LLM judges.

AlpacaEval: instruction, output_1, output_2, preference: a number from 1 (output_1 is better) to
2 (output_2 is better). Below 1.5 output_1 is chosen, above output_2; the margin is
|2 * preference - 3|.

LLM judges: a prompt; two responses (response_1/response_2, answer_a/answer_b, ...); a label (label
| winner | preferred | ...). A label in words is unambiguous: `judge-named`. A label 0, 1 or 2 has
two opposite readings: `judge-zero-based` (0 is the first, 1 the second, 2 a tie) and
`judge-one-based` (1 the first, 2 the second, 0 a tie). Both fit, so the user has to choose.

A tie becomes a record with the first completion as chosen and margin 0.0; the rule `tie` drops it
by default. Labels are kept in metadata, which shows which completion came first.
"""

from __future__ import annotations

import re
from functools import partial

from prefdata.dialects.assembly import pair, with_better_chosen
from prefdata.dialects.dialect import Dialect, DialectPart, Labels, Values
from prefdata.dialects.fields import PROMPT_PARTS
from prefdata.dialects.values import describe, is_unstated
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


def judged_record(values: Values, better: str, margin: float | None = None) -> Record:
    """The record of a first and a second completion; `better`: first, second or tie."""
    record = pair(values, "first", "second")
    margin = 0.0 if better == TIE else margin
    return with_better_chosen(record, second_is_better=better == SECOND, margin=margin)


def alpaca(values: Values) -> Record:
    """Converts one AlpacaEval row to a record."""
    preference = _preference(values)
    better = SECOND if preference > 1.5 else FIRST
    return judged_record(values, better, abs(2.0 * preference - 3.0))


def _preference(values: Values) -> float:
    preference = _graded(values.get("preference"))
    if preference is None or not 1.0 <= preference <= 2.0:
        value = describe(values.get("preference"))
        raise RowFault("unknown-label", f"preference is {value}, not a number from 1 to 2")
    return preference


def _graded(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def convert_named(values: Values) -> Record:
    """Converts one row with a label in words to a record."""
    return judged_record(values, _word(values))


def _word(values: Values) -> str:
    return verdict(values.get("label"))


def verdict(label: object) -> str:
    """The meaning of a label in words: first, second or tie. Raises RowFault for anything else.

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
    raise RowFault("unknown-label", f"label is {describe(label)}: neither first, second nor tie")


def convert_numbered(order: tuple[str, str, str], values: Values) -> Record:
    """Converts one row with a label 0, 1 or 2 to a record; `order`: the meaning of each."""
    return judged_record(values, order[_number(values)])


def _number(values: Values) -> int:
    label = _graded(values.get("label"))
    if label not in (0.0, 1.0, 2.0):
        value = describe(values.get("label"))
        raise RowFault("unknown-label", f"label is {value}, not 0, 1 or 2")
    return int(label)


JUDGE_PARTS = (
    *PROMPT_PARTS,
    DialectPart("first", _names("1", "a")),
    DialectPart("second", _names("2", "b")),
)
MORE_RESPONSES = _names("0", "3", "c")
"""Fields that show that there are not two responses, or that they are numbered from 0."""

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
    without=MORE_RESPONSES,
    labels=Labels(
        ("preference",), "a number from 1 to 2, where 1.5 is a tie", _preference, is_unstated
    ),
)
JUDGE_NAMED = Dialect(
    name="judge-named",
    summary="two responses and a label in words (A, response_1, model_b, tie, ...)",
    polarity="the response that the label names is the better one",
    parts=(*JUDGE_PARTS, DialectPart("label", (*_LABELS, "preference"), held=False)),
    convert=convert_named,
    without=MORE_RESPONSES,
    labels=Labels(
        ("label",), "a word for the first response, the second, or a tie", _word, is_unstated
    ),
)


def _judge_numbered(name: str, polarity: str, order: tuple[str, str, str]) -> Dialect:
    return Dialect(
        name=name,
        summary="two responses and a label 0, 1 or 2",
        polarity=polarity,
        parts=(*JUDGE_PARTS, DialectPart("label", _LABELS, held=False)),
        convert=partial(convert_numbered, order),
        without=MORE_RESPONSES,
        labels=Labels(("label",), "0, 1 or 2", _number, is_unstated),
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
