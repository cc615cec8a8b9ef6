"""The device that a model runs on."""

from __future__ import annotations

from prefdata.config.meaning import EncoderConfig
from prefdata.encoders.cause import cause_of
from prefdata.errors import EncoderError


def device_of(config: EncoderConfig) -> str:
    """cuda, mps or cpu for auto, the first that there is; else what the config names.

    Raises EncoderError for a device that this machine, or this PyTorch, does not have.
    """
    import torch

    if config.device == "auto":
        if config.backend in ("openvino", "onnx"):
            return "cpu"
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=torch.device(config.device))
    except Exception as error:  # a different kind for each device and each build of PyTorch
        raise EncoderError(
            f"there is no device {config.device!r} here: {cause_of(error)}. "
            "Leave encoder.device out, or set it to cpu"
        ) from error
    return config.device
