"""Views on dense features of each pair: controls, and frozen embeddings.

A reward is features * weights, so a pair is the difference of the features of its sides. For
embeddings that difference is the same whatever was asked, so its main directions are also
multiplied by those of the last turn: each kind of question may then prefer another kind of answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.reward import HeadFeature
from prefdata.label_audit.views.crossfit import held_out_margins
from prefdata.label_audit.views.logistic import dense_differences
from prefdata.label_audit.views.view import JudgingPlan, Progress
from prefdata.records.arrays import Floats, Ints
from prefdata.reward.heads.feature_blocks import BLOCK
from prefdata.reward.heads.features import PairVectors, width_of
from prefdata.transforms.texts.controls import Controls

TURN_DIRECTIONS, COMPLETION_DIRECTIONS = 8, 64
"""Principal directions of the last turns, and of the completions, whose products are features."""

KEPT_BYTES = 1 << 29
"""Differences larger than this are kept in half precision, as embeddings are."""


def embedding_differences(
    pairs: PairVectors, features: tuple[HeadFeature, ...], *, by_turn: bool
) -> Floats:
    """Features of chosen minus those of rejected (n, width); zeros if an embedding is missing.

    `features`: see `reward.features`. `by_turn`: adds products of directions of the last turn with
    directions of the difference of completions. Directions are of all pairs and use no labels.
    """
    plain = width_of(features, pairs.dimension)
    turns, completions = _ranks(pairs) if by_turn else (0, 0)
    width = plain + turns * completions
    dtype = np.float32 if 4 * width * len(pairs) <= KEPT_BYTES else np.float16
    differences = np.zeros((len(pairs), width), dtype)
    for which in _blocks(np.flatnonzero(pairs.having(features))):
        sides = pairs.features(features, which)
        differences[which, :plain] = sides[:, 0] - sides[:, 1]
    if by_turn:
        asked = np.flatnonzero(pairs.having(("completion", "turn-cosine")))
        _fill_products(differences[:, plain:], pairs, asked, turns, completions)
    return differences


def _ranks(pairs: PairVectors) -> tuple[int, int]:
    return min(TURN_DIRECTIONS, pairs.dimension), min(COMPLETION_DIRECTIONS, pairs.dimension)


def _fill_products(
    products: npt.NDArray[Any], pairs: PairVectors, which: Ints, turns: int, completions: int
) -> None:
    """Fills in the products (pairs, turns * completions) of some pairs.

    The coordinates of a turn are scaled to a mean square of one in sum, so that the products are
    about as large as the difference itself.
    """

    def turn(some: Ints) -> Floats:
        return _part(pairs, "turn", some)

    def both(some: Ints) -> Floats:
        return np.concatenate([_part(pairs, side, some) for side in ("chosen", "rejected")])

    middle, of_turns, scale = _directions(turn, which, turns)
    _, of_completions, _ = _directions(both, which, completions)
    for some in _blocks(which):
        asked = (turn(some) - middle) @ of_turns / scale
        sides = both(some) @ of_completions * np.float32(pairs.dimension**0.5)
        difference = sides[: len(some)] - sides[len(some) :]
        products[some] = (asked[:, :, None] * difference[:, None, :]).reshape(len(some), -1)


def _directions(
    vectors: Callable[[Ints], Floats], which: Ints, count: int
) -> tuple[Floats, Floats, np.float32]:
    """Mean (d), principal directions (d, count), and root mean square of the vectors along them."""
    width = vectors(which[:0]).shape[1]
    total, gram, rows = np.zeros(width), np.zeros((width, width)), 0
    for some in _blocks(which):
        block = vectors(some)
        total += block.sum(axis=0, dtype=np.float64)
        gram += block.T @ block
        rows += len(block)
    middle = total / max(rows, 1)
    spread = gram / max(rows, 1) - np.outer(middle, middle)
    sizes, directions = np.linalg.eigh(spread)  # ascending
    along = max(float(sizes[-count:].clip(min=0).sum()), 1e-12)
    return (
        middle.astype(np.float32),
        np.ascontiguousarray(directions[:, -count:], np.float32),
        np.float32(along**0.5),
    )


def _blocks(which: Ints) -> Iterator[Ints]:
    return (which[start : start + BLOCK] for start in range(0, len(which), BLOCK))


def _part(pairs: PairVectors, part: str, which: Ints) -> Floats:
    return np.asarray(pairs.vectors[pairs.index[part][which]], np.float32)


_LEAST = 0.1  # least root mean square to divide a column by: does not inflate rare columns


@dataclass(frozen=True)
class ControlsView:
    """What should not decide a preference: length, format, refusal, position, model, source."""

    controls: Controls
    name: str = "controls"
    is_content: bool = False

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        values = self.controls.values
        if not values.size:
            return dense_margins(values, plan, progress)
        size = np.sqrt(np.square(values, dtype=np.float64).mean(axis=0))
        scaled = (values / np.maximum(size, _LEAST)).astype(np.float32)
        return dense_margins(scaled, plan, progress)


@dataclass(frozen=True)
class EmbeddingsView:
    """Frozen embeddings of the completions, and their products with directions of the last turn.

    `features`, `by_turn`: see `embedding_differences`. A pair without an embedding of one of its
    completions has margins of 0.
    """

    pairs: PairVectors
    features: tuple[HeadFeature, ...] = ("completion",)
    by_turn: bool = True
    name: str = "embeddings"
    is_content: bool = True

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        differences = embedding_differences(self.pairs, self.features, by_turn=self.by_turn)
        return dense_margins(differences, plan, progress)


@dataclass(frozen=True)
class JudgementsView:
    """What somebody else said of each pair, such as a language model that judged.

    `strengths` (n, 1): by how much the chosen side is the better one, negative for the other; 0
    where nothing is known. What it is worth is learnt like that of any other view.
    """

    strengths: Floats
    name: str = "judgements"
    is_content: bool = True

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        return dense_margins(self.strengths, plan, progress)


def dense_margins(
    differences: Floats, plan: JudgingPlan, progress: Progress | None = None
) -> Floats:
    """Held-out margins (variants, repeats, n) of pairs, from their differences (n, width)."""
    total = 0.0
    for start in range(0, len(differences), BLOCK):
        block = differences[start : start + BLOCK].astype(np.float32, copy=False).ravel()
        total += float(block @ block)
    size = total / max(len(differences), 1)
    return held_out_margins(dense_differences(differences), plan, size, progress)
