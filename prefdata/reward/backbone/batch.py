"""From pairs of token ids to the tensors that a forward pass reads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from prefdata.records.arrays import Ints
from prefdata.reward.backbone.pairs import TokenPairs


@dataclass(frozen=True)
class PairBatch:
    """n pairs that run through the model at a time.

    `numbers` (n): which pairs. `ids` (rows, width): their tokens. `ends` (2n): where the last
    token of each side stands in `ids` laid flat, those of chosen first. `margins` (n): NaN where a
    pair has none. Padded, `mask` is like `ids`: 1 for a token, 0 for padding. Packed, `positions`
    is like `ids`, and `parts` (n, 3) has the lengths of each pair's parts.
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
    """One row a side, all of chosen and then all of rejected, padded on the right."""
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
    """All tokens in one row, none twice: of each pair shared, rest of chosen, rest of rejected.

    Positions count along a side, so both rests continue where shared ends.
    """
    columns = (pairs.shared, pairs.chosen, pairs.rejected)
    parts = np.stack([column[numbers].astype(np.int64) for column in columns], 1)
    ends = np.cumsum(parts).reshape(-1, 3)[:, 1:] - 1
    tokens = [pairs.ids[pairs.starts[number] : pairs.starts[number + 1]] for number in numbers]
    # a part counts from 0 (shared) or from the end of shared
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
    """The pairs in batches of at most `limit` tokens, padding included; alike in length.

    A pair longer than that is a batch of its own. Same pairs, same batches, in whatever order.
    """
    numbers = np.asarray(numbers, np.int64)
    rests = np.stack([pairs.chosen[numbers], pairs.rejected[numbers]]).astype(np.int64)
    shared = pairs.shared[numbers].astype(np.int64)
    lengths = shared + (rests.sum(0) if packed else rests.max(0))
    order = np.lexsort([numbers, lengths])
    found: list[list[int]] = []
    used = 0
    for number, length in zip(numbers[order].tolist(), lengths[order].tolist(), strict=True):
        many = len(found[-1]) + 1 if found else 1
        used = used + length if packed else 2 * many * length
        if not found or used > limit:
            found.append([])
            used = length if packed else 2 * length
        found[-1].append(number)
    return [np.array(batch, np.int64) for batch in found]
