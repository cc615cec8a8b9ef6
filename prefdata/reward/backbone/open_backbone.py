"""Opening a language model as a reward model with one output."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from prefdata.config.reward import BackboneConfig
from prefdata.errors import ModelError
from prefdata.models.folder import hub_folder, local_folder
from prefdata.models.quiet import cause_of, quiet
from prefdata.results.sentences import Sentence
from prefdata.reward.backbone.lora import add_adapters
from prefdata.reward.backbone.network import without_dropout

_POSITIONS = ("position_embeddings", "wpe", "embed_positions")
_HINT = "--model frozen trains a head on embeddings, without a download"


@dataclass(frozen=True)
class Backbone:
    """A model with a head with one output, in float32.

    `remarks`: sentences for people on how it was opened.
    """

    model: Any
    folder: Path
    remarks: tuple[Sentence, ...]


def open_backbone(
    config: BackboneConfig,
    tokenizer: Any,
    device: torch.device | str,
    *,
    seed: int,
    tokens: int | None = None,
) -> Backbone:
    """Opens the model `config.name` for training on `device` with sides of up to `tokens` tokens.

    `tokenizer`: of the model; a padding token is added if it has none of its own. New weights
    (head, adapters) depend on the seed only. Code that comes with a model is not run. Raises
    ModelError if there is no such model, it does not fit its tokenizer, or it has fewer positions
    than `tokens`.
    """
    folder = backbone_folder(config)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        model, new = _loaded(folder)
        _check_vocabulary(model, tokenizer, config.name)
        _check_positions(model, tokens, config.name)
        padding = use_own_padding(model, tokenizer)
        without_dropout(model)
        if config.lora.rank:
            add_adapters(model, config.lora)
    if not new:
        head = Sentence("backbone.has-head")
    elif "resized" in new.values():
        head = Sentence("backbone.new-head")
    else:
        head = None
    remarks = tuple(remark for remark in (head, padding) if remark)
    return Backbone(model.to(device), folder, remarks)


def backbone_folder(config: BackboneConfig) -> Path:
    """The folder of the model, downloaded if necessary."""
    local = local_folder(config.name, kind="reward model backbone", hint=_HINT)
    return local or hub_folder(config.name, config.revision, code=False, hint=_HINT)


def _loaded(folder: Path) -> tuple[Any, dict[str, str]]:
    """The model with one output, and the weights that are missing or of another size, by name."""
    from transformers import AutoModelForSequenceClassification

    try:
        with quiet():
            model, report = AutoModelForSequenceClassification.from_pretrained(
                folder,
                num_labels=1,
                dtype=torch.float32,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except Exception as error:  # transformers raises many kinds for an invalid folder
        raise ModelError(_cannot_load(folder, error)) from error
    new = dict.fromkeys(report["missing_keys"], "missing")
    new |= {key[0]: "resized" for key in report["mismatched_keys"]}
    lacking = sorted(name for name in new if _is_of_backbone(model, name))
    if lacking:
        raise ModelError(
            f"the model in {folder} lacks {len(lacking)} of its weights, or has them in another "
            f"shape than its config.json says: {', '.join(lacking[:3])}. Pass a folder that "
            "save_pretrained() wrote in full"
        )
    return model, new


def _is_of_backbone(model: Any, name: str) -> bool:
    """Whether a weight belongs to the backbone, not to the head; a pooler counts as head."""
    return name.startswith(f"{model.base_model_prefix}.") and ".pooler." not in name


def _cannot_load(folder: Path, error: Exception) -> str:
    if not any(folder.glob("*.safetensors")):
        return (
            f"the model in {folder} has no weights as safetensors, and others would have to be "
            "unpickled, which can run code. Convert them where you trust them: "
            "AutoModel.from_pretrained(FOLDER).save_pretrained(ANOTHER)"
        )
    return (
        f"no reward model can be made of {folder}: {cause_of(error)}. It must be a model that "
        "AutoModelForSequenceClassification loads without code of its own (Llama, Qwen, "
        f"DeBERTa, ModernBERT ...); {_HINT}"
    )


def _check_vocabulary(model: Any, tokenizer: Any, name: str) -> None:
    rows = model.get_input_embeddings().num_embeddings
    last = max(tokenizer.get_vocab().values())
    if last >= rows:
        raise ModelError(
            f"the tokenizer does not fit the model {name!r}: its token ids go up to {last:,}, and "
            f"the model has embeddings for ids up to {rows - 1:,}. Pass the tokenizer that was "
            "saved with the model"
        )


def most_tokens(model: Any) -> int | None:
    """The maximum tokens of a model with learned positions; None if positions are computed."""
    for name, part in model.named_modules():
        if name.endswith(_POSITIONS) and isinstance(part, torch.nn.Embedding):
            padding = -1 if part.padding_idx is None else part.padding_idx
            # in some models positions begin after the one of padding, or at an offset
            return int(part.num_embeddings - getattr(part, "offset", padding + 1))
    return None


def _check_positions(model: Any, tokens: int | None, name: str) -> None:
    most = most_tokens(model)
    if most is not None and tokens is not None and tokens > most:
        raise ModelError(
            f"the model {name!r} takes {most:,} tokens at most, and length.tokens is {tokens:,}: "
            f"set it to {most} or less, or choose a model for longer texts"
        )


_NAMES = ("<|pad|>", "<pad>", "[PAD]", "<|padding|>", "<|finetune_right_pad_id|>")
"""Names of padding tokens in vocabularies; the first is added to one without any."""


def use_own_padding(model: Any, tokenizer: Any) -> Sentence | None:
    """Gives tokenizer and model a separate padding token if they have none; returns a remark on it.

    transformers reads the reward of a decoder at the last token whose id is not that of padding. If
    padding is also the token that ends a sequence, that is one token too early. A padding token of
    the vocabulary is used if there is one, else one is added, in an unused row of the embeddings or
    in a new row.
    """
    remark = None
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
        before = Sentence("backbone.no-padding")
        if tokenizer.pad_token_id is not None:
            before = Sentence("backbone.eos", token=str(tokenizer.pad_token))
        vocabulary = tokenizer.get_vocab()
        name = next((name for name in _NAMES if name in vocabulary), _NAMES[0])
        tokenizer.add_special_tokens({"pad_token": name})
        code = "backbone.padding"
        if tokenizer.pad_token_id >= model.get_input_embeddings().num_embeddings:
            model.resize_token_embeddings(tokenizer.pad_token_id + 1, mean_resizing=False)
            code = "backbone.new-padding"
        remark = Sentence(code, before=before, token=name)
    model.config.pad_token_id = tokenizer.pad_token_id
    model.config.get_text_config().pad_token_id = tokenizer.pad_token_id
    return remark
