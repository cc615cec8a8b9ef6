"""Opening the reward model in a folder, of whichever kind it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from prefdata.errors import ModelError
from prefdata.extras import demand
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
    """Loads the reward model in a folder.

    `reward`: device, dtype and tokens per batch, and the maximum length if the folder records none.
    `encoder`: where a head's embeddings are cached. Raises ModelError if there is no such folder,
    it holds no reward model, or its encoder is not available, and MissingExtraError if a library
    is not installed.
    """
    folder = Path(model).expanduser()
    kind = kind_of(folder)
    needed = ("safetensors",) if kind == "head" else ("torch", "transformers")
    demand("train", f"the reward model {folder}", *needed)
    if kind == "head":
        from prefdata.steps.reward.head_scorer import open_head_scorer

        return open_head_scorer(folder, encoder)
    from prefdata.steps.reward.backbone_scorer import open_backbone_scorer

    return open_backbone_scorer(folder, reward)


def kind_of(folder: Path) -> Kind:
    """The kind of reward model in a folder. Raises ModelError if it holds none."""
    if not folder.is_dir():
        state = "is a file" if folder.exists() else "does not exist"
        raise ModelError(f"the reward model {str(folder)!r} {state}. {_EXPECTED}")
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
