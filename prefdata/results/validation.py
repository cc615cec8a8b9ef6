"""The result of `prefdata validate`, as `--json` prints it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from prefdata.config.section import Level
from prefdata.results.closed import Closed, Result
from prefdata.results.not_read import NotRead

EXAMPLES = 5
"""Examples kept at most for each rule and file."""


class FindingPlace(Closed):
    """Where a rule fired."""

    source: str
    row: int = Field(description="Line (JSON Lines, CSV) or position, from 1.")
    evidence: str


class RuleCount(Closed):
    """How often a rule fired, and the first places."""

    code: str
    level: Level
    rows: int
    summary: str
    fix: str
    examples: tuple[FindingPlace, ...] = Field(description=f"The first {EXAMPLES} places, no more.")


class SourceSummary(Closed):
    """One file that was looked at."""

    name: str
    container: str
    compression: str
    encoding: str
    dialect: str
    polarity: str
    rows: int
    quarantined: int


class LengthSummary(Closed):
    """Characters of one side."""

    mean: float
    p50: int
    p90: int
    p99: int
    max: int


class Validation(Result):
    """The result of `validate`: no findings at error level means the sources are clean."""

    main_table: ClassVar[str] = "findings"

    rows: int
    records: int
    in_pairs: int | None = Field(
        default=None,
        description="Rows that speak in a pair, where rows are judgements; `records` are the "
        "pairs made of them. Null where every row is a pair.",
    )
    sources: tuple[SourceSummary, ...]
    not_read: tuple[NotRead, ...] = Field(
        default=(), description="Files in source folders that were not read, and why."
    )
    findings: tuple[RuleCount, ...]
    remarks: dict[str, str] = Field(description="What is to be said of all rows together, by code.")
    scripts: dict[str, int]
    lengths: dict[str, LengthSummary] = Field(description="Side to its characters.")

    @property
    def errors(self) -> int:
        """Findings at error level."""
        return sum(finding.rows for finding in self.findings if finding.level == "error")
