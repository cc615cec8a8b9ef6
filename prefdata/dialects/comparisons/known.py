"""A data set of two completions whose documentation says what its label means."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prefdata.dialects.comparisons.parts import compared_record
from prefdata.dialects.dialect import Dialect, DialectPart, Labels, Values, any_values
from prefdata.dialects.labels.preference import Preference
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.values import decode_json, is_unstated
from prefdata.records.record import Record


def label_part(*names: str) -> DialectPart:
    """The part with the label, which stays in metadata."""
    return DialectPart("label", names, held=False)


def known_set(
    name: str,
    summary: str,
    label: str,
    parts: tuple[DialectPart, ...],
    *,
    polarity: str,
    judge_part: str | None = None,
    quorum: float = 0.0,
    fits: Callable[[Values], bool] = any_values,
    texts: Callable[[Values], Mapping[str, object]] = dict,
) -> Dialect:
    """The dialect of a set whose label is read as `label` says (see `LabelReading.parse`).

    `texts(values)`: the parts prompt, first and second of a row, where they are not fields.
    """
    reading = LabelReading.parse(label)

    def read(values: Values) -> Preference:
        return reading.read(values.get("label"))

    def convert(values: Values) -> Record:
        preference = read(values)
        return compared_record(texts(values), preference)

    return Dialect(
        name=name,
        summary=summary,
        polarity=polarity,
        parts=parts,
        convert=convert,
        fits=fits,
        quorum=quorum,
        labels=Labels(("label",), reading.allowed, read, is_unstated),
        own_names=True,
        judge_part=judge_part,
    )


def decoded(value: object, name: str) -> object:
    """A list or an object, also as JSON text (CSV has no other way to hold one); else the value."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return decode_json(value, name)
    return value
