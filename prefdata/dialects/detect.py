"""Detecting the dialect of a file from sampled rows: by field names, then by values.

Every sampled row votes for the dialects that it fits, and the one with most votes is chosen. A tie
is an error that names the candidates, since a wrong guess might flip every label. Where the label
of two completions needs a statement, and there is none, the error reads the whole file and shows
the readings that fit it (`labels.question`).
"""

from __future__ import annotations

import logging
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from prefdata.config.model import Cut
from prefdata.config.similar_names import did_you_mean
from prefdata.dialects import DIALECTS, dialect_named
from prefdata.dialects.dialect import Dialect, Match, Row
from prefdata.dialects.fields import (
    Claims,
    claims,
    field_names,
    filled,
    is_blank,
    is_complete,
    mapped_field,
    named_claims,
    plain,
)
from prefdata.dialects.judged import JUDGED
from prefdata.dialects.labels.evidence import against, half_counted
from prefdata.dialects.labels.mapping import names_sides, neutral_mapping
from prefdata.dialects.labels.neutral import text_pairs
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.restated import restated_readings
from prefdata.dialects.labels.single import (
    direction_question,
    doubted,
    label_question,
    single_mapping,
)
from prefdata.dialects.labels.statement import (
    contradicted,
    ignored,
    side_warning,
)
from prefdata.dialects.paths import paths_in, with_paths
from prefdata.dialects.suggestions.leaves import Leaf
from prefdata.dialects.undetected import (
    check_mapping,
    check_rivals,
    fields_message,
    fields_seen,
    nothing_fits,
    reads_otherwise,
    several_fit,
    some_names,
)
from prefdata.errors import ConfigError, DialectError, RowFault

__all__ = ["Match", "detect"]

_log = logging.getLogger("prefdata")
_NAME = 80


@dataclass(frozen=True)
class _File:
    """Some rows of a file, all of them if it comes to that, and what its user says of it."""

    place: str
    rows: Sequence[Row]
    every_row: Callable[[], Iterable[Row]]
    mapping: Mapping[str, str]
    reading: LabelReading | None

    @property
    def label(self) -> str | None:
        """The reading as a match has it."""
        return None if self.reading is None else self.reading.text


def detect(
    rows: Sequence[Row],
    *,
    place: str,
    dialect: str | None = None,
    mapping: Mapping[str, str] | None = None,
    label: str | None = None,
    every_row: Callable[[], Iterable[Row]] | None = None,
    cut: Cut = "off",
) -> Match:
    """Detects the dialect of a file from sampled rows (decoded).

    `place`: the file, for messages. Given by the user: `dialect`, `mapping` (part name to field
    name), `label` (see `LabelReading.parse`) and `cut`. `every_row`: all rows of the file, as
    Python values or `msgspec.Raw`; read only for an error about labels.

    Raises DialectError if no dialect fits, several fit, the dialect is one that is not read, labels
    need a statement, or a given field is not there; ConfigError if there is no such dialect or
    part, or `label` states nothing.
    """
    named_fields = dict(mapping or {})
    paths = paths_in(named_fields.values())
    if paths:
        rows = [with_paths(row, paths) for row in rows]
    named = None if dialect is None else dialect_named(dialect)
    reading = None if label is None else LabelReading.parse(label)
    file = _File(place, rows, every_row or (lambda: rows), named_fields, reading)
    considered = _considered(named, named_fields)
    if rows:
        check_mapping(rows, named_fields, place)
        if warning := side_warning(place, rows, named_fields):
            _log.warning("%s", warning)
    best = _best_dialect(considered, file) if named is None else _check_named(named, file)
    if best.refusal is not None:
        raise DialectError(f"{place}: {best.refusal}")
    check_rivals(best, rows, named_fields, place)
    if best.bind is not None and rows:
        raise DialectError(_question(best, file, insisted=named is not None))
    if rows and (problem := _misread(best, file, insisted=named is not None)):
        raise DialectError(problem)
    return msgspec.structs.replace(
        _match(best, file, insisted=named is not None),
        has_judge=_has_judge(best, rows, named_fields),
        paths=paths,
        cut=cut,
    )


def _has_judge(dialect: Dialect, rows: Sequence[Row], named_fields: Mapping[str, str]) -> bool:
    """Whether some rows of a dialect of pairs name a judge."""
    part = dialect.judge_part
    if part is None:
        return False
    return any(part in claims(dialect, filled(row), named_fields) for row in rows)


