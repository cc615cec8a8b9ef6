"""The protocol of encoders: texts in, vectors of unit length out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int], None]
"""`progress(count)`: so many more texts have been embedded."""


@dataclass(frozen=True)
class Identity:
    """Which encoder made an embedding.

    `fingerprint` (32 hexadecimal digits) covers weights, revision and every setting that changes a
    vector: equal fingerprints give vectors that can be compared. `window`: tokens that it looks at
    at a time, None: any number. `dimension`: numbers in a vector.
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
    """What became of n texts.

    `vectors` (n, dimension): of unit length, or NaN throughout where a text has no embedding
    (it is empty, or the encoder gave no finite number). `windows` (n): chunks that the text was
    cut into; 1 where it fits, 0 where it has no embedding. With `encoder.long: first` only the
    first chunk went into the vector, but all are counted.
    """

    vectors: Vectors
    windows: npt.NDArray[np.int32]


class Encoder(Protocol):
    """What a step may ask of an encoder."""

    @property
    def identity(self) -> Identity: ...

    @property
    def is_light(self) -> bool:
        """Whether it is quick to load and uses one core: each worker process has its own."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Encoded:
        """Embeds texts of any length, in any order of lengths; equal texts may be given once."""
        ...
