from __future__ import annotations

import numpy as np
import pytest

from prefdata.label_audit.judge.calibrate import CalibrationLink, calibrated, fitted_link, log_odds
from prefdata.transforms.metrics.calibration import calibration
from prefdata.transforms.metrics.pairwise import sigmoid


def drawn(pairs: int, floor: float, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    margins = 2 * random.normal(size=pairs)
    p = CalibrationLink(floor, slope).probabilities(margins)
    return margins, np.where(random.random(pairs) < p, 1.0, -1.0)


@pytest.mark.parametrize(("floor", "slope"), [(0.0, 0.5), (0.1, 2.0), (0.2, 8.0), (0.3, 0.0)])
def test_a_link_is_found_again(floor: float, slope: float) -> None:
    margins, labels = drawn(40_000, floor, slope)
    found = fitted_link(margins * labels, np.ones(len(labels)))
    at = np.linspace(-4, 4, 9)
    expected = CalibrationLink(floor, slope).probabilities(at)
    assert found.probabilities(at) == pytest.approx(expected, abs=0.015)


def test_a_link_is_odd_and_saturates() -> None:
    link = CalibrationLink(0.1, 3.0)
    at = np.array([0.0, 0.3, 50.0])
    assert link.log_odds(-at) == pytest.approx(-link.log_odds(at))
    assert link.probabilities(at)[[0, 2]] == pytest.approx([0.5, 0.9])
    assert np.isfinite(CalibrationLink(0.0, 9.0).log_odds(np.array([-1e9, 1e9]))).all()


def test_margins_are_calibrated_where_labels_are_noisy() -> None:
    margins, labels = drawn(20_000, 0.15, 2.0, seed=1)
    folds = np.arange(len(labels)) % 5
    observed = calibrated(margins, labels, folds).log_odds(margins) * labels
    assert calibration(observed).ece < 0.01
    assert calibration(2.0 * margins * labels).ece > 0.1  # without the floor


def test_a_fold_has_no_say_in_its_own_link() -> None:
    margins, labels = drawn(400, 0.1, 1.0, seed=2)
    folds = np.arange(400) % 2
    turned = np.where(folds == 0, -labels, labels)
    one, other = (calibrated(margins, each, folds).links for each in (labels, turned))
    assert one[0] == other[0] and one[1] != other[1]


@pytest.mark.parametrize("margins", [np.zeros(9), np.ones(9), -np.ones(9)])
def test_degenerate_margins_have_a_link(margins: np.ndarray) -> None:
    p = fitted_link(margins, np.ones(9)).probabilities(margins)
    assert np.isfinite(log_odds(p)).all()
    assert (p >= 0.5 - 1e-9).all() or (margins < 0).all()


def test_repeats_share_the_links_of_their_pairs() -> None:
    margins, labels = drawn(300, 0.05, 1.0, seed=3)
    links = calibrated(margins, labels, np.arange(300) % 3)
    both = links.log_odds(np.stack([margins, 2 * margins]))
    assert np.array_equal(both[0], links.log_odds(margins))
    assert sigmoid(both[1]).max() <= 1 - min(link.floor for link in links.links)
