"""The transformer itself: token ids in, token vectors out; here by PyTorch."""

from __future__ import annotations

from typing import Any, Protocol

from prefdata.encoders.batches import TextBatch
from prefdata.encoders.load import Loaded


class Forward(Protocol):
    """A transformer in some backend and precision."""

    @property
    def lanes(self) -> int:
        """How many batches it can work on at the same time, each in a thread."""
        ...

    def __call__(self, batch: TextBatch) -> dict[str, Any]:
        """Token vectors of a batch: the features that the modules after it expect."""
        ...


class TorchForward:
    """The first module of a model in PyTorch, on its device."""

    lanes = 1

    def __init__(self, transformer: Any, device: str) -> None:
        self._transformer = transformer
        self._device = device

    def __call__(self, batch: TextBatch) -> dict[str, Any]:
        features = features_of(batch, self._device)
        out: dict[str, Any] = self._transformer(dict(features))
        return {
            name: value.float() if getattr(value, "is_floating_point", bool)() else value
            for name, value in (out | features).items()
        }


def torch_forward(model: Loaded, dtype: str) -> TorchForward:
    """PyTorch in a dtype. float32 leaves the model as it is; others work on a copy."""
    import copy

    import torch

    if dtype == "float32":
        return TorchForward(model.transformer, model.device)
    lower = copy.deepcopy(model.transformer).to(getattr(torch, dtype))
    return TorchForward(lower, model.device)


def features_of(batch: TextBatch, device: str = "cpu") -> dict[str, Any]:
    """A batch as sentence-transformers names it. Without token types: models default to zeros."""
    import torch

    ids, mask = torch.from_numpy(batch.ids), torch.from_numpy(batch.mask)
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}


def release(model: Loaded) -> None:
    """Gives the memory of PyTorch's weights back, where another backend holds its own."""
    model.transformer.auto_model.to("meta")
