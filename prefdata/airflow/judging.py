"""Operators that judge: the sources (validate), the labels (audit), whether to publish (gate)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from prefdata.airflow.building import levels
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
    rules: rules to set to error, warning or off: {"refusal": "error"}.
    tokenizer, max_length: folder or name of a tokenizer, and the tokens that the trainer keeps.
    report: file for the whole result, as JSON.
    """

    command: ClassVar[str] = "validate"
    template_fields: Sequence[str] = (
        *SourcesOperator.template_fields, "max_error_ratio", "rules", "tokenizer", "max_length",
        "report",
    )  # fmt: skip
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **SourcesOperator.template_fields_renderers,
        "rules": "json",
    }

    def __init__(
        self,
        *,
        max_error_ratio: float | str = 0.0,
        rules: Mapping[str, str] | None = None,
        tokenizer: str | None = None,
        max_length: int | str | None = None,
        report: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_error_ratio = max_error_ratio
        self.rules = rules
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.report = report

    def options(self) -> dict[str, Value]:
        if not 0 <= float(self.max_error_ratio) <= 1:
            raise ValueError(f"max_error_ratio {self.max_error_ratio}: write a number from 0 to 1")
        return {
            **self.read_options(),
            "rule": levels(self.rules),
            "tokenizer": self.tokenizer,
            "max_length": self.max_length,
            "report": self.report,
        }

    def accepts(self, ran: Ran) -> bool:
        """Found, and few enough: the command says 1 as soon as there is one."""
        if ran.code != 1 or not ran.result:
            return False
        return _ratio(ran.result) <= float(self.max_error_ratio)

    def explains(self, result: Mapping[str, Any]) -> str:
        return (
            f"{result['errors']:,} errors in {result['rows']:,} rows are more than "
            f"max_error_ratio={self.max_error_ratio} allows: {said(result['by_rule'])}."
        )


def _ratio(result: Mapping[str, Any]) -> float:
    """Errors for each row; a row may have several, and 1 is the most."""
    return float(min(1.0, result["errors"] / max(1, result["rows"])))


class AuditOperator(SourcesOperator):
    """`prefdata audit`: are the labels right? Besides the fields of SourcesOperator:

    out: folder of the audit. Not needed for a folder that was built: it goes into its report/.
    encoder, model: whose embeddings are looked at; a model to fine-tune besides.
    folds, repeats: folds, and divisions of the rows into folds.
    prior: share of wrong labels, if it is known: "0.02-0.1".
    ablate: train with and without the flagged rows, too.
    decisions: a review sheet that a person has filled in.
    device, seed: where models run; of folds and planted flips.
    force: replace the audit of an earlier run in `out`.
    """

    command: ClassVar[str] = "audit"
    template_fields: Sequence[str] = (
        *SourcesOperator.template_fields, "out", "encoder", "model", "folds", "repeats", "prior",
        "ablate", "decisions", "device", "seed", "force",
    )  # fmt: skip

    def __init__(
        self,
        *,
        out: str | os.PathLike[str] | None = None,
        encoder: str | None = None,
        model: str | None = None,
        folds: int | str | None = None,
        repeats: int | str | None = None,
        prior: str | None = None,
        ablate: Switch = False,
        decisions: str | os.PathLike[str] | None = None,
        device: str | None = None,
        seed: int | str | None = None,
        force: Switch = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.out = out
        self.encoder = encoder
        self.model = model
        self.folds = folds
        self.repeats = repeats
        self.prior = prior
        self.ablate = ablate
        self.decisions = decisions
        self.device = device
        self.seed = seed
        self.force = force

    def options(self) -> dict[str, Value]:
        return {
            **self.read_options(),
            "out": self.out,
            "encoder": self.encoder,
            "model": self.model,
            "folds": self.folds,
            "repeats": self.repeats,
            "prior": self.prior,
            "ablate": switch(self.ablate),
            "decisions": self.decisions,
            "device": self.device,
            "seed": self.seed,
            "force": switch(self.force),
        }


class GateOperator(PrefdataOperator):
    """`prefdata gate`: fails, without a retry, when a dataset must not be published as it is.

    out: the output folder of a build that was audited.
    flipped: share of the pairs that may be likely flipped.
    accuracy, auroc: held-out accuracy, and AUROC of the self-test, to reach.
    kept: share of the rows read that must be kept.
    allow_unjudged: pass, too, where the audit cannot judge single labels.
    allow_unaudited: pass, too, where labels were not audited.
    """

    command: ClassVar[str] = "gate"
    template_fields: Sequence[str] = (
        *PrefdataOperator.template_fields, "out", "flipped", "accuracy", "auroc", "kept",
        "allow_unjudged", "allow_unaudited",
    )  # fmt: skip

    def __init__(
        self,
        *,
        out: str | os.PathLike[str],
        flipped: float | str | None = None,
        accuracy: float | str | None = None,
        auroc: float | str | None = None,
        kept: float | str | None = None,
        allow_unjudged: Switch = False,
        allow_unaudited: Switch = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.out = out
        self.flipped = flipped
        self.accuracy = accuracy
        self.auroc = auroc
        self.kept = kept
        self.allow_unjudged = allow_unjudged
        self.allow_unaudited = allow_unaudited

    def options(self) -> dict[str, Value]:
        return {
            "flipped": self.flipped,
            "accuracy": self.accuracy,
            "auroc": self.auroc,
            "kept": self.kept,
            "allow_unjudged": switch(self.allow_unjudged),
            "allow_unaudited": switch(self.allow_unaudited),
        }

    def places(self) -> list[str]:
        return several(self.out)

    def explains(self, result: Mapping[str, Any]) -> str:
        return "\n".join(result["failing"])
