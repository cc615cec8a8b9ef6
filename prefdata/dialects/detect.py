"""Detecting the dialect of a file from sampled rows: by field names, then by values.

Every sampled row votes for the dialects that it fits, and the one with most votes is chosen. A tie
is an error that names the candidates, since a wrong guess might flip every label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from prefdata.config.model import Cut
from prefdata.config.similar_names import did_you_mean, similar_names
from prefdata.dialects import DIALECTS, dialect_named
from prefdata.dialects.dialect import Dialect, Match, Row
from prefdata.dialects.fields import (
    Claims,
    claims,
    is_blank,
    is_complete,
    mapped_field,
    outsiders,
    plain,
)
from prefdata.dialects.pairs import prompt_of_sides
from prefdata.dialects.paths import paths_in, with_paths
from prefdata.errors import ConfigError, DialectError, RowFault

__all__ = ["Match", "detect"]

_SHOWN_FIELDS = 30
_FEW_FIELDS = 64
"""Rows with more fields are not remembered: their names may take any amount of memory."""


def detect(
    rows: Sequence[Row],
    *,
    place: str,
    dialect: str | None = None,
    mapping: Mapping[str, str] | None = None,
    cut: Cut = "off",
) -> Match:
    """Detects the dialect of a file from sampled rows (decoded).

    `place`: the file, for messages. `dialect`, `mapping` (part name to field name) and `cut`: given
    by the user. Raises DialectError if no dialect fits, several fit, the dialect is one that is not
    read, or a given field is not there; ConfigError if there is no such dialect or part.
    """
    named_fields = dict(mapping or {})
    paths = paths_in(named_fields.values())
    if paths:
        rows = [with_paths(row, paths) for row in rows]
    named = None if dialect is None else dialect_named(dialect)
    considered = _considered(named, named_fields)
    if rows:
        _check_mapping(rows, named_fields, place)
    if named is not None:
        best = _check_named(named, rows, named_fields, place)
    else:
        best = _best_dialect(considered, rows, named_fields, place)
    if best.refusal is not None:
        raise DialectError(f"{place}: {best.refusal}")
    _check_rivals(best, rows, named_fields, place)
    return Match(
        best.name, tuple(sorted(named_fields.items())), named is not None, paths=paths, cut=cut
    )


def _considered(named: Dialect | None, named_fields: Mapping[str, str]) -> list[Dialect]:
    """The dialects that have every part of the mapping."""
    among = DIALECTS if named is None else (named,)
    parts = {part.name for dialect in among for part in dialect.parts}
    for name in named_fields:
        if name not in parts:
            lacks = "no dialect has a" if named is None else f"the dialect {named.name} has no"
            raise ConfigError(
                f"--map {name}=...: {lacks} part {name!r}. {did_you_mean(name, parts)}"
                f"Parts: {', '.join(sorted(parts))}."
            )
    return [d for d in among if named_fields.keys() <= {part.name for part in d.parts}]


def _check_mapping(rows: Sequence[Row], named_fields: Mapping[str, str], place: str) -> None:
    fields = _fields_seen(rows)
    for part, name in named_fields.items():
        if mapped_field(name, fields) is None:
            raise DialectError(
                f"{place}: --map {part}={name}: no row looked at has a field {name!r}. "
                f"{did_you_mean(name, fields)}{_fields_message(fields)}"
            )


def _check_named(
    named: Dialect, rows: Sequence[Row], named_fields: Mapping[str, str], place: str
) -> Dialect:
    fields = _fields_seen(rows)
    complete = any(is_complete(named, claims(named, tuple(row), named_fields)) for row in rows)
    if complete or not rows or named.refusal is not None:
        return named
    claimed = claims(named, fields, named_fields)
    lacking = [part for part in named.parts if part.required and part.name not in claimed]
    wanted = "; ".join(f"{part.name} ({_some(part.names)})" for part in lacking)
    raise DialectError(
        f"{place}: the dialect {named.name} needs fields that no row looked at has together"
        f"{': ' if wanted else ''}{wanted}. {_fields_message(fields)} Pass --map PART=FIELD."
    )


def _best_dialect(
    considered: Iterable[Dialect], rows: Sequence[Row], named_fields: Mapping[str, str], place: str
) -> Dialect:
    considered = list(considered)
    votes = Counter({d.name: 0 for d in considered})
    for row in rows:
        fields = _filled(row)
        votes.update(d.name for d in considered if _fits(d, row, fields, named_fields))
    standing = [d for d in considered if votes[d.name] >= max(1, d.quorum * len(rows))]
    most = max((votes[d.name] for d in standing), default=0)
    leading = [d for d in standing if votes[d.name] == most]
    if not leading:
        # Every sampled row is faulty; field names may still decide, and each row reports its fault.
        by_name = [d for d in considered if not d.by_values]
        leading = [d for d in by_name if any(_is_named(d, row, named_fields) for row in rows)]
        if len(leading) != 1:
            raise DialectError(_nothing_fits(leading, rows, named_fields, place))
    if len(leading) > 1:
        raise DialectError(_several_fit(leading, place))
    return leading[0]


def _is_named(dialect: Dialect, row: Row, named_fields: Mapping[str, str]) -> bool:
    return _claims_of_named(dialect, tuple(row), named_fields) is not None


def _claims_of_named(
    dialect: Dialect, fields: tuple[str, ...], named_fields: Mapping[str, str]
) -> Claims | None:
    """The fields of each part, if they are those of the dialect by name; else None."""
    find = _claims_once if len(fields) <= _FEW_FIELDS else _claims_once.__wrapped__
    return find(dialect, fields, tuple(named_fields.items()))


@lru_cache(maxsize=4096)  # the rows of many files have few distinct tuples of field names
def _claims_once(
    dialect: Dialect, fields: tuple[str, ...], named_fields: tuple[tuple[str, str], ...]
) -> Claims | None:
    mapping = dict(named_fields)
    claimed = claims(dialect, fields, mapping)
    is_named = is_complete(dialect, claimed) and not outsiders(dialect, fields, mapping)
    return claimed if is_named else None


def _filled(row: Row) -> tuple[str, ...]:
    """The fields of a row that have a value."""
    return tuple(name for name, value in row.items() if not is_blank(value))


def _fits(
    dialect: Dialect, row: Row, fields: tuple[str, ...], named_fields: Mapping[str, str]
) -> bool:
    """Whether a row is one of a dialect; `fields`: those that have a value."""
    claimed = _claims_of_named(dialect, fields, named_fields)
    if claimed is None:
        return False
    values = {part: row[claimants[0]] for part, claimants in claimed.items()}
    try:
        if dialect.refusal is None:
            (dialect.judge or dialect.convert)(values)
        return dialect.fits(values)
    except RowFault:
        return False


def _check_rivals(
    dialect: Dialect, rows: Sequence[Row], named_fields: Mapping[str, str], place: str
) -> None:
    for row in rows:
        claimed = claims(dialect, _filled(row), named_fields)
        for part, claimants in claimed.items():
            differ = any(row[name] != row[claimants[0]] for name in claimants[1:])
            if differ and not _is_settled(part, claimed, row):
                raise DialectError(
                    f"{place}: {_enumeration(claimants)} can each be the {part}, and rows hold "
                    f"different values in them. Say which: --map {part}={claimants[0]}"
                    f"{''.join(f' or --map {part}={name}' for name in claimants[1:])}."
                )


def _is_settled(part: str, claimed: Claims, row: Row) -> bool:
    """Whether the sides say which of several prompts is meant."""
    sides = [row[claimed[side][0]] for side in ("chosen", "rejected") if side in claimed]
    try:
        return prompt_of_sides(part, {name: row[name] for name in claimed[part]}, sides) is not None
    except RowFault:
        return False


def _several_fit(leading: Sequence[Dialect], place: str) -> str:
    candidates = "".join(f"\n  {d.name}: {d.summary}; {d.polarity}" for d in leading)
    choices = " or ".join(f"--dialect {d.name}" for d in leading if d.refusal is None)
    return f"{place}: {len(leading)} dialects fit equally well:{candidates}\nPass {choices}."


def _nothing_fits(
    named: Sequence[Dialect], rows: Sequence[Row], named_fields: Mapping[str, str], place: str
) -> str:
    if not rows:
        return f"{place}: there is no readable row to find the dialect by. Pass --dialect NAME."
    fields = _fields_seen(rows)
    known = {name for d in DIALECTS for part in d.parts for name in part.names}
    near = [
        f"{field!r} is near {close[0]!r}. "
        for field in fields[:_SHOWN_FIELDS]
        if plain(field) not in known and (close := similar_names(plain(field), known, 1))
    ]
    tried = "".join(
        f"Not {d.name}: {_complaint(d, rows, named_fields)}. " for d in named if not d.refusal
    )
    names = ", ".join(d.name for d in DIALECTS if d.refusal is None)
    return (
        f"{place}: no dialect fits. {_fields_message(fields)} {''.join(near)}{tried}"
        "Say which fields to read with --map prompt=FIELD,chosen=FIELD,rejected=FIELD, "
        f"or pass --dialect NAME ({names})."
    )


def _complaint(dialect: Dialect, rows: Sequence[Row], named_fields: Mapping[str, str]) -> str:
    """Why the first row with the fields of a dialect does not fit it."""
    row = next(row for row in rows if _is_named(dialect, row, named_fields))
    claimed = claims(dialect, tuple(row), named_fields)
    try:
        values = {part: row[claimants[0]] for part, claimants in claimed.items()}
        (dialect.judge or dialect.convert)(values)
    except RowFault as fault:
        return fault.detail
    return f"too few rows are {dialect.summary}"


def _fields_seen(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _fields_message(fields: Sequence[str]) -> str:
    more = len(fields) - _SHOWN_FIELDS
    shown = ", ".join(repr(name) for name in fields[:_SHOWN_FIELDS]) or "none"
    return f"Fields seen: {shown}{f' and {more} more' if more > 0 else ''}."


def _some(names: Sequence[str]) -> str:
    return " | ".join(names[:6]) + (" | ..." if len(names) > 6 else "")


def _enumeration(names: Sequence[str]) -> str:
    return f"{', '.join(repr(n) for n in names[:-1])} and {names[-1]!r}"
