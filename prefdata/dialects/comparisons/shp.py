"""SHP (Stanford Human Preferences): two comments on a Reddit post, and which has more votes.

`labels` 1: human_ref_A is the better one, 0: human_ref_B, as the data card has it. The scores are
votes, whose size depends on how many people read the thread; they stay in metadata and make no
margin.
"""

from __future__ import annotations

from prefdata.dialects.comparisons.known import known_set, label_part
from prefdata.dialects.dialect import DialectPart

SHP = known_set(
    "shp",
    "SHP: two comments on a post, and which of them is preferred",
    "1=first,0=second",
    (
        DialectPart("prompt", ("history",)),
        DialectPart("first", ("human_ref_a",)),
        DialectPart("second", ("human_ref_b",)),
        label_part("labels"),
    ),
    polarity="labels 1 says human_ref_A is the better one, 0 says human_ref_B",
)
