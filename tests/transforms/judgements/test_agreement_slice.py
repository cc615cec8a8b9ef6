from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from prefdata.results.agreement import AgreementReport, AgreementSlice
from prefdata.results.sentences import chinese
from prefdata.transforms.judgements.agreement import (
    AgreementDraw,
    CriterionVotes,
    measure_agreement,
)
from prefdata.transforms.judgements.alpha import krippendorff_alpha
from prefdata.transforms.judgements.bradley_terry import bradley_terry
from prefdata.transforms.judgements.dawid_skene import dawid_skene
from prefdata.transforms.judgements.votes import (
    Items,
    answers_of,
    mirrored,
    swapped,
    votes_of,
    votes_of_scores,
)
from prefdata.transforms.metrics.bootstrap import Bootstrap

NAMES = ("careful", "usual", "usual too", "turned", "left", "quick")
DRAW = AgreementDraw(Bootstrap(50))


def judged(count: int = 120, **given: Any) -> CriterionVotes:
    """Every judge on every item: one turns all labels, one votes for the left, one is quick."""
    rng = np.random.default_rng(3)
    truth = rng.choice([-1, 1], count)
    right = np.array([1.0, 0.85, 0.85, 0.05, 0.5, 0.8])
    told = np.where(rng.random((count, 6)) < right, truth[:, None], -truth[:, None])
    shown = rng.choice([-1, 1], (count, 6))
    told[:, 4] = shown[:, 4]
    judge = np.tile(np.arange(6), count)
    votes = votes_of(np.repeat(np.arange(count), 6), judge, told.ravel(), shown=shown.ravel())
    pace = np.array([60.0, 50, 40, 55, 45, 3])
    fields: dict[str, Any] = {
        "criterion": "helpfulness",
        "votes": votes,
        "items": Items(2 * np.arange(count), 2 * np.arange(count) + 1, 2 * count),
        "prompt": np.arange(count) // 2,
        "names": NAMES,
        "at_judge": judge,
        "at": (np.arange(count)[:, None] * pace).ravel(),
    }
    return CriterionVotes(**(fields | given))


@pytest.fixture(scope="module")
def measured() -> AgreementSlice:
    return measure_agreement(judged(), DRAW)


def test_counts_are_those_of_the_votes(measured: AgreementSlice) -> None:
    assert (measured.votes, measured.items, measured.prompts) == (720, 120, 60)
    assert measured.shared_items == 120
    assert (measured.criterion, measured.source) == ("helpfulness", None)
    assert [judge.votes for judge in measured.judges] == [120] * 6
    assert len(measured.pairs) == measured.pairs_of_judges * 5 // 2 == 15
    assert {pair.units for pair in measured.pairs} == {120}


def test_what_is_odd_is_said_of_the_right_judge_in_both_languages(
    measured: AgreementSlice,
) -> None:
    says = {judge.judge: judge.says for judge in measured.judges}
    assert not says["careful"] and not says["usual"] and not says["usual too"]
    assert "labels may be reversed" in says["turned"][0]
    assert "prefers what was shown first in 100% of 120" in says["left"][0]
    assert "gives one answer, the one shown first is better" in says["left"][1]
    assert says["quick"] == ("takes 3.0 seconds for a judgement; 47.5 are usual",)
    told = [chinese(sentence) for each in says.values() for sentence in each]
    assert not re.search("[a-z]{2,}", "".join(told))
    assert "先出现的更好" in told[2]


def test_reliabilities_are_near_the_truth(measured: AgreementSlice) -> None:
    best = max(measured.judges, key=lambda judge: judge.dawid_skene or 0)
    assert best.judge == "careful"
    for judge, right in zip(measured.judges, (1.0, 0.85, 0.85, 0.05, 0.5, 0.8), strict=True):
        assert judge.dawid_skene == pytest.approx(right, abs=0.1)
        assert judge.bradley_terry == pytest.approx(right, abs=0.1)


def test_alpha_is_that_of_mirrored_votes(measured: AgreementSlice) -> None:
    known = judged()
    expected = krippendorff_alpha(mirrored(known.votes), np.tile(known.prompt, 2), "ordinal")
    assert measured.alpha.value == pytest.approx(expected.value, abs=1e-6)
    assert measured.alpha.units == 120
    assert "judges agree little" in measured.says[0]


def test_which_completion_is_called_first_changes_nothing(measured: AgreementSlice) -> None:
    known = judged()
    turned = replace(
        known,
        votes=swapped(known.votes),
        items=Items(known.items.second, known.items.first, known.items.completions),
    )
    assert measure_agreement(turned, DRAW) == measured


def test_ratings_are_compared_as_they_are() -> None:
    ballot, completion = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
    score = np.array([1.0, 2, 5, 1, 3, 5, 2, 2, 4, 5, 1, 1])
    items, votes = votes_of_scores(ballot, completion, score, np.arange(4))
    ratings = answers_of(completion, ballot, score)
    found = measure_agreement(
        CriterionVotes(
            criterion="accuracy",
            votes=votes,
            items=items,
            prompt=np.zeros(3, int),
            names=("a", "b", "c", "d"),
            scale="interval",
            ratings=ratings,
            rated_prompt=np.zeros(3, int),
            source="a.jsonl",
        )
    )
    assert found.alpha.units == 3
    assert found.alpha.value == pytest.approx(
        krippendorff_alpha(ratings, np.zeros(3), "interval").value, abs=1e-6
    )
    assert found.alpha.absent == "no interval: everything is of one prompt"
    assert {pair.units for pair in found.pairs} == {3}


def test_judges_who_share_nothing_cannot_agree() -> None:
    alone = votes_of(np.arange(3), np.arange(3), np.ones(3))
    items = Items(np.arange(3), np.arange(3, 6), 6)
    found = measure_agreement(
        CriterionVotes("safety", alone, items, np.arange(3), ("a", "b", "c")), DRAW
    )
    assert (found.alpha.value, found.unanimous_ratio, found.pairs) == (None, None, ())
    assert found.says == ("Agreement cannot be measured: nothing was judged by two judges.",)
    assert chinese(found.says[0]) == "无法测量一致性：没有两人评过的内容。"
    assert {judge.with_rest.absent for judge in found.judges} == {
        "nobody else judged the same items"
    }
    assert {(judge.dawid_skene, judge.bradley_terry) for judge in found.judges} == {(None, None)}


def test_it_is_said_that_an_estimate_has_not_come_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "prefdata.transforms.judgements.agreement"
    monkeypatch.setattr(f"{place}.dawid_skene", partial(dawid_skene, most_iterations=1))
    monkeypatch.setattr(f"{place}.bradley_terry", partial(bradley_terry, most_rounds=1))
    says = measure_agreement(judged(), DRAW).says
    assert says[1].startswith("Dawid-Skene had not converged after 1 iterations")
    assert says[2].startswith("Bradley-Terry had not converged after 1 rounds")


def test_nothing_was_judged() -> None:
    none = np.zeros(0, int)
    empty = CriterionVotes("safety", votes_of(none, none, none), Items(none, none, 0), none, ())
    found = measure_agreement(empty, DRAW)
    assert (found.votes, found.judges, found.tie_ratio) == (0, (), None)


def test_only_so_many_judges_are_compared_two_by_two() -> None:
    found = measure_agreement(judged(), AgreementDraw(Bootstrap(10), most_judges=3))
    assert found.pairs_of_judges == 3
    assert len(found.pairs) == 3


def test_a_report_is_read_back(measured: AgreementSlice) -> None:
    report = AgreementReport(slices=(measured,))
    assert AgreementReport.model_validate_json(report.model_dump_json()) == report
