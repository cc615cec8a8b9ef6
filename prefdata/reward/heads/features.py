"""Features of one side of a pair, computed from frozen embeddings.

Both sides have the same features and a reward each, so swapping the sides flips the sign of the
reward margin by construction. No feature depends on the length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.errors import DataError
from prefdata.records.arrays import Flags, Floats, Ints

SIDES = ("chosen", "rejected")


@dataclass(frozen=True)
class Feature:
    """A function of the embeddings of a completion and perhaps of another part of the row.

    `numbers(other, completion)`: two arrays (n, dimension) of unit rows to (n, width), scaled so
    that one penalty suits all features.
    """

    other: str | None
    numbers: Callable[[Floats, Floats], Floats]
    is_wide: bool

    def width(self, dimension: int) -> int:
        return dimension if self.is_wide else 1


def _itself(_: Floats, completion: Floats) -> Floats:
    return completion * np.float32(completion.shape[1] ** 0.5)  # coordinates of about 1


def _product(other: Floats, completion: Floats) -> Floats:
    return other * completion * np.float32(completion.shape[1])


def _cosine(other: Floats, completion: Floats) -> Floats:
    # Cosines of two answers to one question differ by some tenths: times ten, by about 1.
    cosines: Floats = np.einsum("nd,nd->n", other, completion)[:, None]
    return 10 * cosines


FEATURES: Mapping[str, Feature] = {
    "completion": Feature(None, _itself, is_wide=True),
    "turn-cosine": Feature("turn", _cosine, is_wide=False),
    "prompt-cosine": Feature("prompt", _cosine, is_wide=False),
    "turn-product": Feature("turn", _product, is_wide=True),
    "prompt-product": Feature("prompt", _product, is_wide=True),
}
"""`turn`: the last user message; `prompt`: all messages before the completion."""


@dataclass(frozen=True)
class PairVectors:
    """n pairs as embeddings.

    `vectors` (texts, dimension): float16, of unit length, may be memory-mapped. `index`: for each
    part (`chosen`, `rejected`, `turn`, `prompt`) the number (n) of its text in `vectors`, -1 for
    none.
    """

    vectors: npt.NDArray[np.float16]
    index: Mapping[str, Ints]

    def __len__(self) -> int:
        return len(self.index["chosen"])

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    def having(self, features: Sequence[str]) -> Flags:
        """Flags (n) of the pairs with embeddings of all parts that the features use."""
        parts = {FEATURES[name].other for name in features} - {None}
        needed = [self.index[part] for part in (*SIDES, *sorted(map(str, parts)))]
        flags: Flags = np.logical_and.reduce([np.asarray(numbers) >= 0 for numbers in needed])
        return flags

    def only(self, which: Flags | Ints) -> PairVectors:
        """Some of the pairs, by flag or number; `vectors` is shared."""
        return PairVectors(
            self.vectors, {part: np.asarray(numbers)[which] for part, numbers in self.index.items()}
        )

    def features(self, names: Sequence[str], which: slice | Ints) -> Floats:
        """Features of both sides of some pairs with embeddings: (pairs, 2, width).

        Raises DataError if an embedding is not finite.
        """
        blocks = []
        for side in SIDES:
            completion = self._part(side, which)
            blocks.append(
                [
                    feature.numbers(
                        self._part(feature.other, which) if feature.other else completion,
                        completion,
                    )
                    for feature in (FEATURES[name] for name in names)
                ]
            )
        stacked = np.stack([np.concatenate(block, axis=1) for block in blocks], axis=1)
        if not np.isfinite(stacked).all():
            raise DataError("an embedding holds a number that is not finite: embed the texts again")
        return stacked

    def _part(self, part: str, which: slice | Ints) -> Floats:
        return np.asarray(self.vectors[self.index[part][which]], np.float32)


def width_of(names: Sequence[str], dimension: int) -> int:
    """The number of features of one side."""
    return sum(FEATURES[name].width(dimension) for name in names)
