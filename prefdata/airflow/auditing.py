"""Operators that check data: ValidateOperator (sources), AuditOperator (labels), GateOperator."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, several, switch
from prefdata.airflow.operator import PrefdataOperator, Ran, Switch
from prefdata.airflow.reading import SourcesOperator
from prefdata.airflow.results import said


class ValidateOperator(SourcesOperator):
    """`prefdata validate`: what is in preference files, and what is wrong with it. Besides the
    fields of SourcesOperator:

    max_error_ratio: findings at error level for each row read, up to which the task succeeds: 0,
        as the command has it, allows none; 1 only reports them. A source that cannot be read at
        all fails the task in any case.
    report: file for the whole result, as JSON.
    """

    command: ClassVar[str] = "validate"
    template_fields: Sequence[str] = (
        *SourcesOperator.template_fields, "max_error_ratio", "report",
    )  # fmt: skip

    def __init__(
        self,
        *,
        max_error_ratio: float | str = 0.0,
        report: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_error_ratio = max_error_ratio
        self.report = report

    def options(self) -> dict[str, Value]:
        if not 0 <= float(self.max_error_ratio) <= 1:
            raise ValueError(f"max_error_ratio {self.max_error_ratio}: write a number from 0 to 1")
        return {**super().options(), "report": self.report}

    def accepts(self, ran: Ran) -> bool:
        """Whether there are errors (exit code 1), but no more than `max_error_ratio` allows."""
        if ran.code != 1 or not ran.result:
            return False
        return _ratio(ran.result) <= float(self.max_error_ratio)

    def explains(self, result: Mapping[str, Any]) -> str:
        return (
            f"{result['errors']:,} errors in {result['rows']:,} rows are more than "
            f"max_error_ratio={self.max_error_ratio} allows: {said(result['by_rule'])}."
        )


def _ratio(result: Mapping[str, Any]) -> float:
    """Errors per row, at most 1: a row may have several."""
    return float(min(1.0, result["errors"] / max(1, result["rows"])))


class AuditOperator(SourcesOperator):
    """`prefdata audit`: are the labels right? Besides the fields of SourcesOperator:

    out: folder of the audit. Not needed for a folder that was built: it goes into its report/.
    force: replace the audit of an earlier run in `out`.
    """

    command: ClassVar[str] = "audit"
    template_fields: Sequence[str] = (*SourcesOperator.template_fields, "out", "force")

    def __init__(
        self,
        *,
        out: str | os.PathLike[str] | None = None,
        force: Switch = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.out = out
        self.force = force

    def options(self) -> dict[str, Value]:
        return {**super().options(), "out": self.out, "force": switch(self.force)}


class GateOperator(PrefdataOperator):
    """`prefdata gate`: fails, without a retry, when a dataset must not be published as it is.

    out: the output folder of a build that was audited.
    config: the limits, such as {"flipped": 0.02}; the options of the command say which there are.
    """

    command: ClassVar[str] = "gate"
    template_fields: Sequence[str] = (*PrefdataOperator.template_fields, "out")

    def __init__(self, *, out: str | os.PathLike[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.out = out

    def places(self) -> list[str]:
        return several(self.out)

    def explains(self, result: Mapping[str, Any]) -> str:
        return "\n".join(result["failing"])
