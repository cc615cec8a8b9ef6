"""All linear heads at once: penalised Bradley-Terry regression by conjugate gradients.

A reward is features * weight, so a reward margin is (difference of features) * weight, and each
column of one matrix of weights is a fit. A step costs two products of matrices for all columns
together. Every column has its own step length, found by Newton's method along its direction, where
margins are known without another product. The curvature at zero, the same matrix for all columns
but for their penalty, is the preconditioner (it bounds the curvature anywhere: Boehning & Lindsay,
1988), so that some ten to thirty steps do, however unlike the scales of the features are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from prefdata.config.reward import ObjectiveConfig
from prefdata.reward.columns import Columns
from prefdata.reward.features import Floats, PairVectors, width_of

Progress = Callable[[int, int], None]
"""`progress(finished, fits)`: how many of the fits running side by side have finished."""

BLOCK = 4096  # pairs whose features are made at a time
KEPT_BYTES = 1 << 30  # features up to this size are made once, else anew in each step

_TOLERANCE = 1e-4  # of the norm of the gradient at zero
_SHIFT = 1e-6
_MOST_STEPS = 1000
_ALONG = 20  # Newton steps on a line
_FLAT = 1e-2  # of the slope at the beginning of a line: flat enough


@dataclass(frozen=True)
class LinearFit:
    """`weights` (width, K); `rewards` (n, 2, K) come from them. `steps`: how many were taken.

    `is_converged` (K): the gradient fell below the tolerance.
    """

    weights: Floats
    is_converged: np.ndarray
    steps: int


def fit_linear(
    pairs: PairVectors,
    names: tuple[str, ...],
    margins: Floats,
    columns: Columns,
    objective: ObjectiveConfig,
    progress: Progress | None = None,
) -> LinearFit:
    """Minimises, for every column: mean loss + penalty * |weight| squared.

    `margins` (n): subtracted from the reward margin, 0 where there is none. The loss is that of
    `ObjectiveConfig`: with smoothing the robust one (Chowdhury et al., 2024), and with centring
    the square of the sum of both rewards, each less its mean, which a constant can always reach.
    """
    problem = _Problem(pairs, names, margins, columns, objective)
    return problem.solve(progress)


class _Problem:
    """The pairs and columns, and where the search stands."""

    def __init__(
        self,
        pairs: PairVectors,
        names: tuple[str, ...],
        margins: Floats,
        columns: Columns,
        objective: ObjectiveConfig,
    ) -> None:
        self.pairs, self.names, self.columns = pairs, names, columns
        self.margins = torch.from_numpy(np.ascontiguousarray(margins, np.float32))[:, None]
        self.slope = objective.smoothing / (1 - 2 * objective.smoothing)
        self.centring = objective.centring
        self.width = width_of(names, pairs.dimension)
        size = 4 * len(pairs) * self.width * (2 if self.centring else 1)
        self.kept: list[tuple[slice, Any, Any]] | None = None
        self.penalties = torch.from_numpy(columns.penalties)
        self.totals = torch.from_numpy(columns.counts.sum(axis=0, dtype=np.float32))
        self.middle = self._middle() if self.centring else None
        if size <= KEPT_BYTES:
            self.kept = list(self._blocks())

    def solve(self, progress: Progress | None) -> LinearFit:
        """Preconditioned conjugate gradients (Polak-Ribiere, begun anew where it turns back)."""
        count = len(self.columns)
        weights = torch.zeros(self.width, count)
        margins, sums = self._products(weights)
        precondition = self._preconditioner()
        gradient = self._gradient(weights, margins, sums)
        enough = _TOLERANCE * gradient.norm(dim=0)
        is_going = gradient.norm(dim=0) > 0
        towards = precondition(gradient)
        direction = -towards
        steps = 0
        while bool(is_going.any()) and steps < _MOST_STEPS:
            direction *= is_going
            ahead, sums_ahead = self._products(direction)
            length = self._along(weights, direction, margins, ahead, sums, sums_ahead)
            weights += length * direction
            margins.addcmul_(ahead, length.expand_as(ahead))
            if sums is not None:
                sums.addcmul_(sums_ahead, length.expand_as(sums))
            before, before_towards = gradient, towards
            gradient = self._gradient(weights, margins, sums)
            is_going &= gradient.norm(dim=0) > enough
            towards = precondition(gradient)
            turn = (towards * (gradient - before)).sum(0) / (before * before_towards).sum(0)
            turn = torch.nan_to_num(turn).clamp(min=0)
            direction = turn * direction - towards
            direction = torch.where((direction * gradient).sum(0) < 0, direction, -towards)
            steps += 1
            if progress is not None:
                progress(count - int(is_going.sum()), count)
        return LinearFit(weights.numpy(), ~is_going.numpy(), steps)

    def _blocks(self) -> Iterator[tuple[slice, Any, Any]]:
        """(pairs, difference of their sides, sum of their sides less its mean or None)."""
        if self.kept is not None:
            yield from self.kept
            return
        for start in range(0, len(self.pairs), BLOCK):
            where = slice(start, min(start + BLOCK, len(self.pairs)))
            sides = torch.from_numpy(self.pairs.features(self.names, where))
            total = None if self.middle is None else sides.sum(dim=1) - self.middle
            yield where, sides[:, 0] - sides[:, 1], total

    def _middle(self) -> Any:
        total = torch.zeros(self.width, dtype=torch.float64)
        for start in range(0, len(self.pairs), BLOCK):
            sides = self.pairs.features(self.names, slice(start, start + BLOCK))
            total += torch.from_numpy(sides.sum(axis=(0, 1), dtype=np.float64))
        return (total / len(self.pairs)).float()

    def _products(self, weights: Any) -> tuple[Any, Any]:
        """Reward margins (n, K) and, with centring, sums of rewards (n, K)."""
        margins = torch.empty(len(self.pairs), weights.shape[1])
        sums = torch.empty_like(margins) if self.centring else None
        for where, difference, total in self._blocks():
            torch.mm(difference, weights, out=margins[where])
            if sums is not None:
                torch.mm(total, weights, out=sums[where])
        return margins, sums

    def _labels(self, where: slice) -> tuple[Any, Any]:
        """Share of each pair in the mean loss of each column, and 1 or -1 by its label."""
        shares = torch.from_numpy(self.columns.counts[where]).float() / self.totals
        if self.columns.is_turned is None:
            return shares, 1.0
        return shares, 1.0 - 2.0 * torch.from_numpy(self.columns.is_turned[where]).float()

    def _gradient(self, weights: Any, margins: Any, sums: Any) -> Any:
        """Of the whole objective by the weights: (width, K)."""
        gradient = 2 * self.penalties * weights
        for where, difference, total in self._blocks():
            shares, signs = self._labels(where)
            beyond = margins[where] * signs - self.margins[where]
            pull = -(torch.sigmoid(-beyond) + self.slope) * shares * signs
            gradient.addmm_(difference.T, pull)
            if sums is not None:
                gradient.addmm_(total.T, 2 * self.centring * shares * sums[where])
        return gradient

    def _along(
        self, weights: Any, direction: Any, margins: Any, ahead: Any, sums: Any, sums_ahead: Any
    ) -> Any:
        """How far (K) to go in the direction: where the objective, convex, is flat along it."""
        bends = 2 * self.penalties * (direction * direction).sum(0)
        starts = 2 * self.penalties * (direction * weights).sum(0)
        length, low = torch.zeros_like(bends), torch.zeros_like(bends)
        high = torch.full_like(bends, torch.inf)
        first = None
        for _ in range(_ALONG):
            slope, curve = starts + length * bends, bends.clone()
            for begin in range(0, len(self.pairs), BLOCK):
                where = slice(begin, begin + BLOCK)
                shares, signs = self._labels(where)
                beyond = (margins[where] + length * ahead[where]) * signs - self.margins[where]
                odds = torch.sigmoid(-beyond)
                slope -= ((odds + self.slope) * shares * signs * ahead[where]).sum(0)
                curve += (odds * (1 - odds) * shares * ahead[where].square()).sum(0)
                if sums is not None:
                    now = sums[where] + length * sums_ahead[where]
                    slope += 2 * self.centring * (shares * now * sums_ahead[where]).sum(0)
                    curve += 2 * self.centring * (shares * sums_ahead[where].square()).sum(0)
            first = slope.abs() if first is None else first
            if bool((slope.abs() <= _FLAT * first).all()):
                break
            low, high = torch.where(slope < 0, length, low), torch.where(slope > 0, length, high)
            wished = length - torch.nan_to_num(slope / curve)
            between = torch.where(high.isinf(), 2 * length + 1, (low + high) / 2)
            length = torch.where((wished > low) & (wished < high), wished, between)
            length = torch.where(first > 0, length, 0)
        return length

    def _preconditioner(self) -> Callable[[Any], Any]:
        """What divides a gradient (width, K) by the curvature at zero weights."""
        gram = torch.zeros(self.width, self.width)
        for _, difference, total in self._blocks():
            gram.addmm_(difference.T, difference, alpha=0.25 / len(self.pairs))
            if total is not None:
                gram.addmm_(total.T, total, alpha=2 * self.centring / len(self.pairs))
        least = _SHIFT * float(gram.trace())  # what rounding may have taken away
        distinct, which = torch.unique(self.penalties, return_inverse=True)
        unit = torch.eye(self.width, dtype=torch.float64)
        # unlike its eigenvectors, which LAPACK cannot always find, this exists for few pairs too
        factors = [
            torch.linalg.cholesky(gram.double() + max(2 * float(penalty), least) * unit).float()
            for penalty in distinct
        ]

        def precondition(gradient: Any) -> Any:
            towards = torch.empty_like(gradient)
            for number, factor in enumerate(factors):
                own = which == number
                towards[:, own] = torch.cholesky_solve(gradient[:, own], factor)
            return towards

        return precondition
