"""Checkpoints, from which an interrupted training resumes. Nothing in them is unpickled.

FOLDER/step-N/weights.safetensors    the trained weights
             /moments.safetensors    the moments of AdamW
             /state.json             steps taken, losses, evaluations, fingerprint
FOLDER/best-N.safetensors            the weights after step N, with the lowest held-out loss

The order of pairs and the random numbers of each step follow from the seed and the number of steps.
A checkpoint appears under its name only when complete.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import torch
import xxhash
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from prefdata.config.reward import RewardConfig
from prefdata.errors import OutputError
from prefdata.models.quiet import cause_of
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.reward.training.state import TrainingState

Weights = Mapping[str, torch.nn.Parameter]


class _Saved(msgspec.Struct):
    fingerprint: str
    state: TrainingState


def save_checkpoint(
    folder: Path, state: TrainingState, weights: Weights, adam: torch.optim.AdamW, fingerprint: str
) -> Path:
    """Writes a checkpoint; then removes earlier ones, and best weights that none refers to."""
    temporary = folder / ".step.tmp"  # the same name for all runs, so that leftovers are replaced
    final = folder / f"step-{state.step}"
    with _disk_errors(final):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        _save(temporary / "weights.safetensors", weights)
        _save(temporary / "moments.safetensors", _moments(weights, adam))
        (temporary / "state.json").write_bytes(msgspec.json.encode(_Saved(fingerprint, state)))
        for file in temporary.iterdir():
            _flush(file)
        shutil.rmtree(final, ignore_errors=True)
        temporary.rename(final)
    _sweep(folder, {final, *_best_of(folder, state)})
    return final


def find_checkpoint(folder: Path, fingerprint: str) -> tuple[Path, TrainingState] | None:
    """The newest checkpoint with this fingerprint (config, data, model), or None."""
    checkpoints = [
        (saved.state.step, path.parent, saved.state)
        for path in folder.glob("step-*/state.json")
        if (saved := _read(path)) is not None and saved.fingerprint == fingerprint
    ]
    return max(checkpoints, key=lambda each: each[0])[1:] if checkpoints else None


def load_checkpoint(path: Path, weights: Weights, adam: torch.optim.AdamW) -> None:
    """Restores weights and moments from a checkpoint."""
    load_weights(path / "weights.safetensors", weights)
    with safe_open(path / "moments.safetensors", framework="pt") as file:
        for key in file.keys():  # noqa: SIM118 - not a mapping
            name, kind = key.rsplit("/", 1)
            adam.state[weights[name]][kind] = file.get_tensor(key).to(weights[name].device)


def save_best(folder: Path, step: int, weights: Weights) -> None:
    """Saves the weights after a step; removes older ones that no checkpoint refers to."""
    temporary = folder / ".best.tmp"
    with _disk_errors(_best(folder, step)):
        folder.mkdir(parents=True, exist_ok=True)
        _save(temporary, weights)
        _flush(temporary)
        temporary.rename(_best(folder, step))
    kept = {path.parent: _read(path) for path in folder.glob("step-*/state.json")}
    named = [best for saved in kept.values() if saved for best in _best_of(folder, saved.state)]
    _sweep(folder, {*kept, *named, _best(folder, step)})


def load_best(folder: Path, step: int, weights: Weights) -> None:
    """Restores the best weights, those after `step`."""
    load_weights(_best(folder, step), weights)


def load_weights(path: Path, weights: Weights) -> None:
    """Replaces the weights of a network by those in a file."""
    with safe_open(path, framework="pt") as file, torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(file.get_tensor(name))


def _best(folder: Path, step: int) -> Path:
    return folder / f"best-{step}.safetensors"


def _best_of(folder: Path, state: TrainingState) -> list[Path]:
    return [_best(folder, state.best.step)] if state.best else []


def _moments(weights: Weights, adam: torch.optim.AdamW) -> dict[str, torch.Tensor]:
    return {
        f"{name}/{kind}": value
        for name, weight in weights.items()
        for kind, value in adam.state[weight].items()
    }


def _save(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    save_file({name: value.detach().contiguous() for name, value in tensors.items()}, path)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise OutputError(
            f"cannot write the checkpoint {path}: {cause_of(error)}. Free some space or choose "
            "another place, and run the same command again: it goes on from the checkpoint before"
        ) from error


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _read(path: Path) -> _Saved | None:
    """The state of a checkpoint; None if its format is unknown to this version."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Saved)
    except msgspec.DecodeError:
        return None


def _sweep(folder: Path, kept: set[Path]) -> None:
    for path in {*folder.glob("step-*"), *folder.glob("best-*")} - kept:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


_FORM = b"1"
"""The version of checkpoints and loop; a change makes old checkpoints unusable."""

_SAME_RESULT = {
    "backbone": {"name", "revision", "device", "packing", "gradient_checkpointing"},
    "optimiser": {"tokens"},
    "evaluation": {"bootstrap"},
}
"""Settings that change speed and memory but not the result; the name is covered by the weights."""


def fingerprint_of(
    network: torch.nn.Module, train: TokenPairs, held_out: TokenPairs | None, config: RewardConfig
) -> str:
    """32 hexadecimal digits over settings, pairs and initial weights."""
    whole = xxhash.xxh3_128(_FORM)
    parts = ("backbone", "objective", "optimiser", "evaluation")
    settings = {
        part: getattr(config, part).model_dump(exclude=_SAME_RESULT.get(part)) for part in parts
    }
    whole.update(json.dumps(settings, sort_keys=True).encode())
    for pairs in (train, held_out):
        whole.update(_digest(pairs) if pairs is not None else b"none")
    for name, weight in network.named_parameters():
        whole.update(name.encode() + bytes([weight.requires_grad]))
        whole.update(weight.detach().cpu().contiguous().numpy().data)
    return whole.hexdigest()


def _digest(pairs: TokenPairs) -> bytes:
    digest = xxhash.xxh3_128()
    for name in ("ids", "starts", "shared", "chosen", "rejected", "margins"):
        digest.update(np.ascontiguousarray(getattr(pairs, name)).data)
    return digest.digest()
