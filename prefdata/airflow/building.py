"""Operators that make a dataset: BuildOperator, DedupeOperator, EmbedFilterOperator.

With `update`, the default, an output that was built from the same sources, config and version (its
manifest records them) is kept, so that a retry, a cleared task or the next run has nothing to do.
Any other output of prefdata in its place is replaced atomically once the new one is complete. A
build that was killed resumes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, switch
from prefdata.airflow.operator import Switch
from prefdata.airflow.reading import SourcesOperator


class _MakingOperator(SourcesOperator):
    """The fields that these operators share.

    out: output folder; is made.
    update: an output of the same sources, config and version is kept, any other output of prefdata
        is replaced. False: a folder that exists is an error.
    """

    template_fields: Sequence[str] = (*SourcesOperator.template_fields, "out", "update")

    def __init__(
        self, *, out: str | os.PathLike[str], update: Switch = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.out = out
        self.update = update

    def options(self) -> dict[str, Value]:
        return {**super().options(), "out": self.out, "update": switch(self.update)}


class BuildOperator(_MakingOperator):
    """`prefdata build`: a dataset whose every row is accounted for. It takes `out`, `update` and
    the fields of SourcesOperator; `config` says all else, such as {"split": {"test": 0.1}}."""

    command: ClassVar[str] = "build"


class DedupeOperator(_MakingOperator):
    """`prefdata dedupe`: drops copies, near-copies and contradictions. Fields of BuildOperator."""

    command: ClassVar[str] = "dedupe"


class EmbedFilterOperator(_MakingOperator):
    """`prefdata embed-filter`: drops rows by what they mean. Besides the fields of BuildOperator:

    only: these filters and no other that is not named too.
    flag: flag what is found; drop nothing.
    """

    command: ClassVar[str] = "embed-filter"
    template_fields: Sequence[str] = (*_MakingOperator.template_fields, "only", "flag")

    def __init__(
        self, *, only: str | Sequence[str] | None = None, flag: Switch = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.only = only
        self.flag = flag

    def options(self) -> dict[str, Value]:
        return {**super().options(), "only": self.only, "flag": switch(self.flag)}
