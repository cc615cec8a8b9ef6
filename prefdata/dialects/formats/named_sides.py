"""Pairs whose better and worse completion go by other names than chosen and rejected.

Polarity: by field name. Each dialect has its own couple of names, so that the better side of one is
never put beside the worse side of another. A prompt, system, history and scores are those of
`pairs`.

`named-sides` is what further names say that can mean nothing else (winner and loser, good_answer
and bad_answer, response_w and response_l): a name of a better side beside one of a worse side. Two
of one kind with different values are an error. Where such names hold a word, or stand beside fields
for two unnamed completions, they are labels, and are not read as texts.
"""

from __future__ import annotations

from dataclasses import replace

from prefdata.dialects.assembly import pair, with_margin
from prefdata.dialects.comparisons.parts import names
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS
from prefdata.dialects.labels.words import word_preference
from prefdata.dialects.pairs import SCORE_PARTS, margin_of
from prefdata.records.record import Record


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    return with_margin(pair(values, "chosen", "rejected"), margin_of(values))


def _named(name: str, summary: str, better: tuple[str, ...], worse: tuple[str, ...]) -> Dialect:
    return Dialect(
        name=name,
        summary=summary,
        polarity=f"{better[0]} is the better one, {worse[0]} the worse one",
        parts=(
            *PROMPT_PARTS,
            DialectPart("chosen", better),
            DialectPart("rejected", worse),
            *SCORE_PARTS,
        ),
        convert=convert,
        without=CHOSEN_NAMES,
        own_names=True,
    )


CVALUES = _named(
    "cvalues", "CValues: a prompt, a positive and a negative response", ("pos_resp",), ("neg_resp",)
)
STACK_EXCHANGE = _named(
    "stack-exchange",
    "stack-exchange-paired: a question, and two answers, the first with more votes",
    ("response_j",),
    ("response_k",),
)
ACCEPTED = _named(
    "accepted",
    "a prompt, an accepted and a rejected completion",
    ("accepted", "accepted_response"),
    ("rejected", "rejected_response"),
)
PREFERRED = _named(
    "preferred",
    "a prompt, a preferred and a dispreferred completion",
    ("preferred", "preferred_response", "preferred_completion"),
    (
        *("dispreferred", "dispreferred_response", "dispreferred_completion"),
        *("non_preferred", "nonpreferred", "non_preferred_response"),
        *("unpreferred", "non_preferred_completion"),
    ),
)
BETTER_WORSE = _named(
    "better-worse",
    "a prompt, a better and a worse completion",
    ("better", "better_response", "better_answer", "better_output"),
    ("worse", "worse_response", "worse_answer", "worse_output"),
)
CHOSEN_ANSWER = _named(
    "chosen-answer",
    "a prompt, a chosen and a rejected answer",
    ("chosen_answer", "chosen_output", "chosen_completion", "response_chosen", "answer_chosen"),
    (
        *("rejected_answer", "rejected_output", "rejected_completion"),
        *("response_rejected", "answer_rejected"),
    ),
)

_NOUNS = (
    *("response", "answer", "output", "completion", "text", "reply", "summary"),
    *("edited_response", "model_response"),
)


def _forms(*words: str, alone: bool = True) -> tuple[str, ...]:
    """Field names with one of some words: alone, and before or after a noun."""
    return tuple(
        name
        for word in words
        for name in (
            *((word,) if alone else ()),
            *(f"{word}_{noun}" for noun in _NOUNS),
            *(f"{noun}_{word}" for noun in _NOUNS),
        )
    )


_SURELY_BETTER = (
    *_forms("winner", "win", "winning", "good", "positive", "best", "preferred", "selected"),
    *_forms("accept", "upvoted", "liked"),
    *_forms("safe", "w", alone=False),
    *("y_w", "yw", "chosen_text", "text_chosen", "chosen_reply", "accepted_answer"),
)
_SURELY_WORSE = (
    *_forms("loser", "lose", "losing", "bad", "negative", "worst", "rejected", "unselected"),
    *_forms("reject", "downvoted", "disliked"),
    *_forms("unsafe", "l", alone=False),
    *("y_l", "yl"),
)


def _are_texts(values: Values) -> bool:
    """Whether the sides are texts rather than what a label says: a word for a side, a number."""
    return not any(
        word_preference(side) is not None or (isinstance(side, str) and _is_number(side))
        for side in (values["chosen"], values["rejected"])
    )


def _is_number(side: str) -> bool:
    return side.strip().lstrip("+-").replace(".", "", 1).isdecimal()


SURELY_NAMED = replace(
    _named(
        "named-sides",
        "a prompt, and two completions whose names say that one is better (win and lose, ...)",
        _SURELY_BETTER,
        _SURELY_WORSE,
    ),
    polarity="winner, good, best, selected, response_w and their like are the better one; loser, "
    "bad, worst, rejected, response_l and their like the worse one",
    fits=_are_texts,
    without=(*CHOSEN_NAMES, *names("0", "1", "2", "a", "b")),
)

NAMED_SIDES = (
    CVALUES,
    STACK_EXCHANGE,
    ACCEPTED,
    PREFERRED,
    BETTER_WORSE,
    CHOSEN_ANSWER,
    SURELY_NAMED,
)
