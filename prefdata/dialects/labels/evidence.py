"""Evidence in a file against the reading of a known set: words, or scores, that say otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prefdata.dialects.dialect import Dialect, Row, Values
from prefdata.dialects.fields import Claims, claims, field_names, filled
from prefdata.dialects.labels.neutral import score_pairs, tokens_of
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE, number_in
from prefdata.dialects.labels.statement import label_like, side_of
from prefdata.dialects.labels.words import word_preference
from prefdata.errors import RowFault

_COUNTED = re.compile(r"([a-z]+)[\s_-]?([0-9])")
_FEWEST = 3
"""Rows that are no chance."""


def against(dialect: Dialect, rows: Sequence[Row], mapping: Mapping[str, str]) -> str | None:
    """What in most rows says otherwise than the labels of a dialect as it reads them, in words;
    None if nothing does."""
    assert dialect.labels is not None, "a dialect with labels"
    decided: dict[str, list[bool]] = {}
    strengths: list[float] = []
    for row in rows:
        claimed = claims(dialect, filled(row), mapping)
        values = {part: row[names[0]] for part, names in claimed.items()} | field_names(claimed)
        side = _side(dialect, values)
        if side is None:
            continue
        if dialect.labels.signed:
            strengths.append(number_in(values.get(dialect.labels.parts[0])) or 0.0)
        for name, other in _others(row, claimed).items():
            if TIE not in (side, other):
                decided.setdefault(name, []).append(side != other)
    for name, differs in decided.items():
        if len(differs) >= _FEWEST and 2 * sum(differs) > len(differs):
            return f"{name} says otherwise in {sum(differs):,} of {len(differs):,} rows looked at"
    if len(strengths) >= _FEWEST and min(strengths) > 0:
        return f"none of {len(strengths):,} rows looked at is 0 or negative"
    return None


def half_counted(rows: Sequence[Row], label: str, two: tuple[str, str]) -> bool:
    """Whether labels count the completions in words of their own (model_1 beside response_1), and
    only 1 is there, so that it may count from 0 or from 1."""
    digits = set()
    for row in rows:
        found = _COUNTED.fullmatch(str(row.get(label)).strip().casefold())
        if found is None:
            continue
        if any(found[1] in tokens_of(field) for field in two):
            return False
        digits.add(found[2])
    return digits == {"1"}


def _side(dialect: Dialect, values: Values) -> str | None:
    assert dialect.labels is not None, "a dialect with labels"
    try:
        return side_of(dialect.labels.read(values))
    except RowFault:
        return None


def _others(row: Row, claimed: Claims) -> dict[str, str]:
    """What else in a row says which completion is better, by the names of its fields."""
    if "first" not in claimed or "second" not in claimed:
        return {}
    taken = {name for names in claimed.values() for name in names}
    free = [name for name in filled(row) if name not in taken]
    two = claimed["first"][0], claimed["second"][0]
    said = {name: word_preference(row[name], two) for name in label_like(free)}
    found = {repr(name): verdict.side for name, verdict in said.items() if verdict is not None}
    for pair in score_pairs(free):
        one, other = number_in(row[pair[0]]), number_in(row[pair[1]])
        if one is not None and other is not None and one != other:
            found[f"the scores {pair[0]!r} and {pair[1]!r}"] = FIRST if one > other else SECOND
    return found
