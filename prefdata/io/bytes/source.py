"""A source, a segment of it, and the rows that readers return."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

MOST_FIELDS = 10_000
"""Fields that a row may have. Every dialect is compared with every name, so a million take
minutes."""

Container = Literal[
    "jsonl", "json", "json-columns", "csv", "xlsx", "parquet", "arrow-file", "arrow-stream"
]
Compression = Literal["none", "gzip", "zstd", "bzip2", "xz"]


@dataclass(frozen=True)
class Source:
    """One file to read. `name`: in outputs; `path`: where its bytes are."""

    name: str
    path: Path
    container: Container
    compression: Compression
    encoding: str
    size: int
    modified: int
    """The time of the last change in nanoseconds, to detect changes while reading."""
    delimiter: str = ","
    """The delimiter of CSV fields; ignored for other containers."""
    given: str = ""
    """The name as the user gave it, which may be an absolute path; for messages and patterns."""


@dataclass(frozen=True)
class Segment:
    """A part of a source that one task reads.

    `start` and `stop`: byte offsets at row boundaries for JSON Lines and JSON, numbers of row
    groups for Parquet and of record batches for Arrow. `stop` None: to the end.
    """

    source: Source
    start: int = 0
    stop: int | None = None


class RawRow(msgspec.Struct, frozen=True, gc=False):
    """One row of a source, readable or not.

    `source_row` counts from 1 at the start of the segment: physical lines in JSON Lines and CSV,
    records elsewhere. `raw`: its bytes (UTF-8 JSON of the row if the container is binary).
    `fields`: name to value; values of JSON containers are `msgspec.Raw`, not decoded. If the row
    cannot be read, `fields` is None and `fault` is (reason, detail). `duplicates`: names that occur
    more than once in a JSON object; `fields` has the last value of each. `size`: how much of the
    source the row stands for, if `raw` does not tell (it was cut, or counts rows).
    """

    source_row: int
    raw: bytes
    fields: Mapping[str, object] | None = None
    fault: tuple[str, str] | None = None
    duplicates: tuple[str, ...] = ()
    size: int | None = None


class RowBlock(msgspec.Struct, frozen=True, gc=False):
    """Rows that were read together. `lines`: the number of the last line (or record) read.

    `held`: how much of the source was taken in for this block; `structure`: how much of what was
    taken in is not part of a row, by name. See `books`.
    """

    rows: list[RawRow]
    lines: int
    held: int = 0
    structure: Mapping[str, int] = {}


def raw_fields(raw: bytes) -> dict[str, str]:
    """Raw bytes as a JSON field: `raw` (text) if they are UTF-8, else `raw_base64`.

    >>> raw_fields(b"ab"), raw_fields(b"\\xff")
    ({'raw': 'ab'}, {'raw_base64': '/w=='})
    """
    try:
        return {"raw": raw.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode()}
