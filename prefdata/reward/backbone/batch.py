"""Building the input tensors of a forward pass from pairs of token ids."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from prefdata.records.arrays import Ints
from prefdata.reward.backbone.pairs import TokenPairs


@dataclass(frozen=True)
class PairBatch:
    """A batch of n pairs.

    `numbers` (n): which pairs. `ids` (rows, width): their tokens. `ends` (2n): the positions of the
    last token of each side in the flattened `ids`, chosen first. `margins` (n): NaN for none. In a
    padded batch, `mask` has the shape of `ids`: 1 for a token, 0 for padding. In a packed batch,
    `positions` has the shape of `ids`, and `parts` (n, 3) the lengths of each pair's parts.
    """

    numbers: Ints
    ids: torch.Tensor
    ends: torch.Tensor
    margins: torch.Tensor
    mask: torch.Tensor | None = None
    positions: torch.Tensor | None = None
    parts: Ints | None = None

    def to(self, device: torch.device | str) -> PairBatch:
        return replace(
            self,
            ids=self.ids.to(device),
            ends=self.ends.to(device),
            margins=self.margins.to(device),
            mask=None if self.mask is None else self.mask.to(device),
            positions=None if self.positions is None else self.positions.to(device),
        )


def padded_batch(pairs: TokenPairs, numbers: Ints, *, pad_id: int) -> PairBatch:
    """A batch with one row per side, first all chosen, then all rejected, padded on the right."""
    both = [pairs.sides(int(number)) for number in numbers]
    rows = [chosen for chosen, _ in both] + [rejected for _, rejected in both]
    lengths = np.array([len(row) for row in rows], np.int64)
    ids = np.full((len(rows), lengths.max()), pad_id, np.int64)
    for place, row in zip(ids, rows, strict=True):
        place[: len(row)] = row
    return PairBatch(
        numbers=np.asarray(numbers),
        ids=torch.from_numpy(ids),
        ends=torch.from_numpy(np.arange(len(rows)) * ids.shape[1] + lengths - 1),
        margins=torch.from_numpy(np.array(pairs.margins[numbers])),
        mask=torch.from_numpy((np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)),
    )


def packed_batch(pairs: TokenPairs, numbers: Ints) -> PairBatch:
    """A batch with all tokens in one row: for each pair the common prefix, the rest of chosen, and
    the rest of rejected.

    Positions count along a side, so both rests continue where the prefix ends.
    """
    columns = (pairs.shared, pairs.chosen, pairs.rejected)
    parts = np.stack([column[numbers].astype(np.int64) for column in columns], 1)
    ends = np.cumsum(parts).reshape(-1, 3)[:, 1:] - 1
    tokens = [pairs.ids[pairs.starts[number] : pairs.starts[number + 1]] for number in numbers]
    # positions start at 0 (prefix) or at the end of the prefix
    origins = parts[:, [0, 0, 0]] * np.array([0, 1, 1])
    before = np.cumsum(parts) - parts.ravel()
    positions = np.arange(parts.sum()) - np.repeat(before - origins.ravel(), parts.ravel())
    return PairBatch(
        numbers=np.asarray(numbers),
        ids=torch.from_numpy(np.concatenate(tokens).astype(np.int64)).unsqueeze(0),
        ends=torch.from_numpy(ends.T.ravel()),
        margins=torch.from_numpy(np.array(pairs.margins[numbers])),
        positions=torch.from_numpy(positions).unsqueeze(0),
        parts=parts,
    )


def batches(pairs: TokenPairs, numbers: Ints, limit: int, *, packed: bool) -> list[Ints]:
    """Divides pairs into batches of at most `limit` tokens, padding included, by similar length.

    A pair that is longer is a batch of its own. The batches do not depend on the order of
    `numbers`.
    """
    numbers = np.asarray(numbers, np.int64)
    rests = np.stack([pairs.chosen[numbers], pairs.rejected[numbers]]).astype(np.int64)
    shared = pairs.shared[numbers].astype(np.int64)
    lengths = shared + (rests.sum(0) if packed else rests.max(0))
    order = np.lexsort([numbers, lengths])
    groups: list[list[int]] = []
    used = 0
    for number, length in zip(numbers[order].tolist(), lengths[order].tolist(), strict=True):
        many = len(groups[-1]) + 1 if groups else 1
        used = used + length if packed else 2 * many * length
        if not groups or used > limit:
            groups.append([])
            used = length if packed else 2 * length
        groups[-1].append(number)
    return [np.array(batch, np.int64) for batch in groups]
