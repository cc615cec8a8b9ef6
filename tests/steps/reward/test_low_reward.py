from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.reward import RewardFilterConfig
from prefdata.steps.reward.low_reward import find_low_reward
from prefdata.steps.reward.read_rewards import Scored, accuracy_of, agreement_of

NONE = float("nan")


def scored(*lines: tuple[float, float, float]) -> Scored:
    """(reward of chosen, of rejected, the row's own margin) of rows 10, 20, ..."""
    table = np.array(lines, np.float64).reshape(-1, 3)
    return Scored(
        rows=np.arange(1, len(lines) + 1) * 10,
        rewards=table[:, :2].astype(np.float32),
        spread=np.full(len(lines), np.nan, np.float32),
        given=table[:, 2],
    )


def taken(found: Scored, **config: object) -> dict[int, str]:
    """Row to evidence of what is taken."""
    result = find_low_reward(found, RewardFilterConfig(model="m", action="drop", **config))
    places = np.flatnonzero(result.is_taken).tolist()
    return {int(result.rows[place]): result.evidence(place) for place in places}


def test_what_lies_below_the_threshold_is_taken_with_its_numbers() -> None:
    rows = scored((-0.4, 1.33, NONE), (1, 1, NONE), (2, 1, NONE))
    assert taken(rows) == {10: "reward margin -1.73 (chosen -0.40, rejected 1.33), below 0.00"}
    assert taken(rows, below=0.5).keys() == {10, 20}
    assert taken(rows, below=-2) == {}


@pytest.mark.parametrize(
    ("line", "below", "evidence"),
    [
        ((0, 0.001, NONE), 0, "reward margin -0.001 (chosen 0, rejected 0.001), below 0.00"),
        ((0.4999, 0, NONE), 0.5, "reward margin 0.4999 (chosen 0.4999, rejected 0), below 0.50"),
        ((0, 1, NONE), 0.125, "reward margin -1.00 (chosen 0.00, rejected 1.00), below 0.125"),
    ],
)
def test_evidence_never_rounds_the_reason_away(
    line: tuple[float, float, float], below: float, evidence: str
) -> None:
    assert taken(scored(line), below=below) == {10: evidence}


AGREE = scored(
    (0, 1, 2), (1, 0, 2), (0, 1, -2), (1, 0, -2), (0, 1, 0), (0, 1, NONE), (1, 1, 2), (1, 1, -2)
)


def test_only_rows_that_state_a_margin_of_another_sign_disagree() -> None:
    assert taken(AGREE, agree=True) == {
        10: "reward margin -1.00 (chosen 0.00, rejected 1.00), its own margin 2, below 0.00",
        40: "reward margin 1.00 (chosen 1.00, rejected 0.00), its own margin -2, above 0.00",
    }
    config = RewardFilterConfig(model="m", action="flag", agree=True)
    found = find_low_reward(AGREE, config)
    assert (found.reason, found.action, found.count) == ("margin-disagrees", "flag", 6)
    assert found.passed_by == {"no margin of its own": 1, "its own margin is 0": 1}


def test_the_threshold_counts_in_the_direction_of_the_rows_own_margin() -> None:
    assert taken(AGREE, agree=True, below=0.5).keys() == {10, 40, 70, 80}
    assert taken(AGREE, agree=True, below=0.5)[80].endswith("its own margin -2, above -0.50")
    assert taken(AGREE, agree=True, below=-1) == {}


def test_agreement_counts_signs_and_ranks() -> None:
    found = agreement_of(AGREE)
    assert (found.rows, found.signed, found.agree_ratio) == (7, 6, 2 / 6)
    assert accuracy_of(AGREE) == 2 / 8
    monotone = agreement_of(scored((1, 0, 0.1), (5, 0, 0.2), (6, 0, 30)))
    assert (monotone.agree_ratio, monotone.spearman) == (1, 1)
    turned = agreement_of(scored((-1, 0, 1), (-5, 0, 2), (-5, 0, 2), (-6, 0, 3)))
    assert turned.spearman == pytest.approx(-1)


@pytest.mark.parametrize("rows", [[], [(1, 0, NONE)], [(1, 0, 2), (3, 0, 2)]])
def test_what_cannot_be_measured_is_none(rows: list[tuple[float, float, float]]) -> None:
    assert agreement_of(scored(*rows)).spearman is None
    assert accuracy_of(scored(*rows)) == (1 if rows else None)
    assert taken(scored(*rows)) == {}


numbers = st.floats(-9, 9, width=32)


@given(
    st.lists(st.tuples(numbers, numbers, numbers | st.just(NONE)), max_size=20),
    numbers,
)
def test_a_row_with_swapped_sides_and_labels_meets_the_same_fate(
    lines: list[tuple[float, float, float]], below: float
) -> None:
    swapped = [(rejected, chosen, -own) for chosen, rejected, own in lines]
    one, other = (taken(scored(*rows), below=below, agree=True) for rows in (lines, swapped))
    assert one.keys() == other.keys()
    by_hand = {
        10 * number
        for number, (chosen, rejected, _) in enumerate(lines, start=1)
        if np.float32(chosen) - np.float32(rejected) < below
    }
    assert taken(scored(*lines), below=below).keys() == by_hand
