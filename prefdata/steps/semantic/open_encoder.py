"""Opening the encoder and the embedding cache of a config, and embedding lists of texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prefdata.cache_folder import cache_folder
from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Encoder, Identity, Progress
from prefdata.encoders.open import open_encoder
from prefdata.errors import RunError
from prefdata.io.embeddings.cache import EmbeddingCache, open_cache
from prefdata.io.embeddings.segments import Halves, Windows
from prefdata.records.arrays import Ints
from prefdata.records.text_columns import is_blank, text_keys
from prefdata.steps.semantic.text_tables import first_occurrences

WINDOW_TEXTS, WINDOW_BYTES = 4096, 8 << 20
"""The most texts of a window, and their size in bytes: an interrupted process loses at most one
window."""


@lru_cache(maxsize=1)
def encoder_of(config: EncoderConfig) -> Encoder:
    """The encoder of a config, opened once per process."""
    return open_encoder(config)


def cache_of(config: EncoderConfig) -> EmbeddingCache:
    """The embedding cache of the encoder of a config."""
    identity = encoder_of(config).identity
    root, size = cache_folder(config.cache), config.cache_bytes
    return open_cache(root, identity.fingerprint, identity.dimension, max_bytes=size)


def prepare_encoder(config: EncoderConfig) -> Identity:
    """Opens encoder and cache, so that errors are raised before the long work; returns the
    encoder's identity.

    Raises ModelError or MissingExtraError if the encoder is not available, OutputError if the cache
    cannot be written, RunError if it holds vectors of another dimension.
    """
    cache_of(config)
    return encoder_of(config).identity


def encode(
    texts: Sequence[str], config: EncoderConfig, progress: Progress | None = None
) -> tuple[Halves, Windows]:
    """Vectors (n, dimension) and windows (n) of texts, without the cache.

    A text without finite vector gets zeros and 0 windows. Raises RunError if the encoder returns
    another shape than it declares.
    """
    encoder = encoder_of(config)
    result = encoder.encode(texts, progress)
    shape = (len(texts), encoder.identity.dimension)
    if result.vectors.shape != shape:
        raise RunError(
            f"the encoder {encoder.identity.name} gave vectors of shape {result.vectors.shape} for "
            f"{shape[0]} texts, and was to give {shape}: choose another encoder.name."
        )
    is_finite = np.asarray(np.isfinite(result.vectors).all(axis=1))
    vectors = np.where(is_finite[:, None], result.vectors, 0).astype(np.float16)
    return vectors, np.where(is_finite, np.maximum(result.windows, 1), 0).astype(np.int32)


def window_ends(sizes: npt.NDArray[np.integer]) -> list[int]:
    """Cuts texts of some sizes (bytes) into windows; returns the end position of each window."""
    sums = np.cumsum(sizes, dtype=np.int64)
    ends: list[int] = []
    at = 0
    while at < len(sums):
        before = int(sums[at - 1]) if at else 0
        fitting = int(np.searchsorted(sums, before + WINDOW_BYTES, side="right"))
        at = min(max(fitting, at + 1), at + WINDOW_TEXTS)
        ends.append(at)
    return ends


def embed_texts(
    config: EncoderConfig, texts: Sequence[str]
) -> tuple[Halves, npt.NDArray[np.bool_]]:
    """Vectors (n, dimension) of texts, using the cache, and which texts have one (n).

    A text that is blank, or for which the encoder gives no finite vector, gets zeros.
    """
    texts = [text.encode("utf-8", "replace").decode() for text in texts]  # lone surrogates
    column = pa.array(texts, pa.string())
    filled = np.flatnonzero(~is_blank(column).to_numpy(zero_copy_only=False))
    keys = text_keys(column)[filled]
    firsts, numbers = first_occurrences(keys)
    cache = cache_of(config)
    located = cache.locate(keys[firsts])
    known, new = np.flatnonzero(located.is_found), np.flatnonzero(~located.is_found)
    vectors = np.zeros((len(firsts), located.dimension), np.float16)
    windows = np.zeros(len(firsts), np.int32)
    vectors[known], windows[known] = located.take(known)
    for part in _windows(new, [texts[filled[first]] for first in firsts[new]]):
        vectors[part], windows[part] = encode([texts[filled[firsts[n]]] for n in part], config)
        cache.add(keys[firsts[part]], vectors[part], windows[part])
    whole = np.zeros((len(texts), located.dimension), np.float16)
    is_embedded = np.zeros(len(texts), np.bool_)
    whole[filled], is_embedded[filled] = vectors[numbers], windows[numbers] > 0
    return whole, is_embedded


def _windows(numbers: Ints, texts: Sequence[str]) -> list[Ints]:
    ends = window_ends(np.array([len(text.encode()) for text in texts], np.int64))
    return np.split(numbers, ends[:-1]) if ends else []
