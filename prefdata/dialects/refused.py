"""Dialects that are recognised but not read, since their files compare no completions."""

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


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


STEPWISE = _refused(
    "stepwise",
    "stepwise (PRM) labels, one a step of a completion",
    "a true label says the step is right",
    [DialectPart("completions", ("completions",)), DialectPart("labels", ("labels",))],
    lambda values: _is_list_of_texts(values["completions"]),
)

REFUSED = (STEPWISE,)
