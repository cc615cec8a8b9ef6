"""TrainOperator: trains a reward model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

from prefdata.airflow.command import Value, switch
from prefdata.airflow.operator import Switch
from prefdata.airflow.reading import SourcesOperator


class TrainOperator(SourcesOperator):
    """`prefdata train`: a reward model, measured on pairs it has not seen. Killed and tried again
    it goes on from its last checkpoint. Besides the fields of SourcesOperator, whose `sources` are
    preference files or the output folder of a build:

    out: folder of the model; is made.
    force: replace a model of an earlier run in `out`.
    """

    command: ClassVar[str] = "train"
    template_fields: Sequence[str] = (*SourcesOperator.template_fields, "out", "force")

    def __init__(self, *, out: str | os.PathLike[str], force: Switch = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.out = out
        self.force = force

    def options(self) -> dict[str, Value]:
        return {**super().options(), "out": self.out, "force": switch(self.force)}
