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


def _without_texts(name: str, what: str, parts: Sequence[str]) -> Dialect:
    return Dialect(
        name=name,
        summary=what,
        polarity=_BY_ID,
        parts=tuple(DialectPart(part, (part,)) for part in parts),
        convert=_unread,
        without=("displayed_text",),
        refusal=f"This is {what}: {_BY_ID}, and no texts to make pairs of. Read the project's "
        "annotated_instances.* instead, or write them from its data files: id, displayed_text, "
        "label_annotations, and the prompt and the responses beside.",
    )


_BY_ID = "answers by the ids of items"
POTATO_STATE = _without_texts(
    "potato-state",
    "what one person answered in Potato (user_state.json)",
    ("user_id", "instance_id_to_label_to_value"),
)
POTATO_LABELS = _without_texts(
    "potato-labels", "an export of Potato 2 without texts", ("instance_id", "user_id", "labels")
)

REFUSED = (STEPWISE, POTATO_STATE, POTATO_LABELS)
