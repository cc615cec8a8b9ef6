"""PKU-SafeRLHF: two responses, and which is better and which is safer; these often disagree.

`better_response_id` and `safer_response_id` are 0 (response_0) or 1 (response_1): two criteria, of
which one is named with --criterion. The other one stays in metadata.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from prefdata.dialects.comparisons.known import known_set
from prefdata.dialects.dialect import Dialect, DialectPart, Match, Values
from prefdata.dialects.fields import PROMPT_PARTS

CRITERIA = ("better", "safer")
_READING = "0=first,1=second"


def bound(match: Match) -> Dialect:
    """The dialect by the criterion of a match; as it is if the match names none."""
    return PKU_SAFERLHF if match.criterion is None else by(match.criterion)


@lru_cache(maxsize=len(CRITERIA))
def by(criterion: str) -> Dialect:
    """The dialect that reads the label of one criterion: better or safer."""
    label = f"{criterion}_response_id"
    other = next(name for name in CRITERIA if name != criterion)
    return known_set(
        "pku-saferlhf",
        _SUMMARY,
        _READING,
        (
            *PROMPT_PARTS,
            DialectPart("first", ("response_0",)),
            DialectPart("second", ("response_1",)),
            DialectPart("label", (label,), held=False),
            DialectPart("other", (f"{other}_response_id",), held=False),
        ),
        polarity=f"{label} 0 says response_0 is the better one, 1 says response_1",
    )


def _fits(values: Values) -> bool:
    by("better").convert(values)
    return True


_SUMMARY = "PKU-SafeRLHF: two responses, which is better and which is safer"
PKU_SAFERLHF = replace(
    by("better"),
    polarity="the response that the criterion (better or safer) names is the better one",
    fits=_fits,
    bind=bound,
    criteria=CRITERIA,
)
