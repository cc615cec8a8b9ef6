"""Views that are dense numbers of each pair: controls, and frozen embeddings.

A reward is features * weights, so a pair is the difference of the features of its sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.audit.crossfit import held_out_margins
from prefdata.audit.embedding_differences import embedding_differences
from prefdata.audit.solver import DenseDifferences
from prefdata.audit.view import Floats, Plan, Progress
from prefdata.config.reward import HeadFeature
from prefdata.reward.features import PairVectors
from prefdata.transforms.controls import Controls

_LEAST = 0.1  # root mean square that a column is taken to have: rare ones are not blown up
_BLOCK = 4096  # pairs looked at together


@dataclass(frozen=True)
class ControlsView:
    """What should not matter: length, format, refusal, position, model, source."""

    controls: Controls
    name: str = "controls"
    is_content: bool = False

    def margins(self, plan: Plan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        values = self.controls.values
        if not values.size:
            return dense_margins(values, plan, progress)
        size = np.sqrt(np.square(values, dtype=np.float64).mean(axis=0))
        scaled = (values / np.maximum(size, _LEAST)).astype(np.float32)
        return dense_margins(scaled, plan, progress)


@dataclass(frozen=True)
class EmbeddingsView:
    """Frozen embeddings of the completions, and what the prompt makes of them.

    `features`, `by_turn`: see `embedding_differences`. Pairs of which a completion has no embedding
    have margins of 0.
    """

    pairs: PairVectors
    features: tuple[HeadFeature, ...] = ("completion",)
    by_turn: bool = True
    name: str = "embeddings"
    is_content: bool = True

    def margins(self, plan: Plan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        differences = embedding_differences(self.pairs, self.features, by_turn=self.by_turn)
        return dense_margins(differences, plan, progress)


def dense_margins(differences: Floats, plan: Plan, progress: Progress | None = None) -> Floats:
    """Held-out margins (variants, repeats, n) of pairs by differences (n, width)."""
    total = 0.0
    for start in range(0, len(differences), _BLOCK):
        block = differences[start : start + _BLOCK].astype(np.float32, copy=False).ravel()
        total += float(block @ block)
    size = total / max(len(differences), 1)
    return held_out_margins(DenseDifferences(differences), plan, size, progress)
