"""The transformer by ONNX Runtime: exported from PyTorch, kept, read the next time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from prefdata.encoders.batches import TextBatch
from prefdata.encoders.conversion_cache import keep_folder
from prefdata.encoders.forward import example, features_of, plain_module
from prefdata.encoders.load import Loaded
from prefdata.models.quiet import quiet

_NAMES = ("input_ids", "attention_mask")
_OUTPUT = "token_embeddings"


class OnnxForward:
    """A session of ONNX Runtime on the CPU, float32."""

    lanes = 1

    def __init__(self, path: Path) -> None:
        import onnxruntime
        import torch

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, batch: TextBatch) -> dict[str, Any]:
        import torch

        (out,) = self._session.run(None, dict(zip(_NAMES, (batch.ids, batch.mask), strict=True)))
        return features_of(batch) | {_OUTPUT: torch.from_numpy(out)}


def onnx_forward(model: Loaded, keep: Path | None) -> OnnxForward:
    """The transformer as a session; `keep`: the model's folder of kept conversions."""
    import torch
    import transformers

    if keep is not None:
        version = f"{torch.__version__.split('+')[0]}-transformers-{transformers.__version__}"
        folder = keep / f"onnx-torch-{version}"
        if not (folder / "model.onnx").exists():
            keep_folder(folder, lambda place: _export(model, place))
        if (folder / "model.onnx").exists():
            return OnnxForward(folder / "model.onnx")
    with tempfile.TemporaryDirectory() as place:
        _export(model, Path(place))
        return OnnxForward(Path(place) / "model.onnx")


def _export(model: Loaded, folder: Path) -> None:
    import torch

    with quiet(), torch.inference_mode(mode=False), torch.no_grad():
        torch.onnx.export(
            plain_module(model),
            example(),
            str(folder / "model.onnx"),
            dynamo=False,
            input_names=list(_NAMES),
            output_names=[_OUTPUT],
            dynamic_axes={name: {0: "row", 1: "token"} for name in (*_NAMES, _OUTPUT)},
        )
