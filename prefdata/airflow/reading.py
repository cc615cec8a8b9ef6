"""What the operators have in common whose command reads preference files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, several
from prefdata.airflow.operator import PrefdataOperator


class SourcesOperator(PrefdataOperator):
    """A command that reads preference files.

    sources: files, folders, globs or URLs; one, or several. Not needed where `config` names them.
    config: a build config: the path of a YAML file, or what would stand in one, as a dict.
    dialect: the dialect of all sources, where it is not to be found out.
    mapping: which field plays which part: {"prompt": "query", "chosen": "best"}.
    workers: processes; all cores of the worker when not given.
    """

    template_fields: Sequence[str] = (
        *PrefdataOperator.template_fields, "sources", "config", "dialect", "mapping", "workers",
    )  # fmt: skip
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **PrefdataOperator.template_fields_renderers,
        "config": "json",
        "mapping": "json",
        "sources": "json",
    }

    def __init__(
        self,
        *,
        sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
        config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        dialect: str | None = None,
        mapping: Mapping[str, str] | None = None,
        workers: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sources = sources
        self.config = config
        self.dialect = dialect
        self.mapping = mapping
        self.workers = workers

    def places(self) -> list[str]:
        return several(self.sources)

    def read_options(self) -> dict[str, Value]:
        """The options that say what is read, and by how many."""
        mapping = ",".join(f"{part}={field}" for part, field in (self.mapping or {}).items())
        return {
            "config": None if isinstance(self.config, Mapping) else self.config,
            "dialect": self.dialect,
            "map": mapping,
            "workers": self.workers,
        }
