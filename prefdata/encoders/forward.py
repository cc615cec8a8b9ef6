"""The forward pass of a transformer in PyTorch: token ids in, token vectors out."""

from __future__ import annotations

from typing import Any, Protocol

from prefdata.encoders.batches import TextBatch
from prefdata.encoders.load import Loaded


class Forward(Protocol):
    """The forward pass of a transformer in some backend and precision."""

    @property
    def lanes(self) -> int:
        """The number of batches that it can process in parallel, each in a thread."""
        ...

    def __call__(self, batch: TextBatch) -> dict[str, Any]:
        """Token vectors of a batch: the features that the following modules expect."""
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
    """The forward pass in PyTorch. float32 uses the model itself, other dtypes a copy."""
    import copy

    import torch

    if dtype == "float32":
        return TorchForward(model.transformer, model.device)
    lower = copy.deepcopy(model.transformer).to(getattr(torch, dtype))
    return TorchForward(lower, model.device)


def features_of(batch: TextBatch, device: str = "cpu") -> dict[str, Any]:
    """A batch under the names of sentence-transformers, without token types, which default to 0."""
    import torch

    ids, mask = torch.from_numpy(batch.ids), torch.from_numpy(batch.mask)
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}


def release(model: Loaded) -> None:
    """Frees the memory of PyTorch's weights when another backend has its own."""
    model.transformer.auto_model.to("meta")
