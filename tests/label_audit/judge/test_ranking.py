from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prefdata.label_audit.judge.ranking import Ranked, area, average_precision

rows = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=30).filter(
    lambda drawn: len({planted for _, planted in drawn}) == 2
)


@given(rows)
def test_the_area_is_the_share_of_pairs_in_order(drawn: list[tuple[int, bool]]) -> None:
    planted = [value for value, is_planted in drawn if is_planted]
    others = [value for value, is_planted in drawn if not is_planted]
    points = [(one > other) + (one == other) / 2 for one in planted for other in others]
    values, flags = np.array(drawn).T
    ranked = Ranked(values, flags.astype(bool), np.zeros(len(values), np.int64))
    assert area([ranked]).value == pytest.approx(np.mean(points))


@given(rows, arrays(np.int64, 30, elements=st.integers(1, 5)))
def test_average_precision_by_hand_and_by_counts(
    drawn: list[tuple[int, bool]], repeats: np.ndarray
) -> None:
    values, flags = np.array(drawn).T
    planted, total, steps = flags.astype(bool), flags.sum(), 0.0
    for value in sorted(set(values.tolist())):
        above = values >= value
        steps += planted[values == value].sum() / total * planted[above].mean()
    assert average_precision(values, planted) == pytest.approx(steps)
    counts = repeats[: len(values)]
    drawn_out = average_precision(np.repeat(values, counts), np.repeat(planted, counts))
    assert average_precision(values, planted, counts.astype(float)) == pytest.approx(drawn_out)


def test_the_interval_is_that_of_a_bootstrap_of_groups() -> None:
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(120), 5)
    shared = random.normal(size=(2, 120)).repeat(5, axis=1)
    copies = []
    for _ in range(2):
        planted = random.random(600) < 0.2
        copies.append(Ranked(shared[0] + planted * (1 + shared[1]), planted, groups))
    found = area(copies)
    members = [np.flatnonzero(groups == group) for group in range(120)]
    means = []
    for _ in range(800):
        rows = np.concatenate([members[group] for group in random.integers(0, 120, 120)])
        drawn = [
            Ranked(each.suspicion[rows], each.planted[rows], np.zeros_like(rows)) for each in copies
        ]
        means.append(area(drawn).value)
    assert found.value == pytest.approx(np.mean(means), abs=0.01)
    assert (found.low, found.high) == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.015)
    alone = area([Ranked(each.suspicion, each.planted, np.arange(600)) for each in copies])
    assert alone.high - alone.low < 0.8 * (found.high - found.low)


def test_no_interval_where_one_group_has_all_that_was_planted() -> None:
    planted = np.arange(10) < 2
    found = area([Ranked(np.arange(10.0), planted, np.maximum(np.arange(10) - 1, 0))])
    assert (found.value, found.low, found.high) == (0.0, None, None)
