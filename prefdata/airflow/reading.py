"""SourcesOperator: the base of operators whose command reads preference files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, several
from prefdata.airflow.operator import PrefdataOperator


class SourcesOperator(PrefdataOperator):
    """A command that reads preference files; `config` is a build config.

    sources: files, folders, globs or URLs; one, or several. Not needed where `config` names them.
    workers: processes; all cores of the worker when not given.
    """

    template_fields: Sequence[str] = (*PrefdataOperator.template_fields, "sources", "workers")
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **PrefdataOperator.template_fields_renderers,
        "sources": "json",
    }

    def __init__(
        self,
        *,
        sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
        workers: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sources = sources
        self.workers = workers

    def places(self) -> list[str]:
        return several(self.sources)

    def options(self) -> dict[str, Value]:
        return {"workers": self.workers}
