"""A reward head on frozen embeddings: an ensemble of linear or small mlp heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Floats
from prefdata.reward.heads.features import PairVectors

Kind = Literal["linear", "mlp"]

_BLOCK = 2048  # pairs whose rewards are computed at a time


@dataclass(frozen=True)
class Head:
    """An ensemble of any number of members on the same features of one side.

    `arrays`: of linear members `weights` (width, members); of an mlp `first` (width, members,
    hidden), `bias` and `second` (members, hidden); of both `offset` (members), which is subtracted
    so that rewards are 0 on average over the pairs that they were trained on.
    """

    kind: Kind
    features: tuple[str, ...]
    arrays: Mapping[str, Floats]

    @property
    def members(self) -> int:
        return len(self.arrays["offset"])

    @property
    def width(self) -> int:
        """The number of features of each member."""
        return int(self.arrays["weights" if self.kind == "linear" else "first"].shape[0])

    def rewards(self, sides: Floats) -> Floats:
        """Rewards (pairs, 2, members) of features (pairs, 2, width)."""
        flat = sides.reshape(-1, sides.shape[-1])
        if self.kind == "linear":
            raw = flat @ self.arrays["weights"]
        else:
            first, bias, second = (self.arrays[name] for name in ("first", "bias", "second"))
            units = np.tanh(flat @ first.reshape(len(first), -1) + bias.reshape(-1))
            raw = np.einsum("nmh,mh->nm", units.reshape(-1, *second.shape), second)
        rewards: Floats = raw - self.arrays["offset"]
        return rewards.reshape(*sides.shape[:2], -1)

    def some(self, which: slice) -> Head:
        """The head of a range of members."""
        axis = {"weights": 1, "first": 1}
        arrays = {
            name: np.ascontiguousarray(values[:, which] if name in axis else values[which])
            for name, values in self.arrays.items()
        }
        return replace(self, arrays=arrays)


@dataclass(frozen=True)
class HeadRewards:
    """`rewards` (n, 2): of chosen and rejected, means over members; NaN without an embedding.

    `spread` (n): standard error of the reward margin, by the jackknife over the members; 0 for a
    single member.
    """

    rewards: Floats
    spread: Floats

    @property
    def reward_margins(self) -> Floats:
        """Chosen minus rejected reward (n)."""
        return self.rewards[:, 0] - self.rewards[:, 1]


def rewards_of_head(
    head: Head, vectors: npt.NDArray[np.float16], index: Mapping[str, npt.NDArray[np.int64]]
) -> HeadRewards:
    """Rewards of n pairs; `vectors` and `index` as in `PairVectors`.

    Raises DataError if an embedding is not finite.
    """
    return averaged(member_rewards(head, PairVectors(vectors, index)))


def member_rewards(head: Head, pairs: PairVectors) -> Floats:
    """Rewards (n, 2, members) by every member; NaN for a pair that lacks an embedding."""
    rewards = np.full((len(pairs), 2, head.members), np.nan, np.float32)
    numbers = np.flatnonzero(pairs.having(head.features))
    for start in range(0, len(numbers), _BLOCK):
        some = numbers[start : start + _BLOCK]
        rewards[some] = head.rewards(pairs.features(head.features, some))
    return rewards


def averaged(rewards: Floats) -> HeadRewards:
    """Mean rewards over the members (last axis), and their jackknife standard error."""
    margins = rewards[:, 0] - rewards[:, 1]
    scale = np.float32((margins.shape[-1] - 1) ** 0.5)
    return HeadRewards(rewards.mean(axis=-1), margins.std(axis=-1) * scale)
