"""What a source is, once found and looked at; and what readers hand on."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

Container = Literal["jsonl", "json", "csv", "parquet", "arrow-file", "arrow-stream"]
Compression = Literal["none", "gzip", "zstd"]


@dataclass(frozen=True)
class Source:
    """One file to read. `name` is how people call it (as given); `path` is where the bytes are."""

    name: str
    path: Path
    container: Container
    compression: Compression
    encoding: str
    size: int
    modified: int
    """When it was last written, in nanoseconds: whether it changed underneath shows here."""
    delimiter: str = ","
    """Between the fields of a CSV; of no meaning elsewhere."""


@dataclass(frozen=True)
class Segment:
    """A part of a source that one task reads alone.

    `start` and `stop` are byte offsets for JSON Lines and JSON (both at record borders), row
    groups for Parquet and record batches for Arrow. `stop` None: to the end.
    """

    source: Source
    start: int = 0
    stop: int | None = None


class RawRow(msgspec.Struct, frozen=True, gc=False):
    """One row as it stands in its source, read or not.

    `source_row` counts from 1 at the start of the segment: physical lines in JSON Lines and CSV,
    records elsewhere. `raw` are its bytes (UTF-8 JSON of the row where the container is binary).
    `fields` maps names to values; values of JSON containers are `msgspec.Raw`, still to be decoded.
    When the row cannot be read `fields` is None and `fault` is (reason, detail). `duplicates` are
    the names that a JSON object gives more than once; `fields` holds the last value of each.
    """

    source_row: int
    raw: bytes
    fields: Mapping[str, object] | None = None
    fault: tuple[str, str] | None = None
    duplicates: tuple[str, ...] = ()


class RowBlock(msgspec.Struct, frozen=True, gc=False):
    """Rows that were read together. `lines`: the number of the last line (or record) so far."""

    rows: list[RawRow]
    lines: int


def readable(raw: bytes) -> dict[str, str]:
    """Raw bytes as a field: `raw`, text, where they are UTF-8, and `raw_base64` where not.

    >>> readable(b"ab"), readable(b"\\xff")
    ({'raw': 'ab'}, {'raw_base64': '/w=='})
    """
    try:
        return {"raw": raw.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode()}
