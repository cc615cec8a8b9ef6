"""The result of `prefdata convert`, as `--json` prints it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from prefdata.config.section import RecordFormat
from prefdata.results.closed import Closed, Result
from prefdata.results.manifest import FileEntry
from prefdata.results.not_read import NotRead
from prefdata.results.validation import EXAMPLES

Target = Literal["arrow", "parquet", "jsonl", "csv"]


class ConvertedSource(Closed):
    """One file that was read."""

    name: str
    dialect: str
    polarity: str
    rows: int


class LeftOutRow(Closed):
    """A row that cannot be converted, and why."""

    source: str
    row: int = Field(description="Line (JSON Lines, CSV) or position, from 1.")
    why: str


class LeftOut(Closed):
    """The rows that cannot be converted for one reason."""

    reason: str = Field(description="A rule code of reading, or unholdable.")
    rows: int
    examples: tuple[LeftOutRow, ...] = Field(description=f"The first {EXAMPLES} of them, no more.")


class Conversion(Result):
    """What became of the rows: read = written + those of left_out, or nothing was written."""

    main_table: ClassVar[str] = "sources"

    to: Target
    record_format: RecordFormat
    read: int
    written: int
    refused: bool = Field(description="Rows would be lost and nobody allowed it: nothing written.")
    left_out: tuple[LeftOut, ...]
    remarks: tuple[str, ...]
    sources: tuple[ConvertedSource, ...]
    not_read: tuple[NotRead, ...] = Field(
        default=(), description="Files in source folders that were not read, and why."
    )
    files: tuple[FileEntry, ...] = Field(description="Paths from the folder that OUT is in.")
