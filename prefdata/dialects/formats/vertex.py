"""Vertex AI preference tuning: contents, and two completions with scores.

Fields: contents, a list of {role, parts}; completions, two of {score, completion: {role, parts}};
optional systemInstruction. Polarity: the completion with the higher score is the better one; equal
scores are a tie, margin 0.0. The margin is the difference of the scores.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair, with_better_chosen
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import is_blank
from prefdata.dialects.messages import message
from prefdata.dialects.values import decode_json, describe, number
from prefdata.errors import RowFault
from prefdata.records.record import SYSTEM, Record


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    (first, first_score), (second, second_score) = _scored(values.get("completions"))
    record = pair({"contents": values.get("contents"), "a": first, "b": second}, "a", "b",
                  asked="contents")  # fmt: skip
    if not is_blank(instruction := values.get("system")):
        stated = (
            instruction if isinstance(instruction, dict) else {"parts": [{"text": instruction}]}
        )
        said = message({**stated, "role": SYSTEM}, "systemInstruction")
        record = Record((said, *record.prompt), record.chosen, record.rejected)
    margin = abs(first_score - second_score)
    return with_better_chosen(record, second_is_better=second_score > first_score, margin=margin)


def _scored(completions: object) -> list[tuple[object, float]]:
    if isinstance(completions, str) and completions[:1] == "[":
        completions = decode_json(completions, "completions")
    if not isinstance(completions, list) or len(completions) != 2:
        raise RowFault("wrong-type", "completions is not a list of two")
    scored = []
    for item in completions:
        if not isinstance(item, dict) or not isinstance(item.get("completion"), dict):
            raise RowFault("wrong-type", f"completions holds {describe(item)}, without completion")
        score = number(item.get("score"), "score")
        if score is None or score != score:
            raise RowFault("unknown-label", "a completion has no score")
        scored.append((item["completion"], score))
    return scored


def _fits(values: Values) -> bool:
    return len(_scored(values["completions"])) == 2


VERTEX = Dialect(
    name="vertex",
    summary="Vertex AI preference data: contents, and two completions with scores",
    polarity="the completion with the higher score is the better one",
    parts=(
        DialectPart("contents", ("contents",)),
        DialectPart("completions", ("completions",), held=False),
        DialectPart("system", ("systeminstruction", "system_instruction"), required=False),
    ),
    convert=convert,
    fits=_fits,
)
