"""The result of `prefdata inspect`, as `--json` prints it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from prefdata.results.closed import Closed, Result
from prefdata.results.not_read import NotRead
from prefdata.results.validation import EXAMPLES, LengthSummary

Side = Literal["prompt", "chosen", "rejected"]


class ShownMessage(Closed):
    """One message of a row."""

    role: str
    content: str | None
    extra: str | None = Field(
        default=None, description="JSON text of other fields, such as tool calls."
    )


class ShownRow(Closed):
    """One row, whole."""

    row: int = Field(description="Line (JSON Lines, CSV) or position, from 1.")
    prompt: tuple[ShownMessage, ...]
    chosen: tuple[ShownMessage, ...]
    rejected: tuple[ShownMessage, ...]
    margin: float | None
    metadata: str


class Unreadable(Closed):
    """A row of which no record can be made."""

    row: int
    reason: str
    evidence: str


class FileInspection(Closed):
    """One file, read to its end."""

    name: str
    container: str
    compression: str
    encoding: str
    bytes: int
    dialect: str
    summary: str = Field(description="What files of this dialect hold.")
    polarity: str = Field(description="Which way its labels point, in words.")
    parts: dict[str, tuple[str, ...]] = Field(description="Part of the pair to its fields.")
    metadata: tuple[str, ...] = Field(description="Fields that are kept beside the pair.")
    renamed: tuple[tuple[str, str], ...] = Field(
        description="Columns of a CSV whose name was missing or taken: (in the file, in use)."
    )
    rows: int
    records: int
    with_margin: int
    quarantined: dict[str, int] = Field(description="Reason to rows that cannot be read.")
    unpaired: dict[str, int] = Field(
        default_factory=dict, description="Reason to judgements that make no pair."
    )
    unreadable: tuple[Unreadable, ...] = Field(description=f"The first {EXAMPLES} of each reason.")
    characters: dict[Side, LengthSummary] = Field(description="Of every record.")
    words: dict[Side, LengthSummary] = Field(description="Words or CJK characters, of the sample.")
    scripts: dict[str, int] = Field(description="Of every record.")
    languages: dict[str, int] = Field(description="Of the sample.")
    sampled: int = Field(description="Records in the sample, evenly spread over the file.")
    shown: tuple[ShownRow, ...] = Field(description="A few records of the sample.")


class Problem(Closed):
    """A file that cannot be read as it is, and what to do."""

    name: str
    problem: str


class Inspection(Result):
    """The result of `inspect`."""

    main_table: ClassVar[str] = "files"

    files: tuple[FileInspection, ...]
    problems: tuple[Problem, ...]
    not_read: tuple[NotRead, ...] = Field(
        default=(), description="Files in source folders that were not read, and why."
    )
