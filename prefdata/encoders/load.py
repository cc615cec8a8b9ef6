"""Loads a sentence-transformers model and determines its parts, window and prompt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.tokens import token_ids
from prefdata.encoders.windows import Frame, Ids
from prefdata.errors import ModelError
from prefdata.models.quiet import cause_of, quiet
from prefdata.startup import wake_pandas

_BOUNDLESS = 1 << 30  # tokenizers without a limit report about 1e30


@dataclass(frozen=True)
class Loaded:
    """A model in float32, and what surrounds a text in its input.

    `transformer` is the first module, which turns token ids into token vectors; `tail` are the
    others (pooling, dense layers, normalisation). `prompt` is the text put before every text.
    """

    transformer: Any
    tail: tuple[Any, ...]
    tokenizer: Any
    frame: Frame
    prompt: str
    device: str
    truncate: int | None

    @property
    def pads_left(self) -> bool:
        return str(self.tokenizer.padding_side) == "left"

    @property
    def pad(self) -> int:
        return int(self.tokenizer.pad_token_id or 0)

    @property
    def is_plain(self) -> bool:
        """Whether the first module maps token ids and mask to the last hidden state."""
        text = getattr(self.transformer, "modality_config", {"text": {}}).get("text", {})
        return (
            text.get("method", "forward") == "forward"
            and text.get("method_output_name", "last_hidden_state") == "last_hidden_state"
            and not getattr(self.transformer.auto_model.config, "output_hidden_states", False)
        )


def load_model(folder: Path, config: EncoderConfig, device: str) -> Any:
    """The SentenceTransformer in a folder, on a device, in float32 and ready for inference.

    Raises ModelError if it cannot be loaded, or needs to run code of its own without permission.
    """
    wake_pandas()  # sentence-transformers imports datasets, which imports pandas
    from sentence_transformers import SentenceTransformer

    try:
        with quiet():
            model = SentenceTransformer(
                str(folder),
                device=device,
                trust_remote_code=config.trust_remote_code,
                local_files_only=not config.trust_remote_code,
            )
    except Exception as error:
        # Weights and configs can be wrong in as many ways as there are libraries that parse them.
        raise ModelError(_cannot_load(config.name, error)) from error
    return model.float().eval()


def loaded(model: Any, config: EncoderConfig, device: str) -> Loaded:
    """Splits a model into its parts; raises ModelError if a window or prompt does not fit it."""
    transformer, *tail = model
    if not hasattr(transformer, "auto_model") or model.tokenizer is None:
        raise ModelError(
            f"the model {config.name!r} begins with a {type(transformer).__name__}, and only "
            "models that begin with a Transformer, or a StaticEmbedding, can be used"
        )
    if "message" in getattr(transformer, "modality_config", {}):
        raise ModelError(
            f"the model {config.name!r} puts texts into a chat template: a long text cannot be cut "
            "into chunks for it, and it cannot be used"
        )
    prompt = prompt_of(model, config)
    return Loaded(
        transformer=transformer,
        tail=tuple(tail),
        tokenizer=model.tokenizer,
        frame=_frame(model, config, prompt),
        prompt=prompt,
        device=device,
        truncate=getattr(model, "truncate_dim", None),
    )


def prompt_of(model: Any, config: EncoderConfig) -> str:
    """The text put before every text: a named prompt of the model, or the config's own text."""
    prompts: dict[str, str] = model.prompts or {}
    if config.prompt is not None:
        return prompts.get(config.prompt, config.prompt)
    return prompts.get(model.default_prompt_name, "") if model.default_prompt_name else ""


def _frame(model: Any, config: EncoderConfig, prompt: str) -> Frame:
    before, after = special_tokens(model.tokenizer)
    own = token_ids(model.tokenizer, [prompt])[0] if prompt else np.zeros(0, np.int32)
    frame = Frame(_window(model, config), before, after, own)
    if frame.room < 1:
        raise ModelError(
            f"a window of {frame.window} tokens leaves no room for text beside {frame.special} "
            f"special tokens and {len(own)} of the prompt: widen encoder.window, or shorten "
            "encoder.prompt"
        )
    return frame


def _window(model: Any, config: EncoderConfig) -> int:
    settings = model[0].auto_model.config
    limits = (model.max_seq_length, getattr(settings, "max_position_embeddings", None))
    known = [int(limit) for limit in limits if limit is not None and 0 < limit < _BOUNDLESS]
    if not known and config.window is None:
        raise ModelError(
            f"the model {config.name!r} does not say how many tokens it can look at: say it with "
            "encoder.window"
        )
    if known and config.window is not None and config.window > min(known):
        raise ModelError(
            f"encoder.window is {config.window}, and {config.name!r} was made for "
            f"{min(known)} tokens: longer texts are cut into chunks, so leave it out or lower it"
        )
    return config.window or min(known)


def special_tokens(tokenizer: Any) -> tuple[Ids, Ids]:
    """The token ids that a tokenizer puts before and after a text."""
    bare = token_ids(tokenizer, ["a"])[0].tolist()
    full = token_ids(tokenizer, ["a"], special=True)[0].tolist()
    for start in range(len(full) - len(bare) + 1):
        if full[start : start + len(bare)] == bare:
            after = full[start + len(bare) :]
            return np.array(full[:start], np.int32), np.array(after, np.int32)
    raise ModelError("the tokenizer of the model changes a text when it adds special tokens")


def _cannot_load(name: str, error: Exception) -> str:
    cause = cause_of(error)
    if "trust_remote_code" in cause:
        return (
            f"the model {name!r} wants to run code of its own. Read that code, and if you trust "
            "it set encoder.trust_remote_code: true"
        )
    return (
        f"no model could be loaded from {name!r}: {cause}. A folder must hold what "
        "SentenceTransformer.save() writes."
    )
