"""Where wrong labels are to be expected along a ranking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from turned_labels import turned

from prefdata.label_audit.claims.shape import (
    FIRST,
    LEVEL_TOP,
    Ranking,
    expected_wrong,
    rows_of,
    scores_of_ranks,
)

SEEN = [0.05, 0.5, 1.0, 1.4]
margins = arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e6, 1e6))


def test_scores_fall_and_the_first_are_not_told_apart() -> None:
    scores = scores_of_ranks(1000)
    assert len(set(scores[: LEVEL_TOP + 1].tolist())) == 1
    assert (np.diff(scores[LEVEL_TOP:]) < 0).all()
    assert scores_of_ranks(1).tolist() == [0]


@given(margins)
def test_ranks_order_rows_by_what_speaks_against_them(margin: np.ndarray) -> None:
    ranking = Ranking(margin)
    assert (np.diff(margin[ranking.order]) >= 0).all()
    assert np.array_equal(ranking.order[ranking.ranks], np.arange(len(margin)))
    steps = ranking.steps
    assert steps.shares.sum() == pytest.approx(1)
    assert (np.diff(steps.scores) <= 0).all()
    weighted = steps.shares @ steps.scores
    assert weighted == pytest.approx(ranking.scores.mean(), abs=1e-9)


def test_rows_that_are_even_keep_their_order() -> None:
    assert Ranking(np.zeros(5)).order.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("rate", [0.0005, 0.03, 0.3, 0.49])
@pytest.mark.parametrize("rows", [60, 1000])
def test_a_curve_has_the_mean_that_is_asked_for(rate: float, rows: int) -> None:
    steps = Ranking(np.random.default_rng(0).normal(size=rows)).steps
    slopes = np.array([-0.6, 0.0, 1.0, 5.0, 12.0])
    several = steps.curves(rate, slopes)
    assert several @ steps.shares == pytest.approx(rate, rel=1e-4)
    for slope, curve in zip(slopes.tolist(), several, strict=True):
        assert steps.curve(rate, slope) == pytest.approx(curve, abs=1e-6)
        assert (np.sign(slope) * np.diff(curve) <= 1e-12).all()
    means = steps.mean_scores(several)
    assert (np.diff(means) > 0).all()  # the steeper, the nearer to the top
    assert means[1] == pytest.approx(steps.shares @ steps.scores, abs=1e-6)


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("rate", [0.03, 0.1, 0.2])
def test_labels_turned_by_coins_stand_where_it_says(seen: float, rate: float) -> None:
    """From the recorded labels alone, wrong ones among them."""
    random = np.random.default_rng(1)
    stood, told = [], []
    for _ in range(20):
        data = turned(rate, random, seen=seen)
        ranking = data.ranking
        stood.append(ranking.scores[ranking.ranks[data.is_wrong]].mean())
        told.append(ranking.coin_score(rate))
    assert np.mean(told) == pytest.approx(np.mean(stood), abs=0.1)


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("rate", [0.01, 0.03, 0.1, 0.2])
def test_so_many_of_the_first_are_wrong_as_is_expected_of_coins(seen: float, rate: float) -> None:
    random = np.random.default_rng(2)
    found, told = [], []
    for _ in range(15):
        data = turned(rate, random, seen=seen)
        found.append(data.at_top)
        told.append(expected_wrong(data.ranking, rate, FIRST))
    noise = 3 * np.std(found) / np.sqrt(15)
    assert abs(np.mean(told) - np.mean(found)) < 0.2 * np.mean(found) + noise


def test_more_wrong_labels_are_expected_at_a_higher_rate_and_none_at_none() -> None:
    ranking = turned(0.05, np.random.default_rng(3)).ranking
    found = [expected_wrong(ranking, rate, FIRST) for rate in (0, 0.01, 0.03, 0.1, 0.3)]
    assert found[0] == 0
    assert found == sorted(found)
    assert found[-1] <= FIRST
    blind = Ranking(np.random.default_rng(4).normal(size=2000))
    assert expected_wrong(blind, 0.1, FIRST) == pytest.approx(5, abs=1)  # as anywhere


def test_values_of_steps_become_values_of_rows() -> None:
    ranking = Ranking(np.random.default_rng(5).normal(size=500))
    values = rows_of(ranking, ranking.steps.scores)
    assert values[ranking.order[:150]] == pytest.approx(ranking.scores[:150])
    assert values[ranking.order[:-1]] == pytest.approx(ranking.scores[:-1], abs=0.3)
    assert (np.diff(values[ranking.order]) <= 0).all()
