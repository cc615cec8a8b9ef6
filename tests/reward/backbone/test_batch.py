from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from prefdata.reward.backbone.batch import packed_batch, padded_batch
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs

TWO = token_pairs([([5, 6, 7], [5, 8]), ([9], [4, 3])], margins=[1.5, None])
BOTH = np.array([0, 1])


def test_padded_rows_are_chosen_then_rejected() -> None:
    batch = padded_batch(TWO, BOTH, pad_id=0)
    assert batch.ids.tolist() == [[5, 6, 7], [9, 0, 0], [5, 8, 0], [4, 3, 0]]
    assert batch.mask is not None
    assert batch.mask.tolist() == [[1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 0]]
    assert batch.ids.flatten()[batch.ends].tolist() == [7, 9, 8, 3]
    assert batch.margins[0] == 1.5
    assert batch.margins[1].isnan()


def test_packed_sides_both_continue_where_they_part() -> None:
    batch = packed_batch(TWO, BOTH)
    assert batch.ids.tolist() == [[5, 6, 7, 8, 9, 4, 3]]
    assert batch.positions is not None
    assert batch.positions.tolist() == [[0, 1, 2, 1, 0, 0, 1]]
    assert batch.ids.flatten()[batch.ends].tolist() == [7, 9, 8, 3]
    assert batch.parts is not None
    assert batch.parts.tolist() == [[1, 2, 1], [0, 1, 2]]


def test_pairs_come_in_the_order_asked_for(random_pairs: Callable[..., TokenPairs]) -> None:
    pairs = random_pairs(8)
    numbers = np.array([6, 1, 4])
    last = [side[-1] for number in numbers for side in pairs.sides(number)]
    expected = np.array(last).reshape(-1, 2).T.ravel().tolist()
    for batch in (padded_batch(pairs, numbers, pad_id=0), packed_batch(pairs, numbers)):
        assert batch.numbers.tolist() == [6, 1, 4]
        assert batch.ids.flatten()[batch.ends].tolist() == expected
        np.testing.assert_array_equal(batch.margins.numpy(), pairs.margins[numbers])


def test_goes_to_a_device() -> None:
    for batch in (padded_batch(TWO, BOTH, pad_id=0), packed_batch(TWO, BOTH)):
        there = batch.to("meta")
        assert {there.ids.device, there.ends.device, there.margins.device} == {torch.device("meta")}
        assert (there.mask is None) == (batch.mask is None)
        assert there.parts is batch.parts
