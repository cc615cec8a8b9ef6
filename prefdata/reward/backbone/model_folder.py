"""The folder of a trained reward model: the files of transformers, and reward_model.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec
import torch

from prefdata.errors import ModelError
from prefdata.models.quiet import cause_of, quiet
from prefdata.results.layout import MODEL_NOTE
from prefdata.reward.backbone.lora import merge_adapters


class RewardModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """reward_model.json: how the model of this folder was trained.

    `source`: the name of the backbone; `tokens` and `beyond`: maximum length and treatment of
    longer pairs; `objective`: the loss; `fingerprints`: of data, backbone and config; `versions`:
    of libraries; `form`: of this file.
    """

    kind: Literal["backbone"]
    source: str
    tokens: int
    beyond: str
    objective: dict[str, bool | float]
    fingerprints: dict[str, str]
    versions: dict[str, str]
    form: int = 1


def save_backbone(model: Any, tokenizer: Any, folder: Path) -> None:
    """Saves a model and its tokenizer for AutoModelForSequenceClassification.

    Adapters are first merged into the weights, in place; rewards do not change.
    """
    merge_adapters(model)
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def open_saved(folder: Path, device: torch.device | str) -> tuple[Any, Any]:
    """Loads the model in float32 and the tokenizer of a folder.

    Raises ModelError if they cannot be loaded, or the model has more than one output.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder, **options)
            model, report = AutoModelForSequenceClassification.from_pretrained(
                folder,
                dtype=torch.float32,
                use_safetensors=True,
                output_loading_info=True,
                **options,
            )
    except Exception as error:  # transformers raises many kinds for an invalid folder
        raise ModelError(
            f"the reward model in {folder} cannot be loaded: {cause_of(error)}. Pass the folder "
            "that prefdata train wrote, or another that transformers loads for sequence "
            "classification with one label"
        ) from error
    if report["missing_keys"] or model.config.num_labels != 1:
        lacks = ", ".join(sorted(report["missing_keys"])[:3])
        cause = f"it lacks {lacks}" if lacks else f"it gives {model.config.num_labels} numbers"
        raise ModelError(
            f"the model in {folder} is no reward model: {cause}. Train one with prefdata train"
        )
    return model.to(device).eval(), tokenizer


def read_reward_model_file(folder: Path) -> RewardModelFile | None:
    """Reads reward_model.json; None for a model that was not trained by prefdata."""
    path = folder / MODEL_NOTE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=RewardModelFile)
    except msgspec.DecodeError as error:
        raise ModelError(
            f"{path} is not what this version of prefdata writes: {cause_of(error)}"
        ) from error
