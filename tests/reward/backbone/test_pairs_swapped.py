"""Turning the label of token pairs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prefdata.reward.backbone.pairs import token_pairs

SIDE = st.lists(st.integers(1, 3), min_size=1, max_size=6)


@given(st.lists(st.tuples(SIDE, SIDE, st.booleans()), min_size=1, max_size=6))
def test_turned_pairs_have_their_sides_swapped_and_no_margin(
    drawn: list[tuple[list[int], list[int], bool]],
) -> None:
    pairs = token_pairs([(one, other) for one, other, _ in drawn], margins=[1.0] * len(drawn))
    which = np.array([flag for _, _, flag in drawn])
    turned = pairs.swapped(which)
    for number, flag in enumerate(which):
        chosen, rejected = pairs.sides(number)
        expected = (rejected, chosen) if flag else (chosen, rejected)
        for found, wanted in zip(turned.sides(number), expected, strict=True):
            assert found.tolist() == wanted.tolist()
        assert np.isnan(turned.margins[number]) == flag
    again = turned.swapped(which)
    assert np.array_equal(again.ids, pairs.ids)
