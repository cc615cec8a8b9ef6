from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefdata.label_audit.judge.flip_probability import flip_probabilities


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_of_rows_with_the_same_probability_that_share_was_turned(rate: float) -> None:
    random = np.random.default_rng(0)
    clean = random.beta(0.7, 0.7, 400_000)  # that the first is the better one
    is_first = random.random(len(clean)) < clean
    is_turned = random.random(len(clean)) < rate
    says_first = is_first != is_turned
    observed = np.where(says_first, 1, -1) * (clean - 0.5) * (1 - 2 * rate) + 0.5
    found = flip_probabilities(observed, rate)
    places = np.digitize(found, np.linspace(0, 1, 11)[1:-1])
    for place in np.unique(places):
        here = places == place
        if here.sum() > 500:
            assert is_turned[here].mean() == pytest.approx(found[here].mean(), abs=0.02)


@given(p=st.floats(0, 1), more=st.floats(0, 1), rate=st.floats(0, 0.5))
def test_it_is_a_probability_and_falls_as_the_label_gets_likelier(
    p: float, more: float, rate: float
) -> None:
    less, greater = sorted((p, more))
    high, low = flip_probabilities(np.array([less, greater]), rate)
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize(
    ("p", "rate", "expected"), [(0.01, 0.05, 1), (0.5, 0.05, 0.05), (0.2, 0, 0), (0.2, 0.5, 0.5)]
)
def test_at_the_ends(p: float, rate: float, expected: float) -> None:
    assert flip_probabilities(np.array([p]), rate)[0] == pytest.approx(expected)
