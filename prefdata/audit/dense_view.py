"""Views that are dense numbers of each pair: controls, and frozen embeddings.

A reward is features * weights, so a pair is the difference of the features of its sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.audit.crossfit import held_out_margins
from prefdata.audit.solver import DenseDifferences
from prefdata.audit.view import Floats, Plan, Progress
from prefdata.config.reward import HeadFeature
from prefdata.reward.features import PairVectors, width_of
from prefdata.transforms.controls import Controls

BLOCK = 4096  # pairs whose features are made at a time

_LEAST = 0.1  # root mean square that a column is taken to have: rare ones are not blown up


@dataclass(frozen=True)
class ControlsView:
    """What should not matter: length, format, refusal, position, model, source."""

    controls: Controls
    name: str = "controls"
    is_content: bool = False

    def margins(self, plan: Plan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        values = self.controls.values
        size = np.sqrt(np.square(values, dtype=np.float64).mean(axis=0)) if len(values) else 1.0
        scaled = (values / np.maximum(size, _LEAST)).astype(np.float32)
        return dense_margins(scaled, plan, progress)


@dataclass(frozen=True)
class EmbeddingsView:
    """Frozen embeddings of the completions; with features of other parts also of the prompt."""

    pairs: PairVectors
    features: tuple[HeadFeature, ...] = ("completion",)
    name: str = "embeddings"
    is_content: bool = True

    def margins(self, plan: Plan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        return dense_margins(embedding_differences(self.pairs, self.features), plan, progress)


def embedding_differences(pairs: PairVectors, features: tuple[HeadFeature, ...]) -> Floats:
    """Features of chosen less those of rejected (n, width); zeros where an embedding is missing."""
    differences = np.zeros((len(pairs), width_of(features, pairs.dimension)), np.float32)
    having = np.flatnonzero(pairs.having(features))
    for start in range(0, len(having), BLOCK):
        which = having[start : start + BLOCK]
        sides = pairs.features(features, which)
        differences[which] = sides[:, 0] - sides[:, 1]
    return differences


def dense_margins(differences: Floats, plan: Plan, progress: Progress | None = None) -> Floats:
    """Held-out margins (variants, repeats, n) of pairs by differences (n, width)."""
    size = float(np.einsum("nw,nw->", differences, differences)) / max(len(differences), 1)
    return held_out_margins(DenseDifferences(differences), plan, size, progress)
