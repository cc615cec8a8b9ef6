from __future__ import annotations

import numpy as np
import pytest
from prefdata.label_audit.judge.prior import highest_rate, middle, prior_of

from prefdata.config.audit import PriorConfig
from prefdata.results.training import Estimate
from prefdata.transforms.metrics.pairwise import sigmoid


def drawn(pairs: int, flips: float, seed: int, *, group: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Held-out margins as recorded, right but for the flips and for what is undecided."""
    random = np.random.default_rng(seed)
    size = np.repeat(random.gamma(2.0, 1.5, pairs // group), group)
    right = random.random(len(size)) < sigmoid(size)
    turned = np.repeat(random.random(pairs // group) < flips, group)
    return np.where(right != turned, size, -size), np.arange(len(size)) // group


@pytest.mark.parametrize("group", [1, 10])
@pytest.mark.parametrize("flips", [0.0, 0.05, 0.2])
def test_the_bound_holds_in_nearly_all_datasets(flips: float, group: int) -> None:
    """Also where whole groups were turned, which is as if there were fewer pairs."""
    bounds = [highest_rate(*drawn(3000, flips, seed, group=group))[0] for seed in range(100)]
    assert np.mean(np.array(bounds) >= flips) >= 0.94
    assert np.median(bounds) < flips + 0.03 + 0.01 * group


def test_where_models_know_nothing_it_is_anywhere() -> None:
    margins = np.random.default_rng(0).normal(size=2000)
    assert prior_of(margins, np.arange(2000), PriorConfig()).high > 0.45


@pytest.mark.parametrize(
    ("given", "low", "high", "says"),
    [
        ({"low": 0.01, "high": 0.04}, 0.01, 0.04, "given in the config"),
        ({"high": 0.03}, 0.0, 0.03, "high: given in the config"),
        ({"low": 0.4}, 0.4, 0.4, "low: given in the config"),
    ],
)
def test_what_is_given_goes_first(
    given: dict[str, float], low: float, high: float, says: str
) -> None:
    found = prior_of(*drawn(3000, 0.05, 1), PriorConfig.model_validate(given))
    assert (found.low, found.high, found.is_given) == (low, high, True)
    assert found.made.endswith(says)


def test_decisions_of_people_go_before_the_bound() -> None:
    reviewed = Estimate(pairs=90, groups=90, value=0.1, low=0.05, high=0.17)
    found = prior_of(*drawn(3000, 0.01, 2), PriorConfig(), reviewed)
    assert (found.low, found.high, found.reviewed, found.is_given) == (0.05, 0.17, 90, False)
    assert middle(found) == pytest.approx(0.11)
    assert "90 decisions" in found.made


@pytest.mark.parametrize("margins", [np.ones(3), -np.ones(3), np.zeros(3)])
def test_few_pairs_have_a_bound(margins: np.ndarray) -> None:
    found = prior_of(margins, np.arange(3), PriorConfig())
    assert 0 <= found.low < found.high <= 0.5
