"""Finding the dialect of a file from some of its rows: by field names, then by values.

Every row looked at votes for the dialects that it fits. The one with most votes is it; two with
as many are an error that names them, never a guess, because the wrong one may turn every label
round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from prefdata.dialects import DIALECTS, dialect_named
from prefdata.dialects.dialect import Dialect, Match, Row
from prefdata.dialects.fields import claims, is_blank, is_complete, mapped_field, outsiders, plain
from prefdata.errors import DialectError, RowFault

__all__ = ["Match", "detect"]

_SHOWN_FIELDS = 30


def detect(
    rows: Sequence[Row],
    *,
    place: str,
    dialect: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Match:
    """The dialect of a file, from rows of it (decoded).

    `place` names the file in messages. `dialect` and `mapping` (part name to field name) are what
    a person insists on. Raises DialectError where nothing fits, several fit, the dialect is
    recognised and not read, or the names given are not known.
    """
    said = dict(mapping or {})
    named = None if dialect is None else dialect_named(dialect)
    considered = _considered(named, said, place)
    if rows:
        _check_mapping(rows, said, place)
    if named is not None:
        found = _insisted(named, rows, said, place)
    else:
        found = _elected(considered, rows, said, place)
    if found.refusal is not None:
        raise DialectError(f"{place}: {found.refusal}")
    _check_rivals(found, rows, said, place)
    return Match(found.name, tuple(sorted(said.items())), named is not None)


def _considered(named: Dialect | None, said: Mapping[str, str], place: str) -> list[Dialect]:
    """The dialects that have every part that the mapping speaks of."""
    among = DIALECTS if named is None else (named,)
    parts = {part.name for dialect in among for part in dialect.parts}
    for name in said:
        if name not in parts:
            whose = "no dialect" if named is None else f"the dialect {named.name} not"
            raise DialectError(
                f"{place}: --map {name}=...: {whose} has a part {name!r}. {_nearest(name, parts)}"
                f"Parts: {', '.join(sorted(parts))}."
            )
    return [d for d in among if said.keys() <= {part.name for part in d.parts}]


def _check_mapping(rows: Sequence[Row], said: Mapping[str, str], place: str) -> None:
    fields = _fields_seen(rows)
    for part, name in said.items():
        if mapped_field(name, fields) is None:
            raise DialectError(
                f"{place}: --map {part}={name}: no row looked at has a field {name!r}. "
                f"{_nearest(name, fields)}{_seen(fields)}"
            )


def _insisted(named: Dialect, rows: Sequence[Row], said: Mapping[str, str], place: str) -> Dialect:
    fields = _fields_seen(rows)
    complete = any(is_complete(named, claims(named, tuple(row), said)) for row in rows)
    if complete or not rows or named.refusal is not None:
        return named
    claimed = claims(named, fields, said)
    lacking = [part for part in named.parts if part.required and part.name not in claimed]
    wanted = "; ".join(f"{part.name} ({_some(part.names)})" for part in lacking)
    raise DialectError(
        f"{place}: the dialect {named.name} needs fields that no row looked at has together"
        f"{': ' if wanted else ''}{wanted}. {_seen(fields)} Pass --map PART=FIELD."
    )


def _elected(
    considered: Iterable[Dialect], rows: Sequence[Row], said: Mapping[str, str], place: str
) -> Dialect:
    considered = list(considered)
    votes = Counter({d.name: sum(_fits(d, row, said) for row in rows) for d in considered})
    standing = [d for d in considered if votes[d.name] >= max(1, d.quorum * len(rows))]
    most = max((votes[d.name] for d in standing), default=0)
    leading = [d for d in standing if votes[d.name] == most]
    if not leading:
        # Every row looked at is faulty; the names may still tell, and each row its own reason.
        leading = [d for d in considered if any(_is_named(d, row, said) for row in rows)]
        if len(leading) != 1:
            raise DialectError(_nothing_fits(leading, rows, said, place))
    if len(leading) > 1:
        raise DialectError(_several_fit(leading, place))
    return leading[0]


def _is_named(dialect: Dialect, row: Row, said: Mapping[str, str]) -> bool:
    fields = tuple(row)
    complete = is_complete(dialect, claims(dialect, fields, said))
    return complete and not outsiders(dialect, fields, said)


def _fits(dialect: Dialect, row: Row, said: Mapping[str, str]) -> bool:
    fields = tuple(name for name, value in row.items() if not is_blank(value))
    if not _is_named(dialect, {name: row[name] for name in fields}, said):
        return False
    found = claims(dialect, fields, said)
    values = {part: row[claimants[0]] for part, claimants in found.items()}
    try:
        if dialect.refusal is None:
            dialect.convert(values)
        return dialect.fits(values)
    except RowFault:
        return False


def _check_rivals(found: Dialect, rows: Sequence[Row], said: Mapping[str, str], place: str) -> None:
    for row in rows:
        fields = tuple(name for name, value in row.items() if not is_blank(value))
        for part, claimants in claims(found, fields, said).items():
            if any(row[name] != row[claimants[0]] for name in claimants[1:]):
                raise DialectError(
                    f"{place}: {_listed(claimants)} can each be the {part}, and rows hold "
                    f"different values in them. Say which: --map {part}={claimants[0]}"
                    f"{''.join(f' or --map {part}={name}' for name in claimants[1:])}."
                )


def _several_fit(leading: Sequence[Dialect], place: str) -> str:
    candidates = "".join(f"\n  {d.name}: {d.summary}; {d.polarity}" for d in leading)
    choices = " or ".join(f"--dialect {d.name}" for d in leading if d.refusal is None)
    return f"{place}: {len(leading)} dialects fit equally well:{candidates}\nPass {choices}."


def _nothing_fits(
    named: Sequence[Dialect], rows: Sequence[Row], said: Mapping[str, str], place: str
) -> str:
    if not rows:
        return f"{place}: there is no readable row to find the dialect by. Pass --dialect NAME."
    fields = _fields_seen(rows)
    known = {name for d in DIALECTS for part in d.parts for name in part.names}
    near = [
        f"{field!r} is near {close[0]!r}. "
        for field in fields[:_SHOWN_FIELDS]
        if plain(field) not in known and (close := get_close_matches(plain(field), known, n=1))
    ]
    tried = "".join(f"Not {d.name}: {_complaint(d, rows, said)}. " for d in named if not d.refusal)
    names = ", ".join(d.name for d in DIALECTS if d.refusal is None)
    return (
        f"{place}: no dialect fits. {_seen(fields)} {''.join(near)}{tried}"
        "Say which fields to read with --map prompt=FIELD,chosen=FIELD,rejected=FIELD, "
        f"or pass --dialect NAME ({names})."
    )


def _complaint(dialect: Dialect, rows: Sequence[Row], said: Mapping[str, str]) -> str:
    """Why the first row that has the fields of a dialect is none of its rows."""
    row = next(row for row in rows if _is_named(dialect, row, said))
    found = claims(dialect, tuple(row), said)
    try:
        dialect.convert({part: row[claimants[0]] for part, claimants in found.items()})
    except RowFault as fault:
        return fault.detail
    return f"too few rows are {dialect.summary}"


def _fields_seen(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _seen(fields: Sequence[str]) -> str:
    more = len(fields) - _SHOWN_FIELDS
    shown = ", ".join(repr(name) for name in fields[:_SHOWN_FIELDS]) or "none"
    return f"Fields seen: {shown}{f' and {more} more' if more > 0 else ''}."


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=2)
    return f"Did you mean {' or '.join(repr(each) for each in near)}? " if near else ""


def _some(names: Sequence[str]) -> str:
    return " | ".join(names[:6]) + (" | ..." if len(names) > 6 else "")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(repr(n) for n in names[:-1])} and {names[-1]!r}"
