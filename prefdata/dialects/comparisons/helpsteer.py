"""HelpSteer 2 and 3, the files with preferences: two responses and a strength from -3 to 3.

A negative strength says that the first response is better, a positive one the second, 0 that they
are about equal; the size is the margin.
"""

from __future__ import annotations

from prefdata.dialects.comparisons.known import known_set, label_part
from prefdata.dialects.dialect import DialectPart, Values
from prefdata.dialects.fields import PROMPT_PARTS
from prefdata.dialects.labels.preference import number_in

_STRONGEST = 3.0


def _in_range(values: Values) -> bool:
    strength = number_in(values.get("label"))
    return strength is not None and abs(strength) <= _STRONGEST


HELPSTEER2_PREFERENCE = known_set(
    "helpsteer2-preference",
    "HelpSteer2 preferences: two responses and a strength from -3 to 3",
    "signed",
    (
        *PROMPT_PARTS,
        DialectPart("first", ("response_1",)),
        DialectPart("second", ("response_2",)),
        label_part("preference_strength"),
    ),
    polarity="a negative preference_strength says response_1 is the better one, a positive one "
    "response_2; 0 is a tie, the size is the margin",
    quorum=0.9,
    fits=_in_range,
)
HELPSTEER3_PREFERENCE = known_set(
    "helpsteer3-preference",
    "HelpSteer3 preferences: a context, two responses and a strength from -3 to 3",
    "signed",
    (
        DialectPart("prompt", ("context",)),
        DialectPart("first", ("response1", "response_1")),
        DialectPart("second", ("response2", "response_2")),
        label_part("overall_preference"),
    ),
    polarity="a negative overall_preference says response1 is the better one, a positive one "
    "response2; 0 is a tie, the size is the margin",
    quorum=0.9,
    fits=_in_range,
)
