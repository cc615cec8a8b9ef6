"""Krippendorff's alpha against values of the package `krippendorff` 0.9.0, and its interval."""

from __future__ import annotations

import random

import numpy as np
import pytest

from prefdata.transforms.judgements.alpha import Scale, krippendorff_alpha
from prefdata.transforms.judgements.votes import Votes, answers_of
from prefdata.transforms.metrics.bootstrap import Bootstrap

RATINGS = ("..53443..144..32", "12...55.4..42.4.", "..5343.24244414.", ".1.4243142.4.241")
"""A line for each judge, a column for each unit."""

BY_PACKAGE: dict[Scale, float] = {
    "nominal": 0.23245614035087725,
    "ordinal": 0.6039468790750444,
    "interval": 0.6502555824589724,
}


def rated(lines: tuple[str, ...] = RATINGS, times: int = 1) -> Votes:
    cells = [
        (unit, judge, int(value))
        for judge, line in enumerate(lines)
        for unit, value in enumerate(line)
        if value != "."
    ]
    unit, judge, value = np.array(cells * times).T
    return answers_of(unit, judge, value)


def slow_alpha(units: list[list[float]], scale: Scale) -> float:
    """By the definition: every two values of a unit, and every two values of all."""
    units = [unit for unit in units if len(unit) > 1]
    values = sorted(value for unit in units for value in unit)

    def difference(one: float, other: float) -> float:
        if scale == "nominal":
            return float(one != other)
        if scale == "interval":
            return (one - other) ** 2
        low, high = sorted((one, other))
        between = sum(low <= value <= high for value in values)
        ends = (values.count(low) + values.count(high)) / 2
        return (between - ends) ** 2 if one != other else 0.0

    within = sum(
        difference(a, b) / (len(unit) - 1)
        for unit in units
        for i, a in enumerate(unit)
        for j, b in enumerate(unit)
        if i != j
    )
    among = sum(
        difference(a, b) for i, a in enumerate(values) for j, b in enumerate(values) if i != j
    )
    return 1 - (len(values) - 1) * within / among


@pytest.mark.parametrize("scale", BY_PACKAGE)
def test_is_that_of_the_package(scale: Scale) -> None:
    found = krippendorff_alpha(rated(), np.arange(16), scale)
    assert found.value == pytest.approx(BY_PACKAGE[scale], abs=1e-12)
    assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize("scale", BY_PACKAGE)
@pytest.mark.parametrize("seed", range(5))
def test_is_that_of_the_definition(scale: Scale, seed: int) -> None:
    chance = random.Random(seed)
    units = [[chance.choice([1, 2.5, 3, 7]) for _ in range(chance.randint(1, 4))] for _ in range(9)]
    unit = [at for at, values in enumerate(units) for _ in values]
    judge = [number for values in units for number in range(len(values))]
    value = [each for values in units for each in values]
    answers = answers_of(np.array(unit), np.array(judge), np.array(value))
    found = krippendorff_alpha(answers, np.zeros(9, int), scale)
    assert found.value == pytest.approx(slow_alpha(units, scale), abs=1e-12)


@pytest.mark.parametrize("scale", BY_PACKAGE)
def test_copies_of_answers_change_nothing(scale: Scale) -> None:
    once = krippendorff_alpha(rated(), np.arange(16) // 2, scale, Bootstrap(50))
    twice = krippendorff_alpha(rated(times=2), np.arange(16) // 2, scale, Bootstrap(50))
    assert (twice.value, twice.low) == pytest.approx((once.value, once.low), abs=1e-9)


def test_a_judge_is_not_compared_with_himself() -> None:
    """Judge 0 says 1 and 2 of a unit: half an agreement with each of the others' answers."""
    unit, judge = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1])
    split = answers_of(unit, judge, np.array([1, 2, 1, 2, 2]))
    found = krippendorff_alpha(split, np.array([0, 1]), "nominal")
    marginals, within = np.array([1.5, 2.5]), 2 * 0.5
    assert found.value == pytest.approx(1 - 3 * within / (16 - (marginals**2).sum()))


@pytest.mark.parametrize("scale", BY_PACKAGE)
def test_resamples_are_those_of_drawing_prompts_one_by_one(scale: Scale) -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(1, 5, 120)
    table = np.clip(truth[:, None] + rng.integers(-1, 2, (120, 3)), 1, 4)
    prompt = np.arange(120) // 3
    answers = answers_of(np.repeat(np.arange(120), 3), np.tile(np.arange(3), 120), table.ravel())
    found = krippendorff_alpha(answers, prompt, scale, Bootstrap(2000, 3))
    slow = []
    for _ in range(300):
        units = np.concatenate([3 * p + np.arange(3) for p in rng.integers(0, 40, 40)])
        drawn = answers_of(
            np.repeat(np.arange(120), 3), np.tile(np.arange(3), 120), table[units].ravel()
        )
        slow.append(krippendorff_alpha(drawn, prompt, scale).value)
    low, high = np.quantile(np.array(slow, float), [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.05)
    assert found.high == pytest.approx(high, abs=0.05)


@pytest.mark.parametrize("scale", BY_PACKAGE)
def test_the_order_of_units_and_prompts_does_not_matter(scale: Scale) -> None:
    found = krippendorff_alpha(rated(), np.arange(16) // 2, scale, Bootstrap(100, 5))
    turned = rated(tuple(line[::-1] for line in RATINGS[::-1]))
    again = krippendorff_alpha(turned, 40 - np.arange(16) // 2, scale, Bootstrap(100, 5))
    assert (again.value, again.low, again.high) == pytest.approx(
        (found.value, found.low, found.high), abs=1e-9
    )


def test_blocks_do_not_change_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = krippendorff_alpha(rated(), np.arange(16), "ordinal", Bootstrap(100, 5))
    monkeypatch.setattr("prefdata.transforms.judgements.alpha.CELLS", 100)
    assert krippendorff_alpha(rated(), np.arange(16), "ordinal", Bootstrap(100, 5)) == whole
    assert whole.low is not None and whole.high is not None and whole.low < whole.high


@pytest.mark.parametrize("lines", [("1.", ".2"), ("11", "11"), ("..", "..")])
def test_what_has_no_alpha_has_none(lines: tuple[str, ...]) -> None:
    cells = [(u, j, int(v)) for j, line in enumerate(lines) for u, v in enumerate(line) if v != "."]
    unit, judge, value = np.array(cells, int).reshape(-1, 3).T
    answers = answers_of(unit, judge, value, items=2, judges=2)
    found = krippendorff_alpha(answers, np.arange(2), "interval", Bootstrap(10))
    assert (found.value, found.low, found.high) == (None, None, None)
