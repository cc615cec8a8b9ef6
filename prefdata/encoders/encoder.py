"""The protocol of encoders: texts in, vectors of unit length out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int], None]
"""`progress(count)`: this many more texts have been embedded."""


@dataclass(frozen=True)
class Identity:
    """Identifies the encoder of an embedding.

    `fingerprint` (32 hexadecimal digits) covers weights, revision and every setting that changes a
    vector: vectors of equal fingerprints can be compared. `window`: tokens per input, None: no
    limit. `dimension`: the length of a vector.
    """

    name: str
    fingerprint: str
    dimension: int
    window: int | None
    backend: str
    dtype: str
    device: str


@dataclass(frozen=True)
class Encoded:
    """The embeddings of n texts.

    `vectors` (n, dimension): of unit length, or NaN if a text has no embedding (it is empty, or the
    encoder returned a number that is not finite). `windows` (n): chunks that the text was cut into;
    1 if it fits, 0 if it has no embedding. With `encoder.long: first` only the first chunk is in
    the vector, but all are counted.
    """

    vectors: Vectors
    windows: npt.NDArray[np.int32]


class Encoder(Protocol):
    """Turns texts into embeddings."""

    @property
    def identity(self) -> Identity: ...

    @property
    def is_light(self) -> bool:
        """Whether it loads quickly and uses one core, so that each worker process has its own."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Encoded:
        """Embeds texts of any length, in any order; equal texts need to be passed only once."""
        ...
