"""Dialects that are recognised but not read, since their files contain no pairs.

Ratings, rankings, unpaired preferences and step labels become pairs only by a decision (which
pairs, how to treat ties), so reading them by guess would be worse than refusing them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prefdata.dialects.dialect import Dialect, DialectPart, Values, any_values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_NAMES, REJECTED_NAMES
from prefdata.errors import RowFault
from prefdata.records.record import Record

_ADVICE = (
    "Converting them is not in this version of prefdata; make pairs with the fields prompt, "
    "chosen and rejected first."
)
_PROMPT = DialectPart("prompt", (*PROMPT_NAMES, "input"))


def _unread(values: Values) -> Record:
    raise RowFault("wrong-type", "this dialect is recognised and not read")


def _refused(
    name: str,
    what: str,
    polarity: str,
    parts: Sequence[DialectPart],
    fits: Callable[[Values], bool] = any_values,
) -> Dialect:
    return Dialect(
        name=name,
        summary=what,
        polarity=polarity,
        parts=(_PROMPT, *parts),
        convert=_unread,
        fits=fits,
        without=(*CHOSEN_NAMES, *REJECTED_NAMES),
        refusal=f"These are {what} ({polarity}), not preference pairs. {_ADVICE}",
    )


def _lists(value: object, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, kind) for v in value)


ULTRAFEEDBACK = _refused(
    "ultrafeedback",
    "UltraFeedback ratings",
    "a higher rating is better",
    [DialectPart("completions", ("completions",))],
    lambda values: _lists(values["completions"], dict),
)
DISTILABEL = _refused(
    "distilabel",
    "distilabel ratings",
    "a higher rating is better",
    [
        DialectPart("generations", ("generations", "responses")),
        DialectPart("ratings", ("ratings", "rating")),
    ],
    lambda values: isinstance(values["ratings"], list),
)
HELPSTEER = _refused(
    "helpsteer",
    "HelpSteer ratings, one row a completion",
    "a higher rating is better",
    [DialectPart("response", ("response",)), DialectPart("helpfulness", ("helpfulness",))],
)
NECTAR = _refused(
    "nectar",
    "Nectar rankings",
    "rank 1 is the best",
    [DialectPart("answers", ("answers",))],
    lambda values: _lists(values["answers"], dict),
)
UNPAIRED = _refused(
    "unpaired",
    "unpaired (KTO) preferences, one row a completion",
    "a true label says the completion is wanted",
    [
        DialectPart("completion", ("completion", "response")),
        DialectPart("label", ("label", "kto_tag")),
    ],
    lambda values: not isinstance(values["label"], list),
)
STEPWISE = _refused(
    "stepwise",
    "stepwise (PRM) labels, one a step of a completion",
    "a true label says the step is right",
    [DialectPart("completions", ("completions",)), DialectPart("labels", ("labels",))],
    lambda values: _lists(values["completions"], str),
)

REFUSED = (ULTRAFEEDBACK, DISTILABEL, HELPSTEER, NECTAR, UNPAIRED, STEPWISE)
