"""The origin of the completions of a pair, from its metadata: their order and their models.

Files of judgements have a first and a second completion and say which is better (`dialects.judged`,
`dialects.arena`). Their fields are kept in metadata, which shows which one was chosen. A label 0, 1
or 2 is ambiguous, and ignored here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from prefdata.dialects.fields import plain
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE
from prefdata.dialects.labels.words import preferred_side
from prefdata.errors import RowFault

_NOUN = r"(?:model|generator|policy|model_name|model_id|model_version)"
_BY_ORDER = re.compile(rf"{_NOUN}_?(?P<which>1|2|a|b)")
_BY_SIDE = re.compile(rf"(?P<left>chosen|rejected)_{_NOUN}|{_NOUN}_(?P<right>chosen|rejected)")
_LABELS = ("winner", "preference", "preferred", "preferred_response", "choice", "label")
_FLAGS = {"winner_model_a": FIRST, "winner_model_b": SECOND, "winner_tie": TIE}
_ORDERS = {"1": FIRST, "a": FIRST, "2": SECOND, "b": SECOND}

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Origin(NamedTuple):
    """`position`: 1 if chosen came first, -1 if second, 0 if unknown or a tie. None: unknown."""

    position: int
    chosen_model: str | None
    rejected_model: str | None


UNKNOWN = Origin(0, None, None)


def origin_of(metadata: str) -> Origin:
    """The origin of a pair by its metadata (JSON text).

    >>> origin_of('{"generator_1":"gpt","generator_2":"alpaca","preference":1.9}')
    Origin(position=-1, chosen_model='alpaca', rejected_model='gpt')
    """
    if len(metadata) <= len("{}"):
        return UNKNOWN
    fields = {name: raw for key, raw in _fields(metadata).items() if (name := _known(key))}
    if not fields:
        return UNKNOWN
    values = {name: _value(raw) for name, raw in fields.items()}
    ordered, sided = _models(values)
    better = _better(values, is_ordered=bool(ordered))
    if better == TIE:
        return Origin(0, sided.get("chosen"), sided.get("rejected"))
    position, worse = (1, SECOND) if better == FIRST else (-1, FIRST)
    if not ordered:
        return Origin(position, sided.get("chosen"), sided.get("rejected"))
    return Origin(position, ordered.get(better), ordered.get(worse))


@lru_cache(maxsize=4096)
def _known(key: str) -> str | None:
    """The normalised name of a field that is used here, else None."""
    name = plain(key)
    says = name in _LABELS or name in _FLAGS
    return name if says or _BY_ORDER.fullmatch(name) or _BY_SIDE.fullmatch(name) else None


def _value(raw: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _models(values: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    """The models by first and second, and by chosen and rejected completion."""
    ordered, sided = dict[str, str](), dict[str, str]()
    for name, value in values.items():
        if not isinstance(value, str) or not value.strip():
            continue
        if order := _BY_ORDER.fullmatch(name):
            ordered.setdefault(_ORDERS[order["which"]], value.strip())
        elif side := _BY_SIDE.fullmatch(name):
            sided.setdefault(side["left"] or side["right"], value.strip())
    return ordered, sided


def _better(values: Mapping[str, object], *, is_ordered: bool) -> str:
    """Which completion was preferred: first, second, or neither (a tie, or unknown)."""
    raised = [side for name, side in _FLAGS.items() if _is_true(values.get(name))]
    if raised:
        return raised[0] if len(raised) == 1 else TIE
    answers = {_worded(values.get(name)) for name in _LABELS}
    if is_ordered:
        answers.add(_graded(values.get("preference")))
    answers.discard(None)
    return answers.pop() or TIE if len(answers) == 1 else TIE


def _is_true(value: object) -> bool:
    return str(value).strip().casefold() in {"1", "1.0", "true"}


def _worded(label: object) -> str | None:
    try:
        return preferred_side(label)
    except RowFault:
        return None


def _graded(preference: object) -> str | None:
    """AlpacaEval's number from 1 (the first) to 2 (the second)."""
    try:
        number = float(str(preference))
    except ValueError:
        return None
    if not 1.0 <= number <= 2.0 or number == 1.5:
        return None
    return SECOND if number > 1.5 else FIRST