def _match(dialect: Dialect, file: _File, *, insisted: bool) -> Match:
    is_stated = dialect.name == JUDGED.name or _is_restated(dialect, file)
    label = file.label if is_stated else None
    return Match(dialect.name, tuple(sorted(file.mapping.items())), insisted, label=label)


def _stated(dialect: Dialect, file: _File) -> Dialect:
    """The dialect, bound to what the user states; as it is if that says nothing of this dialect."""
    if dialect.restate is not None and file.label is not None:
        return dialect.restate(file.label) or dialect
    if dialect.bind is None:
        return dialect
    return dialect.bind(Match(dialect.name, label=file.label))


def _is_restated(dialect: Dialect, file: _File) -> bool:
    """Whether the user states how a dialect reads that has a direction of its own."""
    restate = dialect_named(dialect.name).restate
    return restate is not None and file.label is not None and restate(file.label) is not None


def _misread(dialect: Dialect, file: _File, *, insisted: bool) -> str | None:
    """Why a file is not read with the dialect that was found: what the user states says nothing of
    it, or what the file holds says otherwise."""
    if file.reading is not None:
        unused = dialect.labels is None and dialect.name != JUDGED.name
        if unused and not _is_restated(dialect, file):
            return ignored(dialect, file.reading, file.place)
        return None
    if "rating" in {part.name for part in dialect.parts} and dialect.restate is not None:
        claimed = claims(dialect, fields_seen(file.rows), file.mapping)
        name = claimed["rating"][0] if "rating" in claimed else ""
        if name and (why := doubted(file.rows, name)):
            return direction_question(file.place, name, why)
    if dialect.restate is not None and _is_unstated_label(dialect, file):
        return label_question(file.place, file.every_row(), dialect, file.mapping, sample=file.rows)
    if insisted or dialect.labels is None:
        return None
    if dialect.name == "judge-named":
        return _half_counted(dialect, file)
    if not dialect.generic:
        return None
    if why := against(dialect, file.rows, file.mapping):
        head = (
            f"{file.place}: the fields are those of {dialect.summary} ({dialect.polarity}), but "
            f"{why}. Say which of the two is meant, in words or with --dialect {dialect.name}:"
        )
        lines = restated_readings(JUDGED, dialect, file.every_row(), file.rows, file.mapping)
        return "\n".join((head, *lines))
    return None


def _half_counted(dialect: Dialect, file: _File) -> str | None:
    """The question for labels that may count the completions from 0 or from 1."""
    claimed = claims(dialect, fields_seen(file.rows), file.mapping)
    two = claimed["first"][0], claimed["second"][0]
    label = claimed["label"][0]
    if not half_counted(file.rows, label, two):
        return None
    count = sum(not is_blank(row.get(label)) for row in file.rows)
    lines = restated_readings(JUDGED, dialect, file.every_row(), file.rows, file.mapping)
    head = (
        f"{file.place}: {label!r} counts the completions in words, and only number 1 is named in "
        f"{count:,} rows looked at: whether it counts from 0 or from 1 is not stated. Say which:"
    )
    return "\n".join((head, *lines))


def _is_unstated_label(dialect: Dialect, file: _File) -> bool:
    """Whether no row looked at has a label that says by itself whether a completion is wanted."""
    if "label" not in {part.name for part in dialect.parts}:
        return False
    return not any(_fits(dialect, row, filled(row), file.mapping) for row in file.rows) and any(
        _is_named(dialect, row, file.mapping) for row in file.rows
    )


