"""What a user states of labels, against what a file and its dialect say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prefdata.dialects.comparisons.parts import LABEL_FALLBACKS, LABEL_NAMES
from prefdata.dialects.dialect import Dialect, Row, Values
from prefdata.dialects.fields import (
    claims,
    field_names,
    is_blank,
    mapped_field,
    plain,
)
from prefdata.dialects.labels.neutral import neutral_pairs
from prefdata.dialects.labels.preference import FIRST, SECOND, Preference
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.words import word_preference
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
        values: dict[str, object] = {part: row[names[0]] for part, names in claimed.items()}
        values.update(field_names(claimed))
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


def ignored(dialect: Dialect, reading: LabelReading, place: str) -> str:
    """Why a reading is refused for a file of a dialect whose labels it says nothing of."""
    return (
        f"{place}: --label {reading.text} says nothing of the dialect {dialect.name}: "
        f"{dialect.summary}; {dialect.polarity}. Leave out --label for this file (read.labels in a "
        "config gives it to other files only), or name with --dialect, or with --map first=FIELD,"
        "second=FIELD,label=FIELD, what it is about."
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


def _names_both(rows: Sequence[Row], field: str, two: tuple[str, str]) -> bool:
    """Whether every value of a field is a word for one of two completions or for a tie, and each of
    the two is named by some."""
    values = [row[field] for row in rows if not is_blank(row.get(field))]
    said = [word_preference(value, two) for value in values]
    return None not in said and {FIRST, SECOND} <= {each.side for each in said if each}


def label_like(fields: Iterable[str]) -> list[str]:
    """The fields whose names speak of a judgement."""
    return [
        name
        for name in fields
        if plain(name) in _LABEL_LIKE or plain(name).endswith(_LABEL_ENDINGS)
    ]


def side_warning(place: str, rows: Sequence[Row], mapping: Mapping[str, str]) -> str | None:
    """A warning if a user maps chosen and rejected to two fields beside one that may say which is
    better: by its values, or by its name where the two only number completions."""
    fields = list(dict.fromkeys(name for row in rows for name in row))
    sides = [mapped_field(mapping.get(side, ""), fields) for side in ("chosen", "rejected")]
    chosen, rejected = sides
    if chosen is None or rejected is None:
        return None
    numbered = neutral_pairs([chosen, rejected])
    first, second = numbered[0] if numbered else (chosen, rejected)
    free = [name for name in fields if name not in (*sides, *mapping.values())]
    labels = [name for name in free if _names_both(rows, name, (first, second))]
    labels += label_like(free) if numbered else []
    if not labels:
        return None
    return (
        f"{place}: --map reads {chosen!r} as the better one in every row, but {labels[0]!r} beside "
        f"it may say which one is. If it does, pass --map first={first},second={second},"
        f"label={labels[0]} in place of chosen and rejected; what its values mean is asked then."
    )
