"""PKU-SafeRLHF: two responses, and which is better and which is safer; these often disagree.

`better_response_id` and `safer_response_id` are 0 (response_0) or 1 (response_1): two opinions in
one judgement, and neither is the opinion as a whole. A policy names the one that decides.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair
from prefdata.dialects.comparisons.parts import JUDGE_PART, judge_name
from prefdata.dialects.dialect import Dialect, DialectPart, Labels, Values
from prefdata.dialects.fields import PROMPT_PARTS
from prefdata.dialects.labels.preference import label_key
from prefdata.dialects.values import describe, is_unstated
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion

_CRITERIA = ("better", "safer")
_VALUES = {"0": (1.0, 0.0), "1": (0.0, 1.0)}
"""What a label says of the first and of the second response."""


def convert(values: Values) -> Judgement:
    """Converts one row; a criterion that it says nothing of has no opinion."""
    record = pair(values, "first", "second")
    return Judgement(
        record.prompt,
        (Completion(record.chosen), Completion(record.rejected)),
        _opinions(values),
        overall=(),
        judge=judge_name(values.get(JUDGE_PART.name)),
        shown=(0, 1),
        metadata=record.metadata,
    )


def _opinions(values: Values) -> tuple[Opinion, ...]:
    return tuple(
        Opinion("verdict", _said(values[name], name), name, graded=False)
        for name in _CRITERIA
        if not is_unstated(values.get(name))
    )


def _said(label: object, criterion: str) -> tuple[float, float]:
    said = _VALUES.get(label_key(label) or "")
    if said is None:
        raise RowFault("unknown-label", f"{criterion}_response_id is {describe(label)}, not 0 or 1")
    return said


PKU_SAFERLHF = Dialect(
    name="pku-saferlhf",
    summary="PKU-SafeRLHF: two responses, which is better and which is safer",
    polarity="better_response_id and safer_response_id 0 say response_0, 1 say response_1; "
    "--criterion better or safer says which decides",
    parts=(
        *PROMPT_PARTS,
        DialectPart("first", ("response_0",)),
        DialectPart("second", ("response_1",)),
        *(DialectPart(name, (f"{name}_response_id",), held=False) for name in _CRITERIA),
        JUDGE_PART,
    ),
    judge=convert,
    labels=Labels(_CRITERIA, "0 or 1, by each criterion", _opinions, is_unstated),
    own_names=True,
    judge_part=JUDGE_PART.name,
)
