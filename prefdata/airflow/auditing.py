"""Operators that check data: ValidateOperator (sources), AuditOperator (labels), GateOperator."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, several, switch
from prefdata.airflow.operator import PrefdataOperator, Ran, Switch
from prefdata.airflow.ratios import Limits, excesses, limits_of
from prefdata.airflow.reading import SourcesOperator


class ValidateOperator(SourcesOperator):
    """`prefdata validate`: what is in preference files, and what is wrong with it. Besides the
    fields of SourcesOperator:

    max_error_ratio: findings at error level for each row read, up to which the task succeeds: 0,
        as the command has it, allows none; 1 only reports them. Copies of rows do not count: they
        are no errors of a source, and a build drops them. A source that cannot be read at all
        fails the task in any case.
    max_ratios: limits for single codes of `prefdata rules`, such as {"invalid-json": 0.001,
        "duplicate-pair": 0.3}. A code with a limit of its own counts for this limit only.
    report: file for the whole result, as JSON.
    """

    command: ClassVar[str] = "validate"
    template_fields: Sequence[str] = (
        *SourcesOperator.template_fields, "max_error_ratio", "max_ratios", "report",
    )  # fmt: skip
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **SourcesOperator.template_fields_renderers,
        "max_ratios": "json",
    }

    def __init__(
        self,
        *,
        max_error_ratio: float | str = 0.0,
        max_ratios: Mapping[str, float | str] | str | None = None,
        report: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_error_ratio = max_error_ratio
        self.max_ratios = max_ratios
        self.report = report

    def options(self) -> dict[str, Value]:
        self._limits()
        return {**super().options(), "report": self.report}

    def accepts(self, ran: Ran) -> bool:
        """Whether there are errors (exit code 1), but no more than the limits allow."""
        return ran.code == 1 and bool(ran.result) and not self._excesses(ran.result)

    def explains(self, result: Mapping[str, Any]) -> str:
        return "\n".join(self._excesses(result))

    def _limits(self) -> Limits:
        return limits_of(self.max_error_ratio, self.max_ratios)

    def _excesses(self, result: Mapping[str, Any]) -> list[str]:
        return excesses(result["rows"], result["by_rule"], self._limits())


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

    def writes(self) -> list[str]:
        return []

    def explains(self, result: Mapping[str, Any]) -> str:
        return "\n".join(result["failing"])
