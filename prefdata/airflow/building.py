"""Operators that make a dataset: build, dedupe, embed-filter.

What is built stays as long as it is what the same task would make again: the manifest of `out`
says from which sources, config and version it came (`update`). So a retry, a cleared task and the
next run find it and are done; anything else in its place that prefdata built is replaced, in one
step, when the new one is whole. A build that was killed goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, switch
from prefdata.airflow.operator import Switch
from prefdata.airflow.reading import SourcesOperator


class _MakingOperator(SourcesOperator):
    """What the three have in common.

    out: output folder; is made.
    update: what was made of the same sources, config and version stays, anything else that
        prefdata made there is replaced. False: a folder that exists is an error.
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
