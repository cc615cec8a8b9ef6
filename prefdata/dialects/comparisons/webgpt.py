"""WebGPT comparisons: a question, two answers, each with a score from -1 to 1.

The answer with the higher score is the better one, by the difference as margin; equal scores are a
tie. Quotes and tokens stay in metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefdata.dialects.comparisons.known import decoded
from prefdata.dialects.comparisons.parts import compared_record
from prefdata.dialects.dialect import Dialect, DialectPart, Labels, Values
from prefdata.dialects.labels.preference import Preference
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.values import describe, is_unstated
from prefdata.errors import RowFault
from prefdata.records.record import Record

_READING = LabelReading.parse("higher=better")


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    preference = _read(values)
    return compared_record({**values, "prompt": _question(values)["full_text"]}, preference)


def _read(values: Values) -> Preference:
    return _READING.of_scores(values.get("first_score"), values.get("second_score"))


def _question(values: Values) -> Mapping[str, Any]:
    question = decoded(values.get("prompt"), "question")
    if not isinstance(question, dict) or "full_text" not in question:
        raise RowFault("wrong-type", f"question is {describe(question)}, without a full_text")
    return question


WEBGPT = Dialect(
    name="webgpt",
    summary="WebGPT comparisons: a question, and two answers with a score each",
    polarity="the answer with the higher score is the better one; equal scores are a tie",
    parts=(
        DialectPart("prompt", ("question",), held=False),
        DialectPart("first", ("answer_0",)),
        DialectPart("second", ("answer_1",)),
        DialectPart("first_score", ("score_0",), held=False),
        DialectPart("second_score", ("score_1",), held=False),
    ),
    convert=convert,
    labels=Labels(("first_score", "second_score"), "two numbers", _read, is_unstated),
    own_names=True,
)
