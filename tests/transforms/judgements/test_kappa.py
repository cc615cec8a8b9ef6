"""Cohen's kappa against values of scikit-learn's cohen_kappa_score."""

from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.judgements.kappa import cohen_kappas
from prefdata.transforms.judgements.votes import Votes, answers_of

RATINGS = ("..53443..144..32", "12...55.4..42.4.", "..5343.24244414.", ".1.4243142.4.241")
BY_PACKAGE = {  # two judges: units in common, kappa, kappa with quadratic weights
    (0, 1): (4, 0.0, 0.0),
    (0, 2): (8, 0.4418604651162791, 0.8125),
    (0, 3): (8, 0.13043478260869568, 0.5555555555555556),
    (1, 2): (5, 0.23076923076923084, -0.4285714285714286),
    (1, 3): (6, 0.2499999999999999, 0.625),
    (2, 3): (9, 0.16666666666666663, 0.6363636363636364),
}


def rated(times: int = 1) -> Votes:
    cells = [
        (unit, judge, int(value))
        for judge, line in enumerate(RATINGS)
        for unit, value in enumerate(line)
        if value != "."
    ]
    unit, judge, value = np.array(cells * times).T
    return answers_of(unit, judge, value)


@pytest.mark.parametrize("times", [1, 2])
def test_are_those_of_the_package(times: int) -> None:
    plain, weighted = (cohen_kappas(rated(times), scale) for scale in ("nominal", "interval"))
    for found, column in ((plain, 1), (weighted, 2)):
        assert len(found.one) == len(BY_PACKAGE)
        for one, other, units, kappa in zip(
            found.one.tolist(), found.other.tolist(), found.units, found.kappa, strict=True
        ):
            expected = BY_PACKAGE[one, other]
            assert units == expected[0]
            assert kappa == pytest.approx(expected[column], abs=1e-12)


def test_those_with_most_in_common_come_first() -> None:
    assert cohen_kappas(rated(), "nominal").units.tolist() == [9, 8, 8, 6, 5, 4]


def test_an_ordinal_scale_has_no_distances() -> None:
    values = np.array([1, 2, 9, 1, 9, 9])
    wide = answers_of(np.tile(np.arange(3), 2), np.repeat([0, 1], 3), values)
    narrow = answers_of(np.tile(np.arange(3), 2), np.repeat([0, 1], 3), np.minimum(values, 3))
    assert cohen_kappas(wide, "ordinal").kappa == cohen_kappas(narrow, "interval").kappa
    assert cohen_kappas(wide, "interval").kappa != cohen_kappas(narrow, "interval").kappa


@pytest.mark.parametrize("scale", ["nominal", "interval"])
def test_one_answer_throughout_has_no_kappa(scale: str) -> None:
    same = answers_of(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.ones(4))
    found = cohen_kappas(same, scale)  # type: ignore[arg-type]
    assert found.agreement.tolist() == [1.0]
    assert np.isnan(found.kappa).all()


def test_judges_with_nothing_in_common_are_not_compared() -> None:
    apart = answers_of(np.array([0, 1]), np.array([0, 1]), np.ones(2))
    assert len(cohen_kappas(apart, "nominal").kappa) == 0
