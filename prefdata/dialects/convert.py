"""Converting rows to records one by one, for every file that is not plain text columns.

Everything that depends on field names only is computed once for every tuple of names. Only fields
that the dialect reads are decoded; all others are copied to metadata unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Raw, structs

from prefdata.dialects import dialect_of
from prefdata.dialects.conversations.cut import cut
from prefdata.dialects.dialect import Match, Values
from prefdata.dialects.fields import claims, field_names, is_blank, outsiders
from prefdata.dialects.judgements.votes import vote_of
from prefdata.dialects.messages import looks_like_messages
from prefdata.dialects.pairs import prompt_of_sides
from prefdata.dialects.paths import with_paths
from prefdata.dialects.values import check_surrogates, decode_json, encode_json
from prefdata.errors import RowFault
from prefdata.records.judgement import Judgement
from prefdata.records.record import Record

_DECODE = msgspec.json.Decoder().decode
_RAW_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_TEXT_PARTS = ("prompt", "chosen", "rejected")
_PLANS = 1024
"""The size of the cache of plans: rows of one file have few distinct tuples of field names."""


class _Plan(msgspec.Struct, frozen=True, gc=False):
    """How rows with the same field names are converted."""

    convert: Callable[[Values], Record]
    judge: Callable[[Values], Judgement] | None
    reads: tuple[tuple[str, str], ...]
    """(part, field) pairs to decode."""
    names: Mapping[str, object]
    """What a label may name; see `field_names`."""
    rivals: tuple[tuple[str, tuple[str, ...]], ...]
    """Parts that several fields match: the values of each row decide."""
    outsiders: tuple[str, ...]
    """Fields that must have no value, since otherwise the row is of another dialect."""
    metadata: tuple[tuple[str, bytes], ...]
    """(field, its name in JSON and a colon), sorted by field."""


def convert_row(fields: Mapping[str, object], match: Match) -> Record:
    """Converts one row to a record with metadata. Raises RowFault if it cannot be converted.

    Values are `msgspec.Raw` (JSON, not decoded) or Python values. Metadata is the JSON text of an
    object, with sorted keys, of every field that the record does not hold in full; Raw values are
    copied unchanged.
    """
    plan, fields, values = _values(fields, match)
    record = plan.convert(values)
    if match.cut != "off":
        record = cut(record, match.cut, fields)
    if not plan.metadata:
        return record
    metadata = _metadata(plan.metadata, fields)
    if record.metadata != "{}":
        metadata = _together(record.metadata, metadata)
    if type(record) is not Record:
        return structs.replace(record, metadata=metadata)
    return Record(record.prompt, record.chosen, record.rejected, record.margin, metadata)


def judge_row(fields: Mapping[str, object], match: Match) -> Judgement:
    """Converts one row of a dialect of judgements, with metadata as `convert_row` does it.

    Raises RowFault if it cannot be converted.
    """
    plan, fields, values = _values(fields, match)
    if plan.judge is not None:
        judgement = plan.judge(values)
    else:
        record = plan.convert(values)
        if match.cut != "off":
            record = cut(record, match.cut, fields)
        judgement = vote_of(dialect_of(match), values, record)
    if not plan.metadata:
        return judgement
    metadata = _metadata(plan.metadata, fields)
    if judgement.metadata != "{}":
        metadata = _together(judgement.metadata, metadata)
    return structs.replace(judgement, metadata=metadata)


def row_values(fields: Mapping[str, object], match: Match) -> Values:
    """The decoded values of the parts of one row, and its metadata as the part `metadata`."""
    plan, fields, values = _values(fields, match)
    return {**values, "metadata": _metadata(plan.metadata, fields)}


def _values(
    fields: Mapping[str, object], match: Match
) -> tuple[_Plan, Mapping[str, object], dict[str, object]]:
    """How a row is converted, its fields with those at paths, and the decoded values of parts."""
    if match.paths:
        fields = with_paths(fields, match.paths)
    names = tuple(fields)
    plan = _plan(match, names)
    if plan.outsiders:
        _check_outsiders(plan.outsiders, fields, match)
    if plan.rivals:
        plan = _plan(match, names, _pick_fields(plan, fields))
    values: dict[str, object] = {**plan.names}
    for part, name in plan.reads:
        value = fields[name]
        if type(value) is Raw:
            try:
                values[part] = _DECODE(value)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                values[part] = decode_json(value, part)
        else:
            if value is not None:
                check_surrogates(value, part)
            values[part] = value
    return plan, fields, values


def text_fields(match: Match, fields: Sequence[str]) -> tuple[str, str, str] | None:
    """The fields of prompt, chosen and rejected, if a row has nothing else to convert; else None.

    Then a row whose three values are texts, none of which `looks_like_messages`, is one user and
    two assistant messages, and every other field is metadata.
    """
    if match.dialect != "pairs" or match.paths or match.cut != "off":
        return None
    try:
        plan = _plan(match, tuple(fields))
    except RowFault:  # a field name that no row may have: every row will report it
        return None
    field_of = dict(plan.reads)
    if plan.rivals or field_of.keys() != set(_TEXT_PARTS):
        return None
    return field_of["prompt"], field_of["chosen"], field_of["rejected"]


@lru_cache(maxsize=_PLANS)
def _plan(match: Match, names: tuple[str, ...], picked: tuple[tuple[str, str], ...] = ()) -> _Plan:
    dialect = dialect_of(match)
    mapping = dict(match.mapping + picked)
    claimed = claims(dialect, names, mapping)
    reads = tuple((part, rivals[0]) for part, rivals in claimed.items() if len(rivals) == 1)
    held = {name for part, name in reads if part in dialect.represented} | {*match.paths}
    return _Plan(
        convert=dialect.convert,
        judge=dialect.judge,
        reads=reads,
        names=field_names(claimed),
        rivals=tuple((part, rivals) for part, rivals in claimed.items() if len(rivals) > 1),
        outsiders=() if match.insisted else outsiders(dialect, names, mapping),
        metadata=tuple((name, _key(name)) for name in sorted(names) if name not in held),
    )


def _together(converted: str, carried: str) -> str:
    """Metadata that the conversion found inside of fields, and those of the other fields, which
    count if both have a name."""
    raw = _RAW_OBJECT.decode
    return msgspec.json.encode({**raw(converted), **raw(carried)}, order="sorted").decode()


def _key(name: str) -> bytes:
    check_surrogates(name, "a field name")
    return encode_json(name) + b":"


def _is_valueless(value: object) -> bool:
    return is_blank(decode_json(value, "a field") if isinstance(value, Raw) else value)


def _check_outsiders(names: Sequence[str], fields: Mapping[str, object], match: Match) -> None:
    for name in names:
        if not _is_valueless(fields[name]):
            raise RowFault(
                "wrong-type",
                f"the field {name!r} holds a value: a row of another dialect than {match.dialect}",
            )


def _pick_fields(plan: _Plan, fields: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The field of each part that has a value; the first if none has one or all are equal. Of
    several prompts that which whole conversations begin with."""
    picked = []
    for part, names in plan.rivals:
        filled = {
            name: decode_json(value, part) if isinstance(value, Raw) else value
            for name in names
            if not _is_valueless(value := fields[name])
        }
        first = next(iter(filled), names[0])
        if any(value != filled[first] for name, value in filled.items() if name != first):
            agreeing = prompt_of_sides(part, filled, _sides(plan, fields))
            if agreeing is not None:
                picked.append((part, agreeing))
                continue
            raise RowFault(
                "wrong-type",
                f"{' and '.join(filled)} each hold a {part}, and not the same; "
                f"say which with --map {part}={first}",
            )
        picked.append((part, first))
    return tuple(picked)


def _sides(plan: _Plan, fields: Mapping[str, object]) -> list[object]:
    field_of = dict(plan.reads)
    held = [fields[field_of[side]] for side in ("chosen", "rejected") if side in field_of]
    return [decode_json(value, "a side") if isinstance(value, Raw) else value for value in held]


def _metadata(keys: Sequence[tuple[str, bytes]], fields: Mapping[str, object]) -> str:
    items = []
    try:
        for name, key in keys:
            value = fields[name]
            items.append(key + (bytes(value) if type(value) is Raw else encode_json(value)))
        return (b"{" + b",".join(items) + b"}").decode()
    except UnicodeDecodeError:
        raise RowFault("invalid-utf8", "a field kept as metadata is not valid UTF-8") from None
    except UnicodeEncodeError:
        raise RowFault(
            "lone-surrogate", "a field kept as metadata holds half of a surrogate pair"
        ) from None
    except RecursionError:
        raise RowFault("invalid-json", "a field kept as metadata is nested too deeply") from None


__all__ = ["Match", "convert_row", "judge_row", "looks_like_messages", "row_values", "text_fields"]
