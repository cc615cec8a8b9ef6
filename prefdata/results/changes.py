"""What changed from one build to another: the result of `prefdata diff`, a part of the report."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from prefdata.results.closed import Closed, Result
from prefdata.results.manifest import Fingerprint

ChangeKind = Literal["came", "went", "verdict", "split", "label", "margin"]
KINDS: tuple[ChangeKind, ...] = ("came", "went", "verdict", "split", "label", "margin")


class ComparedBuild(Closed):
    """One of the two builds."""

    path: str = Field(description="As given; in a report the name of the folder alone.")
    fingerprint: Fingerprint
    read: int = Field(ge=0, description="Rows read.")
    lines: int = Field(
        ge=0,
        description="What is compared: every row; where rows are judgements, every pair made and "
        "every row that makes none.",
    )
    kept: int = Field(ge=0)


class Change(Closed):
    """A change and the number of rows that it happened to."""

    kind: ChangeKind
    before: str | None = Field(
        description="verdict: keep, drop: REASON or quarantine: REASON; of a row that came or went "
        "its verdict. split: its name. Null for label (the other completion is chosen now) and "
        "margin, and where there was no row."
    )
    after: str | None = Field(description="The same.")
    rows: int = Field(ge=1)


class SourceChange(Closed):
    """The changes of one source, by the name that it has in the build that holds the row."""

    source: str
    came: int = Field(ge=0)
    went: int = Field(ge=0)
    changed: int = Field(ge=0)


class ChangedPlace(Closed):
    """A row that changed: its number and place in each build, null where it is not."""

    kind: ChangeKind
    before: str | None
    after: str | None
    row_before: int | None
    row_after: int | None
    source: str
    source_row: int


class Setting(Closed):
    """What the builds were made with and differ in: a config key, a version."""

    name: str
    before: Any
    after: Any


class Changes(Result):
    """What `prefdata diff` found."""

    main_table: ClassVar[str] = "changes"
    in_brief: ClassVar[tuple[str, ...]] = ("same", "changed", "came", "went")

    before: ComparedBuild
    after: ComparedBuild
    same: int = Field(ge=0, description="Rows in both, with the same verdict, split and label.")
    changed: int = Field(ge=0, description="Rows in both that differ in one of them.")
    came: int = Field(ge=0, description="Rows that only the second build has read.")
    went: int = Field(ge=0, description="Rows that only the first build has read.")
    changes: tuple[Change, ...] = Field(
        description="By kind, the most rows first. A row may be in several."
    )
    sources: tuple[SourceChange, ...] = Field(description="Those with any change.")
    examples: tuple[ChangedPlace, ...] = Field(description="The first rows of every change.")
    settings: tuple[Setting, ...] = Field(description="Config keys and versions that differ.")

    @property
    def is_same(self) -> bool:
        """Whether no row came, went or changed."""
        return not (self.changed or self.came or self.went)
