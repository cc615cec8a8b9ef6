"""Encoders of static token embeddings: no transformer, so no window and no batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prefdata.encoders.encoder import Vectors
from prefdata.encoders.runner import Done
from prefdata.encoders.tokens import sound
from prefdata.encoders.windows import normalised
from prefdata.records.arrays import Ints


@dataclass(frozen=True)
class StaticRunner:
    """A SentenceTransformer that begins with a StaticEmbedding; it reads texts of any length."""

    model: Any
    prompt: str

    def vectors(self, texts: Sequence[str], done: Done) -> tuple[Vectors, Ints]:
        """Vectors of texts, and a window count of one for each."""
        vectors = self.model.encode(
            [self.prompt + sound(text) for text in texts], prompt="", show_progress_bar=False
        )
        done(np.arange(len(texts)))
        return normalised(vectors), np.ones(len(texts), dtype=np.int64)

    def dimension(self) -> int:
        """The length of a vector."""
        return int(self.model.encode(["a"], prompt="", show_progress_bar=False).shape[1])


def is_static(model: Any) -> bool:
    """Whether a SentenceTransformer begins with a StaticEmbedding."""
    return type(model[0]).__name__ == "StaticEmbedding"
