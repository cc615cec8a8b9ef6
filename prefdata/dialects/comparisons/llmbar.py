"""LLMBar: an instruction, two outputs, and which of them follows it: label 1 or 2."""

from __future__ import annotations

from prefdata.dialects.comparisons.known import known_set, label_part
from prefdata.dialects.dialect import DialectPart, Values
from prefdata.dialects.labels.preference import label_key


def _is_numbered(values: Values) -> bool:
    return label_key(values.get("label")) in ("1", "2")


LLMBAR = known_set(
    "llmbar",
    "LLMBar: an input, two outputs and a label 1 or 2",
    "1=first,2=second",
    (
        DialectPart("prompt", ("input",)),
        DialectPart("first", ("output_1",)),
        DialectPart("second", ("output_2",)),
        label_part("label"),
    ),
    polarity="label 1 says output_1 is the better one, 2 says output_2",
    quorum=0.9,
    fits=_is_numbered,
)
