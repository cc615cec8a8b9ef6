"""What a user states of labels, against what a file and its dialect say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prefdata.dialects.comparisons.parts import LABEL_FALLBACKS, LABEL_NAMES
from prefdata.dialects.dialect import Dialect, Row, Values
from prefdata.dialects.fields import (
    Claims,
    claims,
    is_blank,
    is_complete,
    mapped_field,
    outsiders,
    plain,
)
from prefdata.dialects.labels.neutral import neutral_pairs, score_pairs, text_pairs
from prefdata.dialects.labels.preference import Preference
from prefdata.dialects.labels.reading import LabelReading
from prefdata.errors import RowFault

_LABEL_LIKE = frozenset((*LABEL_NAMES, *LABEL_FALLBACKS))
_LABEL_ENDINGS = ("_label", "_preference", "_winner", "_choice", "_verdict", "_response_id")


def contradicted(
    dialect: Dialect,
    rows: Iterable[Row],
    mapping: Mapping[str, str],
    reading: LabelReading,
    place: str,
) -> str | None:
    """Why a reading is refused for a file of a dialect that knows what its labels mean: they say
    otherwise in some row. None if they agree."""
    assert dialect.labels is not None, "a dialect with labels"
    compared = otherwise = 0
    for row in rows:
        fields = tuple(name for name, value in row.items() if not is_blank(value))
        claimed = claims(dialect, fields, mapping)
        values = {part: row[names[0]] for part, names in claimed.items()}
        try:
            known = side_of(dialect.labels.read(values))
        except RowFault:
            continue
        compared += 1
        otherwise += known != _stated_side(reading, values, dialect.labels.parts)
    if not otherwise:
        return None
    return (
        f"{place}: --label {reading.text} says otherwise than the dialect {dialect.name} in "
        f"{otherwise:,} of {compared:,} rows looked at: {dialect.summary}; {dialect.polarity}. "
        "Leave out --label (or give it to other files only, with read.labels in a config), or pass "
        "--dialect judged besides if this file means something else."
    )


def side_of(said: object) -> str:
    """The side that a dialect reads from a label."""
    return said.side if isinstance(said, Preference) else str(said)


def _stated_side(reading: LabelReading, values: Values, parts: Sequence[str]) -> str | None:
    """The side by a reading; None if it does not know the value."""
    try:
        if reading.kind == "scores":
            return reading.of_scores(values.get("first_score"), values.get("second_score")).side
        return reading.read(values.get(parts[0])).side if len(parts) == 1 else None
    except RowFault:
        return None


def neutral_mapping(
    dialect: Dialect, rows: Sequence[Row], mapping: Mapping[str, str]
) -> dict[str, str] | None:
    """The mapping with which rows of unknown names have the parts of `dialect` (`judged`); None if
    that is not plain: one pair of texts, one label or pair of scores."""
    fields = tuple(dict.fromkeys(n for row in rows for n, v in row.items() if not is_blank(v)))
    texts, scores = text_pairs(fields), score_pairs(fields)
    found = dict(mapping)
    if _is_plain(dialect, claims(dialect, fields, found)):
        return found
    if not {"first", "second"} & found.keys():
        if len(texts) != 1:
            return None
        found |= dict(zip(("first", "second"), texts[0], strict=True))
    if "label" not in claims(dialect, fields, found):
        labels = [name for name in label_like(fields) if name not in found.values()]
        if len(labels) == 1:
            found["label"] = labels[0]
        elif not labels and len(scores) == 1:
            found |= dict(zip(("first_score", "second_score"), scores[0], strict=True))
        else:
            return None
    if not _is_plain(dialect, claims(dialect, fields, found)) or outsiders(dialect, fields, found):
        return None
    return None if any(mark in name for name in found.values() for mark in ",=") else found


def _is_plain(dialect: Dialect, claimed: Claims) -> bool:
    """Whether all that a judgement needs is there: its texts, and a label or two scores."""
    judges = "label" in claimed or {"first_score", "second_score"} <= claimed.keys()
    return judges and is_complete(dialect, claimed)


def label_like(fields: Iterable[str]) -> list[str]:
    """The fields whose names speak of a judgement."""
    return [
        name
        for name in fields
        if plain(name) in _LABEL_LIKE or plain(name).endswith(_LABEL_ENDINGS)
    ]


def side_warning(place: str, fields: Sequence[str], mapping: Mapping[str, str]) -> str | None:
    """A warning if a user maps chosen and rejected to fields that only number two completions,
    beside a field that may say which is better."""
    sides = [mapped_field(mapping.get(side, ""), fields) for side in ("chosen", "rejected")]
    chosen, rejected = sides
    if chosen is None or rejected is None or not neutral_pairs([chosen, rejected]):
        return None
    labels = [name for name in label_like(fields) if name not in (*sides, *mapping.values())]
    if not labels:
        return None
    first, second = neutral_pairs([chosen, rejected])[0]
    return (
        f"{place}: --map reads {chosen!r} as the better one in every row, but {labels[0]!r} beside "
        f"it may say which one is. If it does, pass --map first={first},second={second},"
        f"label={labels[0]} in place of chosen and rejected; what its values mean is asked then."
    )
