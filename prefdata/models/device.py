"""Chooses the device that a model runs on."""

from __future__ import annotations

from prefdata.errors import ModelError
from prefdata.models.quiet import cause_of


def device_named(name: str, setting: str) -> str:
    """The device of this name; for auto the first available of cuda, mps and cpu.

    Raises ModelError for a device that this machine, or this PyTorch, does not have; `setting` is
    the key of the config that named it.
    """
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=torch.device(name))
    except Exception as error:  # a different kind for each device and each build of PyTorch
        raise ModelError(
            f"there is no device {name!r} here: {cause_of(error)}. "
            f"Leave {setting} out, or set it to cpu"
        ) from error
    return name
