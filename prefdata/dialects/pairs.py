"""Plain preference pairs: a prompt field, and fields for the better and the worse completion.

Fields: prompt | question | instruction (+ input) | query | problem; chosen | chosen_response;
rejected | rejected_response; optional system, history, margin, and a pair of scores
(chosen_score/rejected_score, score_chosen/score_rejected, chosen_rating/rejected_rating, or one of
the fallbacks: rewards, grades, points), or both in `scores`.

Polarity: by field name. The margin is `margin`, else chosen score - rejected score, else what a
field like `score_diff`, `magnitude` or `gap` holds; a negative one is kept, and found by the rule
`negative-margin`.

This is also TRL's explicit prompt, standard and conversational: prompt and sides may each be a
text, a list of messages, one message, or JSON text of these. A text is one user or assistant
message, unchanged. Messages of the prompt that a side repeats are removed from it.

Step-DPO's `initial_reason_steps` is the beginning of both completions, and stands before each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from prefdata.dialects.assembly import listed_texts, pair, text_or_messages, with_margin
from prefdata.dialects.conversations.agreeing_prompt import agreeing_field
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import (
    CHOSEN_FALLBACKS,
    CHOSEN_NAMES,
    PROMPT_PARTS,
    REJECTED_FALLBACKS,
    REJECTED_NAMES,
    is_blank,
)
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import decode_json, number, text
from prefdata.errors import RowFault
from prefdata.records.record import Record

_SCORE_NOUNS = ("rating", "reward", "avg_rating", "mean_rating", "rm_score", "grade", "points")

_GAPS = (
    *("reward_margin", "score_margin", "rating_margin", "score_diff", "score_difference"),
    *("reward_diff", "rating_diff", "score_delta", "score_gap", "magnitude", "strength"),
    *("preference_strength", "delta", "gap", "分差", "强度"),
)


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
    DialectPart(
        "scores", ("scores",), required=False, held=False, fallbacks=("rewards", "ratings")
    ),
    DialectPart("gap", (), required=False, held=False, fallbacks=_GAPS),
)


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    record = pair(values, "chosen", "rejected")
    prefix = values.get("prefix")
    if not is_blank(prefix):
        record = _after(text(prefix, "prefix"), record)
    return with_margin(record, margin_of(values))


def _after(prefix: str, record: Record) -> Record:
    """The record whose completions are texts that go on from `prefix`."""
    sides = [_goes_on(side, prefix) for side in (record.chosen, record.rejected)]
    return structs.replace(record, chosen=sides[0], rejected=sides[1])


def _goes_on(side: Messages, prefix: str) -> Messages:
    if len(side) != 1 or side[0].content is None:
        raise RowFault("wrong-type", "a beginning of both completions stands beside conversations")
    return (structs.replace(side[0], content=prefix + side[0].content),)


def margin_of(values: Values) -> float | None:
    """The margin of a row: its own, else the difference of its scores, else a number that another
    name says is one; None if it has none."""
    margin = number(values.get("margin"), "margin")
    if margin is not None:
        return margin
    chosen = number(values.get("chosen_score"), "chosen_score")
    rejected = number(values.get("rejected_score"), "rejected_score")
    if chosen is not None and rejected is not None:
        return chosen - rejected
    between = _between(values.get("scores"))
    return _if_number(values.get("gap")) if between is None else between


def _between(scores: object) -> float | None:
    """The difference of two scores in an object with both sides, or in a list; which of a list is
    the chosen one's is not said, so that only the size counts. None for anything else."""
    if isinstance(scores, str) and scores[:1] in ("[", "{"):
        try:
            scores = decode_json(scores, "scores")
        except RowFault:
            return None
    is_list = isinstance(scores, list) and len(scores) == 2
    if isinstance(scores, dict) and {"chosen", "rejected"} <= scores.keys():
        two = [scores["chosen"], scores["rejected"]]
    elif isinstance(scores, list) and is_list:
        two = scores
    else:
        return None
    chosen, rejected = map(_if_number, two)
    if chosen is None or rejected is None:
        return None
    return abs(chosen - rejected) if is_list else chosen - rejected


def _if_number(value: object) -> float | None:
    try:
        return number(value, "a score")
    except RowFault:
        return None


def prompt_of_sides(
    part: str, candidates: Mapping[str, object], sides: Sequence[object]
) -> str | None:
    """The field, of several that can be the prompt, that two whole conversations begin with; None
    if they do not say."""
    if part != "prompt" or len(sides) != 2:
        return None
    chosen, rejected = (text_or_messages(side, "a side") for side in sides)
    if isinstance(chosen, str) or isinstance(rejected, str):
        return None
    return agreeing_field(candidates, chosen, rejected)


def is_transcript_prompt(prompt: object) -> bool:
    """Whether a prompt is a text of Human: and Assistant: turns that ends where a reply begins."""
    if not isinstance(prompt, str) or "\n\nAssistant:" not in prompt:
        return False
    written = prompt.strip()
    return written.startswith("Human:") and written.endswith("\n\nAssistant:")


def _fits(values: Values) -> bool:
    chosen, rejected = values["chosen"], values["rejected"]
    if isinstance(rejected, str) and isinstance(chosen, str) and listed_texts(rejected) is not None:
        return listed_texts(chosen) is not None  # else a list of several rejected ones, from CSV
    return not is_transcript_prompt(values["prompt"])


PAIRS = Dialect(
    name="pairs",
    summary="a prompt, a chosen and a rejected completion, as text or messages",
    polarity="the field named chosen is the better one",
    parts=(
        *PROMPT_PARTS,
        DialectPart("chosen", CHOSEN_NAMES, fallbacks=CHOSEN_FALLBACKS),
        DialectPart("rejected", REJECTED_NAMES, fallbacks=REJECTED_FALLBACKS),
        DialectPart("prefix", ("initial_reason_steps",), required=False),
        *SCORE_PARTS,
    ),
    convert=convert,
    fits=_fits,
)
