"""Many penalised fits of linear rewards at once, by preconditioned conjugate gradients.

A reward is features * weight, so a reward margin is (difference of features) * weight, and each
column of one matrix of weights is a fit. A step costs two matrix products for all columns together.
Every column has its own step length, found by Newton's method along its direction, where margins
need no further product. The preconditioner is the curvature at zero, which bounds it everywhere
(Boehning & Lindsay, 1988), or an approximation of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from prefdata.records.arrays import Flags, Floats

Precondition = Callable[[Floats], Floats]
Progress = Callable[[int, int], None]
"""`progress(finished, fits)`: the number of finished fits, of all that run together."""

_BLOCK = 4096  # rows of outputs processed together
_ALONG = 20  # Newton steps on a line
_FLAT = 1e-2  # relative to the slope at the start of a line, at which the search ends


class Operator(Protocol):
    """A matrix (rows, width) of features, given by its products; all arrays are float32.

    Columns of zeros are of fits that have converged: a product may pass over them.
    """

    @property
    def rows(self) -> int: ...

    @property
    def width(self) -> int: ...

    def times(self, weights: Floats) -> Floats:
        """The matrix times `weights` (width, K): a new array (rows, K)."""
        ...

    def transposed(self, pull: Floats) -> Floats:
        """The transposed matrix times `pull` (rows, K): a new array (width, K)."""
        ...

    def preconditioner(self, penalties: Floats) -> Precondition:
        """A function that divides gradients (width, K) by about the curvature; `penalties` (K)."""
        ...


@dataclass(frozen=True)
class Solution:
    """`weights` (width, K). `steps`: the number of steps taken.

    `is_converged` (K): the norm of the gradient fell below the tolerance.
    """

    weights: Floats
    is_converged: Flags
    steps: int


@dataclass(frozen=True)
class PairLoss:
    """The mean over n pairs of -log sigmoid(sign * margin - offset), for each of K columns.

    `labels(rows)`: (rows, K), the share of each of these pairs in the mean, negative if its label
    is flipped. `offsets` (n, 1). `slope`: an additional linear decrease in the argument of the
    sigmoid, from label smoothing. `centring`: the weight of the mean square of the sums of both
    rewards; if not 0, outputs hold these n sums after the n margins.
    """

    pairs: int
    labels: Callable[[slice], Any]
    offsets: Any = None
    slope: float = 0.0
    centring: float = 0.0

    def pull(self, outputs: Any) -> Any:
        """Derivative of the loss by every output."""
        pull = torch.empty_like(outputs)
        for where in self._blocks():
            labels, beyond = self._beyond(where, outputs[where])
            torch.mul(torch.sigmoid(-beyond) + self.slope, -labels, out=pull[where])
            if self.centring:
                sums = _after(where, self.pairs)
                torch.mul(2 * self.centring * labels.abs(), outputs[sums], out=pull[sums])
        return pull

    def along(self, outputs: Any, ahead: Any, length: Any) -> tuple[Any, Any]:
        """First and second derivative (K) of the loss of `outputs + length * ahead` by `length`."""
        slope, curve = torch.zeros_like(length), torch.zeros_like(length)
        for where in self._blocks():
            labels, beyond = self._beyond(
                where, torch.addcmul(outputs[where], ahead[where], length.expand_as(ahead[where]))
            )
            odds = torch.sigmoid(-beyond)
            pulled = labels * ahead[where]
            slope -= ((odds + self.slope) * pulled).sum(0)
            curve += (odds * (1 - odds) * pulled.abs() * ahead[where].abs()).sum(0)
            if self.centring:
                sums = _after(where, self.pairs)
                shares = 2 * self.centring * labels.abs() * ahead[sums]
                slope += (shares * (outputs[sums] + length * ahead[sums])).sum(0)
                curve += (shares * ahead[sums]).sum(0)
        return slope, curve

    def _blocks(self) -> list[slice]:
        starts = range(0, self.pairs, _BLOCK)
        return [slice(start, min(start + _BLOCK, self.pairs)) for start in starts]

    def _beyond(self, where: slice, margins: Any) -> tuple[Any, Any]:
        """Labels, and the argument of the sigmoid."""
        labels = self.labels(where)
        beyond = margins * labels.sign()
        return labels, beyond if self.offsets is None else beyond - self.offsets[where]


def _after(where: slice, count: int) -> slice:
    return slice(where.start + count, where.stop + count)


def minimise(
    operator: Operator,
    loss: PairLoss,
    penalties: Floats,
    *,
    tolerance: float,
    most_steps: int,
    progress: Progress | None = None,
) -> Solution:
    """Minimises, for every column: loss + penalty * |weight| squared; `penalties` (K).

    A column has converged when the norm of its gradient is at most `tolerance` times that at zero
    weights. Polak-Ribiere directions, restarted when they do not descend.
    """
    search = _Search(operator, loss, torch.from_numpy(penalties))
    count = len(penalties)
    gradient = search.gradient(torch.ones(count, dtype=torch.bool))
    enough = tolerance * _lengths(gradient)
    is_going = _lengths(gradient) > enough
    scaled = search.precondition(gradient)
    direction = -scaled
    steps = 0
    while bool(is_going.any()) and steps < most_steps:
        direction *= is_going
        search.go(direction)
        before, before_scaled = gradient, scaled
        gradient = search.gradient(is_going)
        is_going &= _lengths(gradient) > enough
        scaled = search.precondition(gradient)
        beta = (scaled * (gradient - before)).sum(0) / (before * before_scaled).sum(0)
        beta = torch.nan_to_num(beta).clamp(min=0)
        direction = beta * direction - scaled
        direction = torch.where((direction * gradient).sum(0) < 0, direction, -scaled)
        steps += 1
        if progress is not None:
            progress(count - int(is_going.sum()), count)
    return Solution(search.weights.numpy(), ~is_going.numpy(), steps)


def _lengths(columns: Any) -> Any:
    """The norm of every column, eight times as fast as `norm(dim=0)`."""
    return columns.square().sum(0).sqrt()


class _Search:
    """The state of the search: weights (width, K) and their outputs (rows, K)."""

    def __init__(self, operator: Operator, loss: PairLoss, penalties: Any) -> None:
        self.operator, self.loss, self.penalties = operator, loss, penalties
        self.weights = torch.zeros(operator.width, len(penalties))
        self.outputs = torch.zeros(operator.rows, len(penalties))
        self._precondition = operator.preconditioner(penalties.numpy())

    def gradient(self, is_going: Any) -> Any:
        """The gradient (width, K) of the whole objective by the weights, of columns that go on."""
        pull = self.loss.pull(self.outputs).mul_(is_going)
        gradient = torch.from_numpy(self.operator.transposed(pull.numpy()))
        return gradient.addcmul_(self.weights, (2 * self.penalties).expand_as(self.weights))

    def precondition(self, gradient: Any) -> Any:
        return torch.from_numpy(self._precondition(gradient.numpy()))

    def go(self, direction: Any) -> None:
        """Moves along a direction (width, K) to the minimum of the objective on it."""
        ahead = self._times(direction)
        length = self._length(direction, ahead)
        self.weights.addcmul_(direction, length.expand_as(direction))
        self.outputs.addcmul_(ahead, length.expand_as(ahead))

    def _times(self, weights: Any) -> Any:
        return torch.from_numpy(self.operator.times(weights.numpy()))

    def _length(self, direction: Any, ahead: Any) -> Any:
        """The step length (K) at which the convex objective is flat along the direction."""
        penalty_curve = 2 * self.penalties * (direction * direction).sum(0)
        penalty_slope = 2 * self.penalties * (direction * self.weights).sum(0)
        length, low = torch.zeros_like(penalty_curve), torch.zeros_like(penalty_curve)
        high = torch.full_like(penalty_curve, torch.inf)
        first = None
        for _ in range(_ALONG):
            slope, curve = self.loss.along(self.outputs, ahead, length)
            slope, curve = slope + penalty_slope + length * penalty_curve, curve + penalty_curve
            first = slope.abs() if first is None else first
            is_flat = slope.abs() <= _FLAT * first
            if bool(is_flat.all()):
                break
            low, high = torch.where(slope < 0, length, low), torch.where(slope > 0, length, high)
            proposed = length - torch.nan_to_num(slope / curve)
            between = torch.where(high.isinf(), 2 * length + 1, (low + high) / 2)
            proposed = torch.where((proposed > low) & (proposed < high), proposed, between)
            length = torch.where(is_flat, length, proposed)  # finished columns keep theirs
        return length
