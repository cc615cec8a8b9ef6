from __future__ import annotations

import numpy as np
import pytest

from prefdata.results.sentences import chinese
from prefdata.rules.registry import rule_named
from prefdata.transforms.judgements.disagreement import DISAGREEMENT, votes_on_pairs
from prefdata.transforms.judgements.majority import majority
from prefdata.transforms.judgements.votes import Votes, votes_of

LINES = ("111-", "112-2", "1-2-2", "212")
"""The votes on an item by several judges: 1 first, 2 second, - tie."""


def voted(lines: tuple[str, ...] = LINES) -> Votes:
    cells = [
        (item, judge, {"1": 1, "2": -1, "-": 0}[letter])
        for item, line in enumerate(lines)
        for judge, letter in enumerate(line)
    ]
    return votes_of(*np.array(cells).T)


@pytest.mark.parametrize(
    ("least", "items"), [(0.5, []), (0.65, [2]), (0.7, [2, 3]), (1.0, [0, 2, 3])]
)
def test_items_below_the_least_are_disputed(least: float, items: list[int]) -> None:
    """Item 1 is a tie: two for each side."""
    sides = majority(voted()).side.tolist()
    assert sides == [1, 0, -1, -1]
    told = [
        votes if side > 0 else votes.turned
        for votes, side in zip(votes_on_pairs(voted()), sides, strict=True)
    ]
    disputed = [n for n, side in enumerate(sides) if side and told[n].dispute(least)]
    assert disputed == items


def test_the_agreement_is_that_of_the_majority() -> None:
    found = majority(voted())
    for votes, side, agreement in zip(
        votes_on_pairs(voted()), found.side.tolist(), found.agreement.tolist(), strict=True
    ):
        if side:
            assert (votes if side > 0 else votes.turned).agreement == pytest.approx(agreement)


def test_the_evidence_counts_the_judges_in_both_languages() -> None:
    says = votes_on_pairs(voted())[-1].turned.dispute(0.7)
    assert says is not None
    assert (
        says
        == "2 of 3 judges for this label, 1 against it, 0 undecided: agreement 0.67, below 0.70"
    )
    assert (
        chinese(says) == "3 位评判者中 2 位赞同此标签，1 位反对，0 位未定：一致性 0.67，低于 0.70"
    )


def test_a_single_judge_does_not_disagree() -> None:
    assert [votes.dispute(1.0) for votes in votes_on_pairs(voted(("1", "2")))] == [None, None]


def test_it_is_a_rule_that_flags() -> None:
    assert rule_named(DISAGREEMENT).level == "warning"
