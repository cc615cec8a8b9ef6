"""What is said of a file whose dialect, or whose fields, cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prefdata.config.similar_names import did_you_mean, similar_names
from prefdata.dialects import DIALECTS
from prefdata.dialects.dialect import Dialect, Row
from prefdata.dialects.fields import (
    Claims,
    claims,
    field_names,
    filled,
    mapped_field,
    named_claims,
    plain,
)
from prefdata.dialects.pairs import PAIRS, prompt_of_sides
from prefdata.errors import DialectError, RowFault

LACKS_FIELD = "no row looked at has a field"
"""What is said of a file that a map is not meant for."""

_SHOWN_FIELDS = 30


def check_mapping(rows: Sequence[Row], named_fields: Mapping[str, str], place: str) -> None:
    """Raises DialectError if no row has a field that the user named."""
    fields = fields_seen(rows)
    for part, name in named_fields.items():
        if mapped_field(name, fields) is None:
            raise DialectError(
                f"{place}: --map {part}={name}: {LACKS_FIELD} {name!r}. "
                f"{did_you_mean(name, fields)}{fields_message(fields)}"
            )


def check_rivals(
    dialect: Dialect, rows: Sequence[Row], named_fields: Mapping[str, str], place: str
) -> None:
    """Raises DialectError if several fields match one part, with different values."""
    for row in rows:
        claimed = claims(dialect, filled(row), named_fields)
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


def several_fit(leading: Sequence[Dialect], place: str) -> str:
    """The message where several dialects fit equally well."""
    candidates = "".join(f"\n  {d.name}: {d.summary}; {d.polarity}" for d in leading)
    choices = " or ".join(f"--dialect {d.name}" for d in leading if d.refusal is None)
    return f"{place}: {len(leading)} dialects fit equally well:{candidates}\nPass {choices}."


def nothing_fits(
    named: Sequence[Dialect], rows: Sequence[Row], named_fields: Mapping[str, str], place: str
) -> str:
    """The message where no dialect fits; `named`: those that do by their field names."""
    if not rows:
        return f"{place}: there is no readable row to find the dialect by. Pass --dialect NAME."
    fields = fields_seen(rows)
    tried = "".join(
        f"Not {d.name}: {_complaint(d, rows, named_fields)}. " for d in named if not d.refusal
    )
    said = f"{place}: no dialect fits. {fields_message(fields)} {tried}"
    if flags := [] if named_fields else _offered(rows):
        shown = "\n".join(f"  {flag}" for flag in flags)
        return (
            f"{said}\n{'This reads' if len(flags) == 1 else 'These read'} the rows looked at; pass "
            f"what the description of the data states:\n{shown}\n"
            "Or name other fields with --map prompt=FIELD,chosen=FIELD,rejected=FIELD."
        )
    return (
        f"{said}{_near(fields)}"
        "Say which fields to read: --map prompt=FIELD,chosen=FIELD,rejected=FIELD if one field "
        "holds the better completion in every row, --map prompt=FIELD,first=FIELD,second=FIELD,"
        "label=FIELD if a label says which of two is better, --map prompt=FIELD,completion=FIELD,"
        "rating=FIELD if each row rates one; or pass --dialect NAME (the names are in "
        "docs/dialects.md; a wrong one lists them)."
    )


def reads_otherwise(
    dialect: Dialect, rows: Sequence[Row], named_fields: Mapping[str, str], place: str
) -> str | None:
    """The message where a dialect has the names of a file but fits none of its rows, if a map reads
    them; else None, and every row reports its fault."""
    if named_fields or dialect.refusal is not None or not _offered(rows):
        return None
    return nothing_fits([dialect], rows, named_fields, place)


def _offered(rows: Sequence[Row]) -> list[str]:
    # only files that are about to be refused ask
    from prefdata.dialects.suggestions.maps import offered_maps

    return offered_maps(rows)


def _near(fields: Sequence[str]) -> str:
    """What fields are nearly called, if that is a name of a prompt, a better or a worse side."""
    known = {name for part in PAIRS.parts for name in part.names}
    everything = {name for d in DIALECTS for part in d.parts for name in part.known_names}
    return "".join(
        f"{field!r} is near {close[0]!r}. "
        for field in fields[:_SHOWN_FIELDS]
        if plain(field) not in everything
        and plain(field).isascii()
        and (close := similar_names(plain(field), known, 1))
        and abs(len(close[0]) - len(plain(field))) <= 2
    )


def _complaint(dialect: Dialect, rows: Sequence[Row], named_fields: Mapping[str, str]) -> str:
    """Why the first row with the fields of a dialect does not fit it."""
    by_row = ((row, named_claims(dialect, tuple(row), named_fields)) for row in rows)
    row, claimed = next((row, found) for row, found in by_row if found is not None)
    try:
        values = {part: row[claimants[0]] for part, claimants in claimed.items()}
        dialect.read({**values, **field_names(claimed)})
    except RowFault as fault:
        return fault.evidence
    return f"too few rows are {dialect.summary}"


def fields_seen(rows: Sequence[Row]) -> list[str]:
    """The names of all fields, in order."""
    return list(dict.fromkeys(name for row in rows for name in row))


def fields_message(fields: Sequence[str]) -> str:
    """A sentence with the first fields."""
    more = len(fields) - _SHOWN_FIELDS
    shown = ", ".join(repr(name) for name in fields[:_SHOWN_FIELDS]) or "none"
    return f"Fields seen: {shown}{f' and {more} more' if more > 0 else ''}."


def some_names(names: Sequence[str]) -> str:
    """The first of some names."""
    return " | ".join(names[:6]) + (" | ..." if len(names) > 6 else "")


def _enumeration(names: Sequence[str]) -> str:
    return f"{', '.join(repr(n) for n in names[:-1])} and {names[-1]!r}"
