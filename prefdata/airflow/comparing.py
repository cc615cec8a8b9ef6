"""DiffOperator: compares a build with an earlier one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from prefdata.airflow.command import Value, several
from prefdata.airflow.operator import PrefdataOperator, Ran

if TYPE_CHECKING:
    from airflow.sdk import Context


class DiffOperator(PrefdataOperator):
    """`prefdata diff`: which rows came, went, or changed verdict, split or label.

    before: output folder of the earlier build, such as the published one. Where there is none yet,
        the task succeeds and returns {"is_first": True}.
    after: output folder of the build.
    max_went, max_changed: shares of the rows of the earlier build that may be gone, or may have
        another verdict, split or label; more of them fail the task. 1 only reports them.
    report: file for all changes, a line each (.parquet, .jsonl or .csv).
    """

    command: ClassVar[str] = "diff"
    template_fields: Sequence[str] = (
        *PrefdataOperator.template_fields, "before", "after", "max_went", "max_changed", "report",
    )  # fmt: skip

    def __init__(
        self,
        *,
        before: str | os.PathLike[str],
        after: str | os.PathLike[str],
        max_went: float | str = 1.0,
        max_changed: float | str = 1.0,
        report: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.before = before
        self.after = after
        self.max_went = max_went
        self.max_changed = max_changed
        self.report = report

    def execute(self, context: Context) -> dict[str, Any]:
        """Runs the command, unless there is no earlier build yet."""
        before = Path(self.cwd or "", self.before)
        if not (before.is_dir() and any(before.iterdir())):
            self.log.info("There is no earlier build in %s: nothing to compare with.", before)
            return {"is_first": True}
        return super().execute(context)

    def options(self) -> dict[str, Value]:
        for name in ("max_went", "max_changed"):
            if not 0 <= float(getattr(self, name)) <= 1:
                raise ValueError(f"{name} {getattr(self, name)}: write a number from 0 to 1")
        return {"out": self.report}

    def places(self) -> list[str]:
        return [*several(self.before), *several(self.after)]

    def writes(self) -> list[str]:
        return several(self.report)

    def accepts(self, ran: Ran) -> bool:
        """Whether rows differ (exit code 1), but no more than is allowed."""
        return ran.code == 1 and bool(ran.result) and not self._excess(ran.result)

    def explains(self, result: Mapping[str, Any]) -> str:
        return "\n".join(self._excess(result))

    def _excess(self, result: Mapping[str, Any]) -> list[str]:
        rows = result["rows_before"]
        limits = {"went": float(self.max_went), "changed": float(self.max_changed)}
        return [
            f"{result[name]:,} of the {rows:,} rows of the earlier build {verb}: more than "
            f"max_{name}={limits[name]:g} allows."
            for name, verb in (("went", "are gone"), ("changed", "changed"))
            if result[name] > limits[name] * rows
        ]
