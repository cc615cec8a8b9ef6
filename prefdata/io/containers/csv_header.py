"""The header of a CSV file: unique names for its columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

from prefdata.errors import SourceError
from prefdata.io.bytes.source import MOST_FIELDS

_MOST_LINES = 100
_STATED = re.compile('\ufeff?"?sep=([,;|\t])"?[ \t]*\r?\n?', re.IGNORECASE)


class CsvColumns(NamedTuple):
    """Names of columns; `renamed`: (name in the file, name used) for each changed name."""

    names: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]


def read_header(lines: Sequence[str], delimiter: str) -> tuple[CsvColumns, int]:
    """The columns named by the first record, and the number of lines that it and what stands before
    it use: blank ones, and one that states the delimiter.

    A header with unmatched quotes is read as one line, so that no row is taken for a part of it.
    """
    said = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    begin = said + 1 if said < len(lines) and stated_delimiter(lines[said]) else said
    blank = next((i for i in range(begin, len(lines)) if lines[i].strip()), len(lines))
    if blank == len(lines):
        return CsvColumns((), ()), blank
    reader = csv.reader(islice(lines, blank, blank + _MOST_LINES), delimiter=delimiter, strict=True)
    try:
        names, count = next(reader), reader.line_num
    except csv.Error:
        line = lines[blank].rstrip("\r\n").replace("\r", " ")
        names, count = next(csv.reader([line], delimiter=delimiter)), 1
    return named_columns(names), blank + count


def stated_delimiter(line: str) -> str | None:
    """The delimiter that the first line of a CSV states for Excel.

    >>> stated_delimiter("sep=;\\n")
    ';'
    """
    match = _STATED.fullmatch(line)
    return match[1] if match else None


def named_columns(names: Sequence[str]) -> CsvColumns:
    """Gives a name to columns without one, and a number to repeated names.

    >>> named_columns(["id", "", "id"]).names
    ('id', 'column_2', 'id_2')
    """
    given: dict[str, None] = {}
    taken = set(names)
    numbers: dict[str, int] = {}  # where to go on, for a name that occurs many times
    for position, name in enumerate(names, 1):
        fresh = name if name.strip() else f"column_{position}"
        base = name.strip() or f"column_{position}"
        while fresh in given or (fresh != name and fresh in taken):
            numbers[base] = numbers.get(base, 1) + 1
            fresh = f"{base}_{numbers[base]}"
        given[fresh] = None
    renamed = zip(names, given, strict=True)
    return CsvColumns(tuple(given), tuple(pair for pair in renamed if pair[0] != pair[1]))


def refuse_columns(count: int, place: str) -> None:
    """Raises SourceError if a file has more columns than `MOST_FIELDS`."""
    if count > MOST_FIELDS:
        raise SourceError(
            f"{place} has {count:,} columns, and prefdata reads at most {MOST_FIELDS:,}: keep "
            "those that hold the prompt, the completions and what belongs to them"
        )


_NO_LIMIT = 2**31 - 1  # a C long has 32 bits on Windows


@contextmanager
def any_field_size() -> Iterator[None]:
    """Removes the csv module's limit on the size of a field within the `with` block."""
    before = csv.field_size_limit(_NO_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)