def _question(dialect: Dialect, file: _File, *, insisted: bool = False) -> str:
    """What the user has to say of a file before it is read."""
    flags = [f"--dialect {dialect.name}"] if insisted else []
    for known in DIALECTS if insisted else ():
        if known.own_names and any(_fits(known, row, filled(row), {}) for row in file.rows):
            return (
                f"{file.place}: the fields are those of {known.summary}; {known.polarity}. Leave "
                f"out --dialect {dialect.name}, or say with --label what they mean instead."
            )
    # only files that are about to be refused ask
    from prefdata.dialects.labels.question import question

    return question(
        file.place, file.every_row(), dialect, file.mapping, sample=file.rows, flags=flags
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


def _check_named(named: Dialect, file: _File) -> Dialect:
    """The dialect that the user named, bound to what else is stated."""
    place, rows, named_fields = file.place, file.rows, file.mapping
    if file.reading is not None and named.labels is not None and named.bind is None:
        raise DialectError(
            f"{place}: the dialect {named.name} says what its labels mean ({named.polarity}); "
            f"--label {file.reading.text} is for --dialect {JUDGED.name}. Pass one of the two."
        )
    named = _stated(named, file)
    fields = fields_seen(rows)
    complete = any(is_complete(named, claims(named, tuple(row), named_fields)) for row in rows)
    if complete or not rows or named.refusal is not None:
        return named
    claimed = claims(named, fields, named_fields)
    lacking = [part for part in named.parts if part.required and part.name not in claimed]
    wanted = "; ".join(f"{part.name} ({some_names(part.known_names)})" for part in lacking)
    raise DialectError(
        f"{place}: the dialect {named.name} needs fields that no row looked at has together"
        f"{': ' if wanted else ''}{wanted}. {fields_message(fields)} Pass --map PART=FIELD."
    )


def _best_dialect(considered: Sequence[Dialect], file: _File) -> Dialect:
    candidates = [_stated(d, file) for d in considered if _may_be_found(d, file.mapping)]
    votes = Counter({d.name: 0 for d in candidates})
    for row in file.rows:
        fields = filled(row)
        votes.update(d.name for d in candidates if _fits(d, row, fields, file.mapping))
    if file.reading is not None:
        many = [d for d in candidates if 2 * votes[d.name] > len(file.rows)]
        _check_statement([d for d in many if votes[d.name] >= d.quorum * len(file.rows)], file)
    standing = [d for d in candidates if votes[d.name] >= max(1, d.quorum * len(file.rows))]
    if any(d.labels is not None and 2 * votes[d.name] >= votes[JUDGED.name] for d in standing):
        standing = [d for d in standing if d is not JUDGED]  # a few odd labels ask for nothing
    most = max((votes[d.name] for d in standing), default=0)
    leading = _without_ties([d for d in standing if votes[d.name] == most])
    if not leading:
        if file.reading is not None and (asked := _unstated(file)):
            raise DialectError(asked)
        # Every sampled row is faulty; field names may still decide, and each row reports its fault.
        by_name = [d for d in candidates if not d.by_values]
        named = [d for d in by_name if any(_is_named(d, row, file.mapping) for row in file.rows)]
        leading = [d for d in named if d.name != JUDGED.name]
        if len(leading) > 1:  # lists of completions may have the names of pairs
            leading = [d for d in leading if d.judge is None] or leading
        if len(leading) != 1:
            raise DialectError(
                _unstated(file) or nothing_fits(leading, file.rows, file.mapping, file.place)
            )
        if told := reads_otherwise(leading[0], file.rows, file.mapping, file.place):
            raise DialectError(told)
    if len(leading) > 1:
        raise DialectError(several_fit(leading, file.place))
    return leading[0]


def _may_be_found(dialect: Dialect, mapping: Mapping[str, str]) -> bool:
    """Whether a dialect is one that is found out, by names among which a mapping changes none."""
    if dialect.only_named or not dialect.own_names:
        return not dialect.only_named
    names = {part.name: part.known_names for part in dialect.parts}
    return all(plain(field) in names[part] for part, field in mapping.items())


def _without_ties(leading: list[Dialect]) -> list[Dialect]:
    """Of dialects that fit equally well: what the user states of labels comes before a dialect that
    knows its own, which was found to agree; and what needs a statement comes last."""
    if JUDGED in leading and len(leading) > 1:
        return [d for d in leading if d is not JUDGED]
    is_stated = any(d.name == JUDGED.name and d is not JUDGED for d in leading)
    return [d for d in leading if not is_stated or d.labels is None or d.name == JUDGED.name]


def _check_statement(fitting: Iterable[Dialect], file: _File) -> None:
    """Raises DialectError if the user's reading of labels contradicts a dialect that knows them,
    and that most rows fit."""
    assert file.reading is not None, "a reading is stated"
    for dialect in fitting:
        if dialect.labels is None or dialect.name == JUDGED.name:
            continue
        problem = contradicted(dialect, file.rows, file.mapping, file.reading, file.place)
        if problem is not None:
            raise DialectError(problem)


def _unstated(file: _File) -> str | None:
    """The question for a file that no dialect fits, if it could be read with a statement; else
    None."""
    if (asked := _unstated_single(file)) is not None:
        return asked
    mapping = neutral_mapping(JUDGED, file.rows, file.mapping)
    if mapping is None or not any(_may_be_read(row, mapping) for row in file.rows):
        return None
    check_rivals(JUDGED, file.rows, mapping, file.place)
    is_mapped = mapping == file.mapping
    flags = [] if is_mapped else [_map_flag(mapping)]
    if "label" in mapping and not is_mapped and _says_sides(mapping, file):
        return (
            f"{file.place}: no dialect fits. The values of {mapping['label']!r} name a side: try "
            f"{flags[0]}. {fields_message(fields_seen(file.rows))}"
        )
    # only files that are about to be refused ask
    from prefdata.dialects.labels.question import question

    return question(
        file.place,
        file.every_row(),
        JUDGED,
        mapping,
        sample=file.rows,
        flags=flags,
        tried=file.reading if is_mapped else None,
    )


def _map_flag(mapping: Mapping[str, str]) -> str:
    return f"--map {shlex.quote(','.join(f'{part}={name}' for part, name in mapping.items()))}"


def _says_sides(mapping: Mapping[str, str], file: _File) -> bool:
    """Whether the labels of every row need no statement, with a mapping."""
    named = dialect_named("judge-named")
    return all(
        _fits(named, row, filled(row), mapping)
        for row in file.rows
        if mapping["label"] in filled(row)
    )


def _unstated_single(file: _File) -> str | None:
    """The question for rows of one completion and a number or label under an unknown name."""
    for name, part in (("rated-rows", "rating"), ("unpaired", "label")):
        dialect = dialect_named(name)
        mapping = single_mapping(dialect, file.rows, file.mapping, part)
        if mapping is None or any(_is_named(d, row, {}) for d in _PAIRED for row in file.rows):
            continue
        field = mapped_field(mapping[part], fields_seen(file.rows))
        held = tuple(row[field] for row in file.rows if field is not None and field in row)
        if Leaf(mapping[part], held, 1.0).is_text:  # a completion is no label of another
            continue
        flags = [_map_flag(mapping)]
        if part == "rating":
            why = "its name is not known."
            return direction_question(file.place, mapping[part], why, flags)
        return label_question(
            file.place, file.every_row(), dialect, mapping, sample=file.rows, flags=flags
        )
    return None


def _may_be_read(row: Row, mapping: Mapping[str, str]) -> bool:
    return _fits(JUDGED, row, filled(row), mapping) or _fits(
        dialect_named("judge-named"), row, filled(row), mapping
    )


def _is_named(dialect: Dialect, row: Row, named_fields: Mapping[str, str]) -> bool:
    claimed = named_claims(dialect, tuple(row), named_fields)
    return claimed is not None and not _sides_are_names(row, filled(row), claimed)


def _fits(
    dialect: Dialect, row: Row, fields: tuple[str, ...], named_fields: Mapping[str, str]
) -> bool:
    """Whether a row is one of a dialect; `fields`: those that have a value."""
    claimed = named_claims(dialect, fields, named_fields)
    if claimed is None:
        return False
    values: dict[str, object] = {part: row[names[0]] for part, names in claimed.items()}
    values.update(field_names(claimed))
    if _sides_are_names(row, fields, claimed):
        return False
    try:
        if dialect.refusal is None and dialect.bind is None:
            dialect.read(values)
        if dialect.is_elsewhere is not None:
            taken = frozenset(name for claimants in claimed.values() for name in claimants)
            if dialect.is_elsewhere(row, taken):
                return False
        return dialect.fits(values)
    except RowFault:
        return False


_PAIRED = tuple(d for d in DIALECTS if {"chosen", "rejected"} <= {part.name for part in d.parts})


def _sides_are_names(row: Row, fields: tuple[str, ...], claimed: Claims) -> bool:
    """Whether what is called chosen and rejected names two other fields, which hold the texts."""
    sides = [claimed[side][0] for side in ("chosen", "rejected") if side in claimed]
    short = all(isinstance(row[name], str) and len(str(row[name])) < _NAME for name in sides)
    if len(sides) != 2 or not short:
        return False
    two = text_pairs(fields)
    return (
        len(two) == 1
        and not {*sides} & {*two[0]}
        and all(names_sides([row], name, two[0]) for name in sides)
    )
