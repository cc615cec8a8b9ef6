"""Plain preference pairs: a prompt field, and fields for the better and the worse completion.

Fields: prompt | question | instruction (+ input) | query | problem; chosen | chosen_response;
rejected | rejected_response; optional system, history, margin, and a pair of scores
(chosen_score/rejected_score, score_chosen/score_rejected, chosen_rating/rejected_rating, or one of
the fallbacks: rewards, grades, points).

Polarity: by field name. The margin is `margin`, else chosen score - rejected score; a negative one
is kept, and found by the rule `negative-margin`.

This is also TRL's explicit prompt, standard and conversational: prompt and sides may each be a
text, a list of messages, one message, or JSON text of these. A text is one user or assistant
message, unchanged. Messages of the prompt that a side repeats are removed from it.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import (
    CHOSEN_FALLBACKS,
    CHOSEN_NAMES,
    PROMPT_PARTS,
    REJECTED_FALLBACKS,
    REJECTED_NAMES,
)
from prefdata.dialects.values import number
from prefdata.records.record import Record

_SCORE_NOUNS = ("rating", "reward", "avg_rating", "mean_rating", "rm_score", "grade", "points")


def _rarer_scores(side: str) -> tuple[str, ...]:
    """Fallbacks in the same order for both sides, so that scores of one kind are compared."""
    names = [name for noun in _SCORE_NOUNS for name in (f"{side}_{noun}", f"{noun}_{side}")]
    return tuple(names[1:])


SCORE_PARTS = (
    DialectPart("margin", ("margin",), required=False),
    DialectPart(
        "chosen_score",
        ("chosen_score", "score_chosen", "chosen_rating"),
        required=False,
        held=False,
        fallbacks=_rarer_scores("chosen"),
    ),
    DialectPart(
        "rejected_score",
        ("rejected_score", "score_rejected", "rejected_rating"),
        required=False,
        held=False,
        fallbacks=_rarer_scores("rejected"),
    ),
)


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    record = pair(values, "chosen", "rejected")
    margin = margin_of(values)
    if margin is None:
        return record
    return Record(record.prompt, record.chosen, record.rejected, margin)


def margin_of(values: Values) -> float | None:
    """The margin of a row: its own, else the difference of its scores; None if it has neither."""
    margin = number(values.get("margin"), "margin")
    if margin is not None:
        return margin
    chosen = number(values.get("chosen_score"), "chosen_score")
    rejected = number(values.get("rejected_score"), "rejected_score")
    return None if chosen is None or rejected is None else chosen - rejected


PAIRS = Dialect(
    name="pairs",
    summary="a prompt, a chosen and a rejected completion, as text or messages",
    polarity="the field named chosen is the better one",
    parts=(
        *PROMPT_PARTS,
        DialectPart("chosen", CHOSEN_NAMES, fallbacks=CHOSEN_FALLBACKS),
        DialectPart("rejected", REJECTED_NAMES, fallbacks=REJECTED_FALLBACKS),
        *SCORE_PARTS,
    ),
    convert=convert,
)
