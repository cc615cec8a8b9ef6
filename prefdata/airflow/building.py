"""Operators that make a dataset: build, dedupe, embed-filter.

What is built stays as long as it is what the same task would make again: the manifest of `out`
says from which sources, config and version it came (`update`). So a retry, a cleared task and the
next run find it and are done; anything else in its place that prefdata built is replaced, in one
step, when the new one is whole. A build that was killed goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, switch
from prefdata.airflow.operator import Switch
from prefdata.airflow.reading import SourcesOperator

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class _MakingOperator(SourcesOperator):
    """What the three have in common.

    out: output folder; is made.
    to: format of the shards, arrow or parquet.
    rules: rules to set to error, warning or off: {"refusal": "error"}.
    against: evaluation sets that the prompts must not overlap.
    update: what was made of the same sources, config and version stays, anything else that
        prefdata made there is replaced. False: a folder that exists is an error.
    """

    template_fields: Sequence[str] = (
        *SourcesOperator.template_fields, "out", "to", "rules", "against", "update",
    )  # fmt: skip
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **SourcesOperator.template_fields_renderers,
        "rules": "json",
    }

    def __init__(
        self,
        *,
        out: str | os.PathLike[str],
        to: str | None = None,
        rules: Mapping[str, str] | None = None,
        against: Paths | None = None,
        update: Switch = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.out = out
        self.to = to
        self.rules = rules
        self.against = against
        self.update = update

    def options(self) -> dict[str, Value]:
        return {
            **self.read_options(),
            "out": self.out,
            "to": self.to,
            "rule": levels(self.rules),
            "against": self.against,
            "update": switch(self.update),
        }


def levels(rules: Mapping[str, str] | None) -> list[str]:
    """What `--rule` takes."""
    return [f"{code}={level}" for code, level in (rules or {}).items()]


class BuildOperator(_MakingOperator):
    """`prefdata build`: a dataset whose every row is accounted for. Besides `out`, `to`, `rules`,
    `against` and `update`, and the fields of SourcesOperator:

    test, validation: shares of rows.
    near: similarity from which rows are alike.
    tokenizer, max_length: folder or name of a tokenizer, and the tokens that the trainer keeps.
    audit: audit the labels as the last step.
    suspected: what becomes of rows whose label is likely flipped: drop, soft-label, flag.
    decisions: a review sheet that a person has filled in.
    """

    command: ClassVar[str] = "build"
    template_fields: Sequence[str] = (
        *_MakingOperator.template_fields, "test", "validation", "near", "tokenizer", "max_length",
        "audit", "suspected", "decisions",
    )  # fmt: skip

    def __init__(
        self,
        *,
        test: float | str | None = None,
        validation: float | str | None = None,
        near: float | str | None = None,
        tokenizer: str | None = None,
        max_length: int | str | None = None,
        audit: Switch = False,
        suspected: str | None = None,
        decisions: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.test = test
        self.validation = validation
        self.near = near
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.audit = audit
        self.suspected = suspected
        self.decisions = decisions

    def options(self) -> dict[str, Value]:
        return {
            **super().options(),
            "test": self.test,
            "validation": self.validation,
            "near": self.near,
            "tokenizer": self.tokenizer,
            "max_length": self.max_length,
            "audit": switch(self.audit),
            "suspected": self.suspected,
            "decisions": self.decisions,
        }


class DedupeOperator(_MakingOperator):
    """`prefdata dedupe`: drops copies, near-copies and contradictions. Besides the fields that it
    shares with BuildOperator:

    near: similarity from which rows are alike.
    on: what must be alike: pair, prompt, completion.
    keep, prefer: which of the rows that are alike stays, and sources in order of trust.
    conflict, cycles: what becomes of labels that contradict one another.
    """

    command: ClassVar[str] = "dedupe"
    template_fields: Sequence[str] = (
        *_MakingOperator.template_fields, "near", "on", "keep", "prefer", "conflict", "cycles",
    )  # fmt: skip

    def __init__(
        self,
        *,
        near: float | str | None = None,
        on: str | None = None,
        keep: str | None = None,
        prefer: Sequence[str] | None = None,
        conflict: str | None = None,
        cycles: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.near = near
        self.on = on
        self.keep = keep
        self.prefer = prefer
        self.conflict = conflict
        self.cycles = cycles

    def options(self) -> dict[str, Value]:
        return {
            **super().options(),
            "near": self.near,
            "on": self.on,
            "keep": self.keep,
            "prefer": self.prefer,
            "conflict": self.conflict,
            "cycles": self.cycles,
        }


class EmbedFilterOperator(_MakingOperator):
    """`prefdata embed-filter`: drops rows by what they mean. Besides the fields that it shares with
    BuildOperator, where a threshold is a similarity, a share of the rows ("0.5%") or "off":

    contrast: similarity of chosen and rejected from which there is none.
    topic: similarity to the prompt, less that to another, up to which a completion is off-topic.
    outliers: similarity to its nearest prompts up to which a prompt is an outlier.
    similar: similarity from which rows say the same.
    keep_like, drop_like: files of examples of what to keep, and of what to drop.
    only: these filters and no other that is not named too.
    flag: flag what is found; drop nothing.
    encoder, device: what embeds texts, and where it runs.
    """

    command: ClassVar[str] = "embed-filter"
    template_fields: Sequence[str] = (
        *_MakingOperator.template_fields, "contrast", "topic", "outliers", "similar", "keep_like",
        "drop_like", "only", "flag", "encoder", "device",
    )  # fmt: skip

    def __init__(
        self,
        *,
        contrast: float | str | None = None,
        topic: float | str | None = None,
        outliers: float | str | None = None,
        similar: float | str | None = None,
        keep_like: Paths | None = None,
        drop_like: Paths | None = None,
        only: str | Sequence[str] | None = None,
        flag: Switch = False,
        encoder: str | None = None,
        device: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.contrast = contrast
        self.topic = topic
        self.outliers = outliers
        self.similar = similar
        self.keep_like = keep_like
        self.drop_like = drop_like
        self.only = only
        self.flag = flag
        self.encoder = encoder
        self.device = device

    def options(self) -> dict[str, Value]:
        return {
            **super().options(),
            "contrast": self.contrast,
            "topic": self.topic,
            "outliers": self.outliers,
            "similar": self.similar,
            "keep_like": self.keep_like,
            "drop_like": self.drop_like,
            "only": self.only,
            "flag": switch(self.flag),
            "encoder": self.encoder,
            "device": self.device,
        }
