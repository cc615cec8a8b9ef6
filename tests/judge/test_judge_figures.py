"""The figures of a judge whose position bias and skill are known."""

from __future__ import annotations

import numpy as np
import pytest

from prefdata.results.judging import KappaEstimate
from prefdata.results.sentences import chinese
from prefdata.results.training import Estimate
from prefdata.transforms.judging.figures import measure
from prefdata.transforms.judging.in_words import in_words
from prefdata.transforms.judging.kappa_interval import kappa_interval
from prefdata.transforms.metrics.bootstrap import Bootstrap
from tests.judge.simulated import Skill, judged_pairs

SKILLS = [Skill(0.0, 0.9), Skill(0.3, 0.8), Skill(0.7, 0.9), Skill(0.5, 0.6)]
DRAW = Bootstrap(resamples=500)


def holds(figure: Estimate | KappaEstimate, truth: float) -> bool:
    assert figure.low is not None
    assert figure.high is not None
    return figure.low <= truth <= figure.high


@pytest.mark.parametrize("skill", SKILLS)
def test_intervals_hold_the_known_bias_and_skill(skill: Skill) -> None:
    held = {"first": 0, "single": 0, "consistency": 0, "decided": 0}
    for seed in range(20):
        (part,) = measure(judged_pairs(skill, prompts=150, each=3, seed=100 * seed), DRAW)
        assert part.orders is not None
        assert part.labels is not None
        assert part.labels.single is not None
        held["first"] += holds(part.orders.first, skill.first)
        held["single"] += holds(part.labels.single, skill.single)
        held["consistency"] += holds(part.orders.consistency, skill.consistency)
        held["decided"] += holds(part.labels.decided, skill.decided)
    assert all(times >= 16 for times in held.values()), held  # 19 of 20 are expected


@pytest.mark.parametrize(
    ("skill", "faults"),
    [
        (Skill(0.0, 0.9), set()),
        (Skill(0.0, 0.5), {"chance"}),
        (Skill(0.95, 0.9), {"position"}),
        (Skill(0.35, 0.95), {"leans"}),
        (Skill(0.0, 0.1), {"against"}),
    ],
)
def test_what_a_judge_does_is_called_by_its_name(skill: Skill, faults: set[str]) -> None:
    (part,) = measure(judged_pairs(skill, prompts=200, each=2, seed=7), DRAW)
    told = in_words(part)
    assert set(told.faults) == faults
    assert all(chinese(each) != each for each in told.says)


def test_few_pairs_say_nothing() -> None:
    (part,) = measure(judged_pairs(Skill(1.0, 0.5), prompts=3, each=2, seed=1), DRAW)
    told = in_words(part)
    assert not told.faults
    assert "Too few" in told.says[0]


def test_a_preference_for_length_is_seen_beside_that_of_the_labels() -> None:
    pairs = judged_pairs(Skill(0.0, 1.0), prompts=300, each=1, seed=3)
    longer = np.where(np.arange(300) % 5 < 4, pairs.side, -pairs.side)
    by_length = measure(
        type(pairs)(**{**vars(pairs), "longer": longer, "label": np.full(300, 9)}), DRAW
    )
    assert "length" in in_words(next(by_length)).faults
    as_labels = measure(type(pairs)(**{**vars(pairs), "longer": longer}), DRAW)
    assert "length" not in in_words(next(as_labels)).faults


def test_kappa_is_that_of_the_textbook() -> None:
    one = np.array([1] * 20 + [1] * 8 + [-1] * 7 + [-1] * 15)
    other = np.array([1] * 20 + [-1] * 8 + [1] * 7 + [-1] * 15)
    found = kappa_interval(one, other, np.arange(50), DRAW, orders=False)
    assert found.value == pytest.approx(0.4)  # 35 of 50 agree, 25 by chance
    assert holds(found, 0.4)


def test_kappa_of_the_orders_does_not_depend_on_which_completion_is_called_first() -> None:
    pairs = judged_pairs(Skill(0.2, 0.9), prompts=400, each=1, seed=11)
    turned = np.arange(400) % 3 > 0
    one = np.where(turned, -pairs.other, pairs.one)
    other = np.where(turned, -pairs.one, pairs.other)
    same = pairs.label == np.where(turned, -1, 1)  # what is better often comes first
    for these, those in ((pairs.one, pairs.other), (one, other), (one[same], other[same])):
        found = kappa_interval(these, those, np.arange(len(these)), DRAW, orders=True)
        assert found.low is not None
        assert found.low > 0.2


def test_a_judge_that_only_looks_at_the_place_agrees_as_by_chance() -> None:
    random = np.random.default_rng(5)
    one, other = (np.where(random.random(2000) < share, 1, -1) for share in (0.8, 0.2))
    found = kappa_interval(one, other, np.arange(2000), DRAW, orders=True)
    assert holds(found, 0.0)


def test_a_judge_with_one_answer_has_no_kappa() -> None:
    same = np.zeros(30, np.int64)  # a tie, whatever is shown
    found = kappa_interval(same, same, np.arange(30), DRAW, orders=False)
    assert found.value is None
    assert found.absent is not None
