from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.errors import ModelError
from prefdata.reward.backbone.attention import PairByPair, attend, padded_rows, pair_by_pair

WAYS = {"pair by pair": pair_by_pair, "rows": lambda parts: padded_rows(parts, torch.device("cpu"))}
PARTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 7), st.integers(1, 7)), min_size=1, max_size=6
)


def dense(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, parts: np.ndarray, scale: float
) -> torch.Tensor:
    """The plain truth: one mask over all tokens."""
    pair = np.repeat(np.arange(len(parts)), parts.sum(1))
    part = np.concatenate([np.repeat([0, 1, 2], lengths) for lengths in parts])
    place = np.arange(len(pair))
    sees = (pair[:, None] == pair) & (place[:, None] >= place)
    sees &= (part == 0) | (part[:, None] == part)
    groups = query.shape[1] // key.shape[1]
    key, value = (tensor.repeat_interleave(groups, 1) for tensor in (key, value))
    logits = query @ key.transpose(2, 3) * scale
    weights = logits.masked_fill(~torch.from_numpy(sees), -torch.inf).softmax(-1)
    return (weights @ value).transpose(1, 2)


def random_tensors(tokens: int, heads: int, shared_heads: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(tokens)
    shapes = [(1, many, tokens, 8) for many in (heads, shared_heads, shared_heads)]
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("heads", [(2, 2), (4, 2)])
@given(PARTS)
@settings(max_examples=25)
def test_as_under_a_dense_mask(
    way: str, heads: tuple[int, int], lengths: list[tuple[int, int, int]]
) -> None:
    parts = np.array(lengths)
    tensors = random_tensors(int(parts.sum()), *heads)
    weights = torch.randn(1, int(parts.sum()), heads[0], 8)
    expected = dense(*tensors, parts, scale=0.3)
    found, _ = attend(None, *tensors, None, scaling=0.3, pairs=WAYS[way](parts))
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad((out * weights).sum(), tensors) for out in (found, expected)]
    torch.testing.assert_close(*gradients)


@given(PARTS)
def test_no_row_is_mostly_padding(lengths: list[tuple[int, int, int]]) -> None:
    parts = np.array(lengths)
    rows = padded_rows(parts, torch.device("cpu"))
    real = int((2 * parts[:, 0] + parts[:, 1] + parts[:, 2]).sum())
    assert len(rows.places) <= 1.5 * real
    assert sum(many for many, _ in rows.shapes) == 2 * len(parts)


@pytest.mark.parametrize("option", [{"softcap": 30.0}, {"s_aux": 1}, {"sliding_window": 5}])
def test_what_it_cannot_do_is_refused(option: dict[str, float]) -> None:
    tensors = random_tensors(9, 2, 2)
    pairs: PairByPair = pair_by_pair(np.array([[4, 2, 3]]))
    with pytest.raises(ModelError):
        attend(None, *tensors, None, pairs=pairs, **option)


def test_a_window_as_long_as_a_side_hides_nothing() -> None:
    tensors, pairs = random_tensors(9, 2, 2), pair_by_pair(np.array([[4, 2, 3]]))
    without, _ = attend(None, *tensors, None, pairs=pairs)
    seen, _ = attend(None, *tensors, None, pairs=pairs, sliding_window=7)
    assert torch.equal(seen, without)
    with pytest.raises(ModelError, match="6 tokens, and a side has 7"):
        attend(None, *tensors, None, pairs=pairs, sliding_window=6)
