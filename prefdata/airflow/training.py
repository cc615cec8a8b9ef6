"""The operator that trains a reward model."""

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
    model: a transformers model by name or folder; frozen: a head on embeddings.
    encoder: whose embeddings a head looks at.
    epochs, batch, learning_rate, max_length, lora: as the options of the command.
    test: share of rows held out of raw files.
    device, seed: where the model runs; of head, order and dropout.
    force: replace a model of an earlier run in `out`.
    """

    command: ClassVar[str] = "train"
    template_fields: Sequence[str] = (
        *SourcesOperator.template_fields, "out", "model", "encoder", "epochs", "batch",
        "learning_rate", "max_length", "lora", "test", "device", "seed", "force",
    )  # fmt: skip

    def __init__(
        self,
        *,
        out: str | os.PathLike[str],
        model: str | None = None,
        encoder: str | None = None,
        epochs: float | str | None = None,
        batch: int | str | None = None,
        learning_rate: float | str | None = None,
        max_length: int | str | None = None,
        lora: int | str | None = None,
        test: float | str | None = None,
        device: str | None = None,
        seed: int | str | None = None,
        force: Switch = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.out = out
        self.model = model
        self.encoder = encoder
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.max_length = max_length
        self.lora = lora
        self.test = test
        self.device = device
        self.seed = seed
        self.force = force

    def options(self) -> dict[str, Value]:
        return {
            **self.read_options(),
            "out": self.out,
            "model": self.model,
            "encoder": self.encoder,
            "epochs": self.epochs,
            "batch": self.batch,
            "learning_rate": self.learning_rate,
            "max_length": self.max_length,
            "lora": self.lora,
            "test": self.test,
            "device": self.device,
            "seed": self.seed,
            "force": switch(self.force),
        }
