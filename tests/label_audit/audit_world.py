"""Pairs made up of a quality that nobody sees, and of what two views and the controls see of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.label_audit.views.view import JudgingPlan, Progress
from prefdata.records.arrays import Floats, Ints


@dataclass(frozen=True)
class LinearView:
    """Held-out margins of least squares on `columns` (k, n), differences as recorded."""

    name: str
    columns: np.ndarray
    is_content: bool = True

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        found = np.zeros((plan.variants, plan.repeats, self.columns.shape[1]), np.float32)
        for variant, repeat in np.ndindex(found.shape[:2]):
            for fold in np.unique(plan.folds[repeat]):
                held_out = plan.folds[repeat] == fold
                labels = np.where(held_out, 0, plan.labels[variant])
                seen = self.columns * np.abs(labels)
                bend = seen @ seen.T + 10 * np.eye(len(seen))
                weights = np.linalg.solve(bend, seen @ labels)
                found[variant, repeat, held_out] = weights @ self.columns[:, held_out]
            if progress is not None:
                progress(variant * plan.repeats + repeat + 1, plan.variants * plan.repeats)
        return found


@dataclass(frozen=True)
class World:
    """n pairs as recorded: `truth` (n) is 1 where the label says what is so, -1 where not."""

    views: tuple[LinearView, ...]
    groups: Ints
    lengths: tuple[Ints, Ints]
    truth: np.ndarray


def world(
    pairs: int = 3000,
    *,
    signal: float = 1.0,
    by_length: float = 0.0,
    flips: float = 0.0,
    group: int = 3,
    width: int = 12,
    seed: int = 0,
) -> World:
    """`signal`: of each side's quality in the features of the content, noise having variance one.

    `by_length`: how much the longer completion is the better one, in log odds for a deviation of
    the length. `flips`: share of the labels that are the wrong way round.
    """
    random = np.random.default_rng(seed)
    quality, length = random.normal(size=(2, pairs))
    odds = 2 * signal * quality + by_length * length
    better = np.where(random.logistic(size=pairs) < odds, 1.0, -1.0)
    truth = np.where(random.random(pairs) < flips, -1.0, 1.0)
    turned = better * truth  # the chosen completion stands first
    columns = random.normal(size=(2, width, pairs))
    columns[:, 0] = quality + 0.5 * random.normal(size=(2, pairs))
    columns[:, 1] = length + 0.5 * random.normal(size=(2, pairs))  # words tell length too
    ratio = np.exp(0.5 * length * turned)
    chosen = np.round(200 * np.sqrt(ratio)).astype(np.int64)
    rejected = np.round(200 / np.sqrt(ratio)).astype(np.int64)
    return World(
        views=(
            LinearView("controls", length[None] * turned, is_content=False),
            *(
                LinearView(name, own * turned)
                for name, own in zip(("ngrams", "embeddings"), columns, strict=True)
            ),
        ),
        groups=np.arange(pairs) // group,
        lengths=(chosen, rejected),
        truth=truth,
    )
