"""The forward pass of a transformer in OpenVINO: converted from PyTorch, and cached."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from prefdata.encoders.batches import TextBatch
from prefdata.encoders.conversion_cache import keep_folder
from prefdata.encoders.forward import features_of
from prefdata.encoders.load import Loaded
from prefdata.models.quiet import quiet

PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVinoForward:
    """A compiled transformer. Each thread has its own request, and each request its own core.

    Several small streams are a quarter faster than one over all cores: they never wait for each
    other, and inputs are prepared in one while the other computes.
    """

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._thread = threading.local()
        self.lanes = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))

    def __call__(self, batch: TextBatch) -> dict[str, Any]:
        import torch

        if not hasattr(self._thread, "request"):
            self._thread.request = self._compiled.create_infer_request()
        out = self._thread.request.infer([batch.ids, batch.mask], share_outputs=True)
        return features_of(batch) | {"token_embeddings": torch.from_numpy(out[0])}


def openvino_forward(model: Loaded, dtype: str, keep: Path | None) -> OpenVinoForward:
    """The transformer compiled for this CPU; `keep`: the folder of its cached conversions."""
    core = _openvino().Core()
    network = _network(core, model, keep)
    return OpenVinoForward(
        core.compile_model(
            network,
            "CPU",
            {"INFERENCE_PRECISION_HINT": PRECISIONS[dtype], "PERFORMANCE_HINT": "THROUGHPUT"},
        )
    )


@cache
def has_bfloat16() -> bool:
    """Whether OpenVINO reports bfloat16 for this CPU."""
    capabilities = _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "BF16" in capabilities


def _network(core: Any, model: Loaded, keep: Path | None) -> Any:
    import transformers

    folder = None
    if keep is not None:
        version = _openvino().__version__.split("-")[0]
        folder = keep / f"openvino-{version}-transformers-{transformers.__version__}"
        if (folder / "model.xml").exists():
            try:
                return core.read_model(folder / "model.xml")
            except RuntimeError:  # damaged: converted again
                shutil.rmtree(folder, ignore_errors=True)
    network = _converted(model)
    if folder is not None:
        keep_folder(folder, lambda place: _save(network, place))
    return network


def _converted(model: Loaded) -> Any:
    import torch

    with quiet(), torch.inference_mode(mode=False), torch.no_grad():
        return _openvino().convert_model(_plain_module(model), example_input=_example())


def _plain_module(model: Loaded) -> Any:
    """The transformer as a module with two input tensors and one output."""
    import torch

    class Plain(torch.nn.Module):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.inner(input_ids=input_ids, attention_mask=attention_mask)[0]

    return Plain(model.transformer.auto_model).eval()


def _example() -> tuple[Any, Any]:
    """An example input for tracing: two rows of eight tokens, the second one padded."""
    import torch

    mask = torch.ones(2, 8, dtype=torch.long)
    mask[1, 6:] = 0
    return torch.ones(2, 8, dtype=torch.long), mask


def _save(network: Any, folder: Path) -> None:
    _openvino().save_model(network, str(folder / "model.xml"), compress_to_fp16=False)


def _openvino() -> Any:
    with _no_telemetry():
        import openvino

    return openvino


@contextmanager
def _no_telemetry() -> Iterator[None]:
    """Prevents OpenVINO from reporting imports and conversions to its maker.

    If the reporting package cannot be imported, OpenVINO uses a stand-in that does nothing.
    """
    name = "openvino_telemetry"
    if name in sys.modules or "openvino" in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
