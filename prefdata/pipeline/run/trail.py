"""The trail of a run: its rows, their verdicts so far, and a fingerprint of all they depend on."""

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
    """What steps hand on to one another; each step adds to it.

    `shards`: of all rows read. `names`: of the sources, by `shard.source`. `verdicts`: the tables
    of the steps so far. `identity`: a fingerprint of all that these depend on. `remarks`: on all
    rows together, by code.
    """

    run: Run
    shards: list[Shard]
    names: tuple[str, ...]
    verdicts: Tables
    identity: str
    remarks: dict[str, str] = field(default_factory=dict)

    def folder(self, step: str, *depends_on: str | Mapping[str, object]) -> Path:
        """The folder of a step, named after all that it depends on, including the earlier steps.

        `depends_on` becomes part of the identity. If two steps at the same place could depend on
        the same values, each must pass its own name first.
        """
        if depends_on:
            self.identity = fingerprint(self.identity, *depends_on)
        return self.run.place / f"{step}-{self.identity}"

    def step(
        self, name: str, work: Callable[[Path], Result], *depends_on: str | Mapping[str, object]
    ) -> Result:
        """Runs a step and appends its verdicts.

        `work(folder)` writes `verdicts.arrow` to the folder of the step; start and end are
        reported.
        """
        folder = self.folder(name, *depends_on)
        result = self.reported(name, lambda: work(folder))
        self.add_verdicts(name, folder / "verdicts.arrow")
        return result

    def reported(self, step: str, work: Callable[[], Result]) -> Result:
        """The result of work without intermediate progress; its start and end are reported."""
        self.run.report(step, 0, 1)
        result = work()
        self.run.report(step, 1, 1)
        return result

    def add_verdicts(self, step: str, table: Path) -> None:
        """Appends the verdict table of a step."""
        self.verdicts = self.verdicts.then(step, table)

    def remark(self, code: str, text: str) -> None:
        """Adds a remark, joined to those of the same code."""
        before = self.remarks.get(code)
        self.remarks[code] = joined(before, text) if before else text

    def branch(self) -> Trail:
        """An independent trail from here on, without remarks: its steps do not change this one."""
        return replace(self, remarks={})
