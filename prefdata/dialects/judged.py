"""Two completions and a judgement: AlpacaEval, and datasets of LLM judges and of people.

AlpacaEval: instruction, output_1, output_2, preference: a number from 1 (output_1 is better) to
2 (output_2 is better). Below 1.5 output_1 is chosen, above output_2; the margin is
|2 * preference - 3|.

Judges: a prompt; two responses (response_1/response_2, answer_a/answer_b, 回答A/回答B, ...); a
label (label | winner | preferred | ...). A label in words, or that names one of two models, needs
no statement: `judge-named`. Numbers, booleans and codes mean what the user says, in a dialect that
is bound to that statement: `judged`. `judge-zero-based` (0 is the first, 1 the second, 2 a tie) and
`judge-one-based` (1 the first, 2 the second, 0 a tie) are two such statements with a name.

A tie becomes a record with the first completion as chosen and margin 0.0; the rule `tie` drops it
by default. Labels are kept in metadata, which shows which completion came first.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial

from prefdata.dialects.assembly import pair
from prefdata.dialects.comparisons.parts import (
    FIRST_PART,
    JUDGE_PART,
    LABEL_FALLBACKS,
    LABEL_NAMES,
    MORE_COMPLETIONS,
    SECOND_PART,
    compared_record,
    model_parts,
    names,
    score_parts,
    with_scores,
)
from prefdata.dialects.dialect import Dialect, DialectPart, Labels, Match, Values, any_values
from prefdata.dialects.fields import PROMPT_PARTS
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE, Preference, label_key, number_in
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.words import said_in_words, word_preference
from prefdata.dialects.values import describe, is_unstated
from prefdata.errors import RowFault
from prefdata.records.record import Record

_LABELS = ("label", "winner", "preferred", "preferred_response", "choice")


def alpaca(values: Values) -> Record:
    """Converts one AlpacaEval row to a record."""
    return compared_record(values, _preference(values))


def _preference(values: Values) -> Preference:
    preference = _graded(values.get("preference"))
    if preference is None or not 1.0 <= preference <= 2.0:
        value = describe(values.get("preference"))
        raise RowFault("unknown-label", f"preference is {value}, not a number from 1 to 2")
    strength = abs(2.0 * preference - 3.0)
    return Preference(TIE if not strength else SECOND if preference > 1.5 else FIRST, strength)


def _graded(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def convert_named(values: Values) -> Record:
    """Converts one row with a label in words to a record."""
    return compared_record(values, _word(values))


def _word(values: Values) -> Preference:
    return said_in_words(values.get("label"), values.get("first_model"), values.get("second_model"))


def convert_numbered(order: tuple[str, str, str], values: Values) -> Record:
    """Converts one row with a label 0, 1 or 2 to a record; `order`: the meaning of each."""
    return compared_record(values, Preference(order[_number(values)]))


def _number(values: Values) -> int:
    label = _graded(values.get("label"))
    if label not in (0.0, 1.0, 2.0):
        value = describe(values.get("label"))
        raise RowFault("unknown-label", f"label is {value}, not 0, 1 or 2")
    return int(label)


_JUDGE_PARTS = (
    *PROMPT_PARTS,
    DialectPart("first", names("1", "a")),
    DialectPart("second", names("2", "b")),
)

_MORE_LABELS = (*(n for n in LABEL_NAMES if n not in (*_LABELS, "preference")), *LABEL_FALLBACKS)

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
    without=MORE_COMPLETIONS,
    labels=Labels(
        ("preference",), "a number from 1 to 2, where 1.5 is a tie", _preference, is_unstated
    ),
)
JUDGE_NAMED = Dialect(
    name="judge-named",
    summary="two responses and a label in words (A, response_1, model_b, tie, ...)",
    polarity="the response that the label names is the better one",
    parts=(
        *PROMPT_PARTS,
        FIRST_PART,
        SECOND_PART,
        DialectPart("label", (*_LABELS, "preference"), held=False, fallbacks=_MORE_LABELS),
        *model_parts(),
        JUDGE_PART,
    ),
    convert=convert_named,
    without=MORE_COMPLETIONS,
    labels=Labels(
        ("label",),
        "a word for the first response, the second, or a tie",
        _word,
        is_unstated,
        besides=("first_model", "second_model"),
    ),
    judge_part=JUDGE_PART.name,
)


def _judge_numbered(name: str, polarity: str, order: tuple[str, str, str]) -> Dialect:
    return Dialect(
        name=name,
        summary="two responses and a label 0, 1 or 2",
        polarity=polarity,
        parts=(*_JUDGE_PARTS, DialectPart("label", _LABELS, held=False), JUDGE_PART),
        convert=partial(convert_numbered, order),
        without=MORE_COMPLETIONS,
        labels=Labels(("label",), "0, 1 or 2", _number, is_unstated),
        only_named=True,
        judge_part=JUDGE_PART.name,
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


_UNSTATED = "what the label means is not stated"
_PROMPT = replace(
    PROMPT_PARTS[0],
    fallbacks=(*PROMPT_PARTS[0].fallbacks, "context", "input", "post", "article", "source"),
)
_READ_PARTS = (_PROMPT, *PROMPT_PARTS[1:], FIRST_PART, SECOND_PART)
_LABEL_PART = DialectPart("label", LABEL_NAMES, held=False, fallbacks=LABEL_FALLBACKS)


def _unread(values: Values) -> Record:
    raise RowFault("unknown-label", _UNSTATED)


def may_be_read(values: Values) -> bool:
    """Whether a row has two completions and a label that only a statement gives a meaning to: a
    number, a boolean, a code; or, without a label, two scores."""
    pair(values, "first", "second")
    label = values.get("label")
    if not is_unstated(label):
        return label_key(label) is not None and word_preference(label) is None
    scores = values.get("first_score"), values.get("second_score")
    return label is None and None not in map(number_in, scores)


def bound(match: Match) -> Dialect:
    """`judged` as a match states the meaning of its labels; as it is if the match says nothing."""
    return JUDGED if match.label is None else judged(LabelReading.parse(match.label))


@lru_cache(maxsize=256)
def judged(reading: LabelReading) -> Dialect:
    """The dialect of two completions and a label with this meaning."""
    by_scores = reading.kind == "scores"
    labels = ("first_score", "second_score") if by_scores else ("label",)
    judged_by = score_parts(required=True) if by_scores else (_LABEL_PART, *score_parts())

    def read(values: Values) -> Preference:
        if by_scores:
            return reading.of_scores(values.get("first_score"), values.get("second_score"))
        return reading.read(values.get("label"))

    def convert(values: Values) -> Record:
        return compared_record(values, with_scores(read(values), values))

    return replace(
        JUDGED,
        polarity=reading.meaning,
        parts=(*_READ_PARTS, *judged_by, JUDGE_PART),
        convert=convert,
        fits=any_values,
        labels=Labels(labels, reading.allowed, read, is_unstated),
        bind=None,
    )


JUDGED = Dialect(
    name="judged",
    summary="two completions and a label whose meaning is stated with --label",
    polarity="the label means what --label says",
    parts=(*_READ_PARTS, replace(_LABEL_PART, required=False), *score_parts(), JUDGE_PART),
    convert=_unread,
    fits=may_be_read,
    without=MORE_COMPLETIONS,
    bind=bound,
    judge_part=JUDGE_PART.name,
)
