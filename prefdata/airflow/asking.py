"""Operators that ask language models: CollectOperator (completions), JudgeOperator (verdicts).

Every answer is kept in a file beside the output as it comes: a task that is tried again, cleared or
run once more asks for what is missing, and pays for nothing twice.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, several, switch
from prefdata.airflow.operator import PrefdataOperator, Switch


class _AskingOperator(PrefdataOperator):
    """The fields that these operators share.

    sources: files, folders, globs or URLs; one, or several. Not needed where `config` names them.
    out: output folder; is made.
    answers: file that keeps every answer; OUT.answers.sqlite when not given.
    force: replace the output of an earlier run in `out`; its answers are kept in any case.
    """

    template_fields: Sequence[str] = (
        *PrefdataOperator.template_fields, "sources", "out", "answers", "force",
    )  # fmt: skip
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **PrefdataOperator.template_fields_renderers,
        "sources": "json",
    }

    def __init__(
        self,
        *,
        sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
        out: str | os.PathLike[str],
        answers: str | os.PathLike[str] | None = None,
        force: Switch = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sources = sources
        self.out = out
        self.answers = answers
        self.force = force

    def places(self) -> list[str]:
        return several(self.sources)

    def options(self) -> dict[str, Value]:
        return {"out": self.out, "answers": self.answers, "force": switch(self.force)}


class CollectOperator(_AskingOperator):
    """`prefdata collect`: completions of prompts. It takes `sources`, `out`, `answers` and `force`;
    `config` says all else, such as {"model": ["qwen"], "n": 4, "server.base_url": "http://..."}.
    The key of a server is read from the environment of the worker, or from `env`."""

    command: ClassVar[str] = "collect"


class JudgeOperator(_AskingOperator):
    """`prefdata judge`: verdicts on completions, and how far they can be trusted. Fields of
    CollectOperator; `config`, such as {"model": "qwen", "kind": "rating", "budget": 500}."""

    command: ClassVar[str] = "judge"
