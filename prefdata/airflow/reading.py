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
    source_root: folder or URL that holds every source: sources are named relative to it in
        outputs, whatever else is read and wherever it lies. One outside of it is an error.
    workers: processes; all cores of the worker when not given.
    deferrable: the command goes on alone on the machine of the worker, whose slot is free
        meanwhile; a trigger waits for its end. docs/airflow.md says where that is sound.
    """

    template_fields: Sequence[str] = (
        *PrefdataOperator.template_fields, "sources", "source_root", "workers",
    )  # fmt: skip
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **PrefdataOperator.template_fields_renderers,
        "sources": "json",
    }

    def __init__(
        self,
        *,
        sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
        source_root: str | os.PathLike[str] | None = None,
        workers: int | str | None = None,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sources = sources
        self.source_root = source_root
        self.workers = workers
        self.deferrable = deferrable

    def places(self) -> list[str]:
        return several(self.sources)

    def options(self) -> dict[str, Value]:
        return {"source_root": self.source_root, "workers": self.workers}
