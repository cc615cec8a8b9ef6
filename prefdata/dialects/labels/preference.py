"""What a label says of two completions."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from prefdata.records.unicode_form import normal_form

FIRST, SECOND, TIE = "first", "second", "tie"
SIDES = (FIRST, SECOND, TIE)
OTHER = {FIRST: SECOND, SECOND: FIRST, TIE: TIE}

_NUMBER = re.compile(
    r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:e[+-]?\d{1,3})?", re.IGNORECASE
)
_LISTED = re.compile(r"\s*\[((?:\s*[+-]?[\d.]+\s*,)+\s*[+-]?[\d.]+\s*)\]\s*")
_LONGEST = 200
_MOST_ITEMS = 8
_HALF = 0.5


class Preference(NamedTuple):
    """Which of two completions is better (first, second, or tie), and how clearly (>= 0, None if
    the label does not say)."""

    side: str
    strength: float | None = None

    @property
    def margin(self) -> float | None:
        """The margin of the record: the strength; 0.0 for a tie."""
        return 0.0 if self.side == TIE else self.strength


def number_in(value: object) -> float | None:
    """The finite number in a value, also in a text (full-width digits too); None if there is none.

    A boolean is no number.

    >>> number_in("-2"), number_in("１"), number_in(True), number_in("nan")
    (-2.0, 1.0, None, None)
    """
    if isinstance(value, str):
        written = normal_form("NFKC", value[:_LONGEST]).strip()
        found = float(written) if _NUMBER.fullmatch(written) else None
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:
            return None
    else:
        return None
    return found if found is not None and math.isfinite(found) else None


def label_key(value: object) -> str | None:
    """The form in which label values are compared; None for what is no label (null, a list, ...).

    Numbers of one size are one value, however they are written; case, outer space and full-width
    forms of texts do not count.

    A short list is the list of these forms, also in text; a list of one value is that value.

    >>> label_key(1.0), label_key("１"), label_key(True), label_key(" Ａ "), label_key([])
    ('1', '1', 'true', 'a', None)
    >>> label_key([1, 0]), label_key("[1.0, 0]"), label_key(["A"])
    ('[1,0]', '[1,0]', 'a')
    """
    if isinstance(value, list) or (isinstance(value, str) and value[:1] == "["):
        return _list_key(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    number = number_in(value)
    if number is not None:
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, str) and len(value) <= _LONGEST:
        return normal_form("NFKC", value).strip().casefold() or None
    return None


def _list_key(value: object) -> str | None:
    """The key of a list, or of the text of one: [[A]] and [A] are words."""
    items: object = value
    if isinstance(value, str):
        found = _LISTED.fullmatch(value[:_LONGEST])
        if found is None:
            return normal_form("NFKC", value).strip().casefold() if len(value) <= _LONGEST else None
        items = found[1].split(",")
    if not isinstance(items, list) or not 0 < len(items) <= _MOST_ITEMS:
        return None
    keys = [None if isinstance(item, list) else label_key(item) for item in items]
    if None in keys:
        return None
    return keys[0] if len(keys) == 1 else f"[{','.join(map(str, keys))}]"


def by_half(number: float, above: str) -> Preference | None:
    """The verdict of a probability, if `above` is the side that one above 0.5 speaks for; None if
    it is none. The strength is how far it is from 0.5, doubled."""
    if not 0.0 <= number <= 1.0:
        return None
    if number == _HALF:
        return Preference(TIE, 0.0)
    return Preference(above if number > _HALF else OTHER[above], abs(2.0 * number - 1.0))


def by_sign(number: float, positive: str) -> Preference:
    """The verdict of a signed number, if `positive` is the side that numbers above 0 speak for."""
    if number == 0:
        return Preference(TIE, 0.0)
    return Preference(positive if number > 0 else OTHER[positive], abs(number))
