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
from prefdata.dialects.fields import claims, filled, is_complete, named_claims, plain
from prefdata.dialects.judged import JUDGED
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.statement import (
    contradicted,
    neutral_mapping,
    side_warning,
)
from prefdata.dialects.paths import paths_in, with_paths
from prefdata.dialects.undetected import (
    check_mapping,
    check_rivals,
    fields_message,
    fields_seen,
    nothing_fits,
    several_fit,
    some_names,
)
from prefdata.errors import ConfigError, DialectError, RowFault

__all__ = ["Match", "detect"]

_log = logging.getLogger("prefdata")


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
        if warning := side_warning(place, fields_seen(rows), named_fields):
            _log.warning("%s", warning)
    best = _best_dialect(considered, file) if named is None else _check_named(named, file)
    if best.refusal is not None:
        raise DialectError(f"{place}: {best.refusal}")
    check_rivals(best, rows, named_fields, place)
    if best.bind is not None and rows:
        raise DialectError(_question(best, file, insisted=named is not None))
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
    label = file.label if dialect.name == JUDGED.name else None
    return Match(dialect.name, tuple(sorted(file.mapping.items())), insisted, label=label)


def _stated(dialect: Dialect, file: _File) -> Dialect:
    """The dialect, bound to what the user states; as it is if that says nothing of this dialect."""
    if dialect.bind is None:
        return dialect
    return dialect.bind(Match(dialect.name, label=file.label))


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
        _check_statement([d for d in candidates if 2 * votes[d.name] > len(file.rows)], file)
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
    mapping = neutral_mapping(JUDGED, file.rows, file.mapping)
    if mapping is None or not any(_may_be_read(row, mapping) for row in file.rows):
        return None
    check_rivals(JUDGED, file.rows, mapping, file.place)
    written = ",".join(f"{part}={name}" for part, name in mapping.items())
    is_mapped = mapping == file.mapping
    from prefdata.dialects.labels.question import question

    flags = [] if is_mapped else [f"--map {shlex.quote(written)}"]
    return question(
        file.place,
        file.every_row(),
        JUDGED,
        mapping,
        sample=file.rows,
        flags=flags,
        tried=file.reading if is_mapped else None,
    )


def _may_be_read(row: Row, mapping: Mapping[str, str]) -> bool:
    return _fits(JUDGED, row, filled(row), mapping) or _fits(
        dialect_named("judge-named"), row, filled(row), mapping
    )


def _is_named(dialect: Dialect, row: Row, named_fields: Mapping[str, str]) -> bool:
    return named_claims(dialect, tuple(row), named_fields) is not None


def _fits(
    dialect: Dialect, row: Row, fields: tuple[str, ...], named_fields: Mapping[str, str]
) -> bool:
    """Whether a row is one of a dialect; `fields`: those that have a value."""
    claimed = named_claims(dialect, fields, named_fields)
    if claimed is None:
        return False
    values = {part: row[claimants[0]] for part, claimants in claimed.items()}
    try:
        if dialect.refusal is None and dialect.bind is None:
            dialect.read(values)
        return dialect.fits(values)
    except RowFault:
        return False
