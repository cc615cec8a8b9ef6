"""Pairs whose better and worse completion go by other names than chosen and rejected.

Polarity: by field name. Each dialect has its own couple of names, so that the better side of one is
never put beside the worse side of another. A prompt, system, history and scores are those of
`pairs`.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair, with_margin
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS
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

NAMED_SIDES = (
    CVALUES,
    STACK_EXCHANGE,
    ACCEPTED,
    PREFERRED,
    BETTER_WORSE,
    CHOSEN_ANSWER,
)
