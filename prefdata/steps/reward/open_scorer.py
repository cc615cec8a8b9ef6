"""Which kind of reward model lies in a folder, and opening it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from prefdata.errors import ModelError
from prefdata.models.quiet import cause_of
from prefdata.models.weights import is_model
from prefdata.results.layout import MODEL_NOTE
from prefdata.reward.heads.head_file import is_head

if TYPE_CHECKING:
    from prefdata.config.reward import RewardConfig
    from prefdata.config.semantic import EncoderConfig
    from prefdata.steps.reward.scorer import Scorer

Kind = Literal["backbone", "head"]

_EXPECTED = (
    "Pass the folder that prefdata train has written (it holds reward_model.json or head.json), "
    "or one of a transformers model for sequence classification with one label (config.json, "
    "*.safetensors and its tokenizer)"
)


def open_scorer(model: str, reward: RewardConfig, encoder: EncoderConfig) -> Scorer:
    """Opens the reward model in a folder, ready to score.

    `reward` says how it runs (device, dtype, tokens at a time) and, where the folder does not say
    itself, how long pairs may be; `encoder`, where embeddings are kept. Raises ModelError where
    there is no such folder, it holds no reward model, or its encoder cannot be had;
    MissingExtraError where a library is not installed.
    """
    folder = Path(model).expanduser()
    if kind_of(folder) == "head":
        from prefdata.steps.reward.head_scorer import open_head_scorer

        return open_head_scorer(folder, encoder)
    from prefdata.steps.reward.backbone_scorer import open_backbone_scorer

    return open_backbone_scorer(folder, reward)


def kind_of(folder: Path) -> Kind:
    """Raises ModelError where a folder holds no reward model."""
    if not folder.is_dir():
        said = "is a file" if folder.exists() else "does not exist"
        raise ModelError(f"the reward model {str(folder)!r} {said}. {_EXPECTED}")
    if is_head(folder):
        return "head"
    path = folder / MODEL_NOTE
    if not path.is_file():
        if not is_model(folder):
            raise ModelError(f"the folder {folder} holds no reward model. {_EXPECTED}")
        return "backbone"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Described).kind
    except msgspec.DecodeError as error:
        raise ModelError(f"{path} cannot be read: {cause_of(error)}. {_EXPECTED}") from error


class _Described(msgspec.Struct):
    kind: Kind
