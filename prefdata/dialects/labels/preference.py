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
_LONGEST = 200


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

    >>> label_key(1.0), label_key("１"), label_key(True), label_key(" Ａ "), label_key([])
    ('1', '1', 'true', 'a', None)
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    number = number_in(value)
    if number is not None:
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, str) and len(value) <= _LONGEST:
        return normal_form("NFKC", value).strip().casefold() or None
    return None


def by_sign(number: float, positive: str) -> Preference:
    """What a signed number says, if `positive` is the side that numbers above 0 speak for."""
    if number == 0:
        return Preference(TIE, 0.0)
    return Preference(positive if number > 0 else OTHER[positive], abs(number))
