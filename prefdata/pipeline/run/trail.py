"""The trail of a run: its rows, the verdicts on them so far, and what these depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from prefdata.config.fingerprint import fingerprint
from prefdata.io.files.shards import Shard
from prefdata.pipeline.run.output_run import Run
from prefdata.results.sentences import joined
from prefdata.steps.verdict_tables import Tables

Result = TypeVar("Result")


@dataclass
class Trail:
    """What one step hands to the next; it grows with each step that is done.

    `shards`: of all rows that were read. `names`: of the sources, by `shard.source`. `verdicts`:
    the tables of the steps so far. `identity`: a fingerprint of all that these depend on.
    `remarks`: on all rows together, by code.
    """

    run: Run
    shards: list[Shard]
    names: tuple[str, ...]
    verdicts: Tables
    identity: str
    remarks: dict[str, str] = field(default_factory=dict)

    def folder(
        self, step: str, *depends_on: str | int | float | Mapping[str, object] | None
    ) -> Path:
        """The folder of a step, named after all that it depends on, those before it included.

        What else it depends on becomes part of the identity. A step that would depend on the same
        as another one at its place names itself first.
        """
        if depends_on:
            self.identity = fingerprint(self.identity, *depends_on)
        return self.run.place / f"{step}-{self.identity}"

    def reported(self, step: str, work: Callable[[], Result]) -> Result:
        """The result of a step that is done in one go; its beginning and its end are reported."""
        self.run.report(step, 0, 1)
        result = work()
        self.run.report(step, 1, 1)
        return result

    def add_verdicts(self, step: str, table: Path) -> None:
        """Appends the verdict table of a step."""
        self.verdicts = self.verdicts.then(step, table)

    def remark(self, code: str, text: str) -> None:
        """Adds a remark to those of the same code."""
        before = self.remarks.get(code)
        self.remarks[code] = joined(before, text) if before else text

    def branch(self) -> Trail:
        """A trail of its own from here on: its steps change nothing of this one. No remarks."""
        return replace(self, remarks={})
