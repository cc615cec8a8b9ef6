from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.judgements.majority import majority, unanimous
from prefdata.transforms.judgements.votes import Votes, votes_of


def on_one_item(*verdicts: float) -> Votes:
    count = len(verdicts)
    return votes_of(np.zeros(count, int), np.arange(count), np.array(verdicts))


@pytest.mark.parametrize(
    ("verdicts", "side", "agreement", "mean"),
    [
        ((1, 1, -1), 1, 2 / 3, 1 / 3),
        ((-1, -1, 0), -1, 5 / 6, -2 / 3),
        ((1, -1), 0, 1 / 2, 0),
        ((1, 0), 1, 3 / 4, 1 / 2),
        ((1, 0, 0), 0, 5 / 6, 1 / 3),
        ((0, 0), 0, 1, 0),
        ((0.25, 0.25, -1), 1, 2 / 3, -1 / 6),
    ],
)
def test_most_votes_win(
    verdicts: tuple[float, ...], side: int, agreement: float, mean: float
) -> None:
    found = majority(on_one_item(*verdicts))
    assert found.side.tolist() == [side]
    assert found.agreement[0] == pytest.approx(agreement)
    assert found.mean[0] == pytest.approx(mean)
    assert found.first[0] + found.second[0] + found.tie[0] == pytest.approx(1)
    assert found.judges[0] == len(verdicts)


def test_weights_count() -> None:
    votes = votes_of(
        np.zeros(3, int), np.arange(3), np.array([1, -1, -1]), weight=np.array([3.0, 1, 1])
    )
    assert majority(votes).side.tolist() == [1]
    assert majority(votes).first[0] == pytest.approx(0.6)


def test_an_item_without_votes_is_a_tie_of_nobody() -> None:
    found = majority(votes_of(np.array([1]), np.array([0]), np.array([1.0])))
    assert found.side.tolist() == [0, 1]
    assert found.judges.tolist() == [0, 1]
    assert found.agreement.tolist() == [0, 1]
    assert unanimous(votes_of(np.array([1]), np.array([0]), np.array([1.0]))).tolist() == [0, 1]
