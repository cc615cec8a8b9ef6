from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.reward.backbone.batch import batches, packed_batch, padded_batch
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs

LENGTHS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12
)


def pairs_of(lengths: list[tuple[int, int, int]]) -> TokenPairs:
    return token_pairs([([1] * s + [2] * c, [1] * s + [3] * r) for s, c, r in lengths])


def tokens_in(pairs: TokenPairs, numbers: np.ndarray, packed: bool) -> int:
    batch = packed_batch(pairs, numbers) if packed else padded_batch(pairs, numbers, pad_id=0)
    return batch.ids.numel()


@pytest.mark.parametrize("packed", [False, True])
@given(LENGTHS, st.integers(1, 200), st.randoms())
def test_every_pair_once_and_within_the_limit(
    packed: bool, lengths: list[tuple[int, int, int]], limit: int, draw: object
) -> None:
    pairs = pairs_of(lengths)
    numbers = np.arange(len(pairs))
    found = batches(pairs, numbers, limit, packed=packed)
    assert sorted(np.concatenate(found).tolist()) == numbers.tolist()
    for batch in found:
        assert len(batch) == 1 or tokens_in(pairs, batch, packed) <= limit
    shuffled = numbers.tolist()
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    again = batches(pairs, np.array(shuffled), limit, packed=packed)
    assert [one.tolist() for one in again] == [one.tolist() for one in found]


def test_pairs_in_a_batch_are_alike_in_length() -> None:
    pairs = pairs_of([(0, 9, 9), (0, 1, 1), (20, 9, 9), (0, 8, 9), (0, 2, 1)])
    found = batches(pairs, np.arange(5), 36, packed=False)
    assert [batch.tolist() for batch in found] == [[1, 4], [0, 3], [2]]


def test_no_pairs_no_batches() -> None:
    assert batches(pairs_of([(0, 1, 1)]), np.zeros(0, np.int64), 10, packed=True) == []
