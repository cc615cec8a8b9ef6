from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.metrics.calibration import EDGES, calibration

margins_of = st.lists(st.floats(-30, 30), min_size=1)


def slow_bins(margins: list[float]) -> list[tuple[int, float, float]]:
    """Pairs, mean confidence and accuracy of the bins that are not empty."""
    found = []
    for low, high in pairwise(EDGES):
        mine = []
        for margin in margins:
            sure = float(np.exp(-np.logaddexp(0, -abs(margin))))
            if low <= max(sure, 0.5) < high or (high == 1.0 and sure == 1.0):
                mine.append((sure, 0.5 if margin == 0 else float(margin > 0)))
        if mine:
            sure, right = (sum(part) / len(mine) for part in zip(*mine, strict=True))
            found.append((len(mine), sure, right))
    return found


@given(margins_of)
def test_bins_and_error_are_those_of_a_plain_loop(margins: list[float]) -> None:
    found = calibration(np.array(margins))
    expected = slow_bins(margins)
    assert [(each.pairs, each.confidence, each.accuracy) for each in found.bins] == [
        (pairs, pytest.approx(sure, abs=1e-6), pytest.approx(right, abs=1e-6))
        for pairs, sure, right in expected
    ]
    error = sum(n * abs(sure - right) for n, sure, right in expected) / len(margins)
    assert found.ece == pytest.approx(error, abs=1e-6)
    brier = [(1 - 1 / (1 + math.exp(-margin))) ** 2 for margin in margins]
    assert found.brier == pytest.approx(sum(brier) / len(margins), abs=1e-6)


@given(st.lists(st.floats(1e-6, 30), min_size=1), st.randoms(use_true_random=False))
def test_is_what_pairs_taken_both_ways_round_give(sizes: list[float], coin: random.Random) -> None:
    """The textbook form: p in bins from 0 to 1, against labels, of which half are 0."""
    margins = np.array([size * coin.choice([-1, 1]) for size in sizes])
    cells: dict[int, float] = {}
    for margin in margins:
        sure = float(np.exp(-np.logaddexp(0, -abs(margin))))
        upper = int(np.searchsorted(EDGES[1:-1], sure, side="right"))
        right = float(margin > 0)  # the label of the completion that the model prefers
        for place, p, label in ((upper, sure, right), (-1 - upper, 1 - sure, 1 - right)):
            cells[place] = cells.get(place, 0.0) + p - label
    error = sum(map(abs, cells.values())) / (2 * len(sizes))
    assert calibration(margins).ece == pytest.approx(error, abs=1e-6)


def test_a_calibrated_model_errs_as_much_as_chance_and_an_overconfident_one_more() -> None:
    rng = np.random.default_rng(2)
    errors, expected = [], []
    for _ in range(50):
        true = rng.normal(0, 1, 1000)
        margins = np.where(rng.random(1000) < 1 / (1 + np.exp(-true)), true, -true)
        found = calibration(margins)
        errors.append(found.ece)
        expected.append(found.ece_by_chance)
    assert np.mean(errors) == pytest.approx(np.mean(expected), rel=0.1)
    sharp = calibration(4 * margins)
    assert sharp.ece is not None and sharp.ece_by_chance is not None
    assert sharp.ece > 5 * sharp.ece_by_chance


def test_empty_bins_are_absent_and_ties_are_half_right() -> None:
    ties = calibration(np.zeros(7))
    assert (ties.ece, ties.brier, ties.confidence) == (0.0, 0.25, 0.5)
    assert [(each.low, each.high, each.accuracy) for each in ties.bins] == [(0.5, 0.55, 0.5)]
    certain = calibration(np.array([1e6, -1e6]))
    assert [(each.high, each.accuracy) for each in certain.bins] == [(1.0, 0.5)]
    none = calibration(np.zeros(0))
    assert (none.ece, none.bins, none.absent) == (None, (), "there are no pairs")
