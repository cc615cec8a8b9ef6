"""Figures of a campaign, beside the report on agreement, which is made from what comes out."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from prefdata.dialects.judgements.written import convert
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.pipeline.annotation.measured import measured
from prefdata.records.judgement import Judgement
from prefdata.results.annotation import NewItem, ShownItem, VoteAnswer
from prefdata.transforms.judgements.agreement import measure_agreement
from prefdata.transforms.judgements.by_criterion import judged_by_criterion
from tests.annotation.campaigns import Clock, completion, config_of, joined, made, voted

RATED = [{"name": "help"}, {"name": "harm", "safety": True}]


def given(count: int, completions: int) -> list[NewItem]:
    """Two items share each prompt, and items come from two sources."""
    return [
        NewItem(
            prompt=[{"role": "user", "content": f"Question {n // 2}"}],
            completions=[completion(f"{n} {c}") for c in range(completions)],
            source="ab"[n % 2],
        )
        for n in range(count)
    ]


def answer(shown: ShownItem, kind: str, chance: random.Random) -> VoteAnswer:
    """Something near to what all others say of the item."""
    texts = [each.messages[0].text for each in shown.completions]
    worth = [random.Random(text).random() + chance.gauss(0, 0.3) for text in texts]
    ratings = {"harm": tuple(max(1, min(5, round(5 * w))) for w in worth)}
    if kind == "pairwise":
        gap = max(-3, min(3, round(4 * (worth[0] - worth[1]))))
        return VoteAnswer(choice=4 - gap, ratings=ratings)
    if kind == "ranking":
        order = sorted(worth, reverse=True)
        return VoteAnswer(places=tuple(order.index(w) + 1 for w in worth), ratings=ratings)
    return VoteAnswer(ratings={**ratings, "help": ratings["harm"][::-1]})


def campaign_of(folder: Path, kind: str, completions: int) -> Campaign:
    config = config_of(
        kind=kind, criteria=RATED, beside=["harm"], votes=3, third=False, repeats=0.1
    )
    campaign = made(folder, config, given(24, completions), Clock())
    for name in ("Ann", "Bob", "Cid"):
        person, chance = joined(campaign, name), random.Random(name)
        while shown := campaign.next(person, 1).items:
            if chance.random() < 0.05:
                voted(campaign, person, shown[0], VoteAnswer(unsure=True))
            voted(campaign, person, shown[0], answer(shown[0], kind, chance))
    return campaign


def opinions(campaign: Campaign, source: str | None) -> list[Judgement]:
    rows = [msgspec.json.decode(line) for line in campaign.export()]
    return [convert(row) for row in rows if source in (None, row["from"])]


@pytest.mark.parametrize(
    ("kind", "completions", "criteria"),
    [
        ("pairwise", 2, ["overall", "harm"]),
        ("ranking", 3, ["overall", "harm"]),
        ("rating", 2, ["help", "harm"]),
    ],
)
def test_agreement_is_that_of_the_report(
    tmp_path: Path, kind: str, completions: int, criteria: list[str]
) -> None:
    campaign = campaign_of(tmp_path, kind, completions)
    found = measured(campaign.path)
    assert {(f.criterion, f.source) for f in found.agreement} == {
        (criterion, source) for criterion in criteria for source in (None, "a", "b")
    }
    for figure in found.agreement:
        judged = {
            each.criterion: each
            for each in judged_by_criterion(opinions(campaign, figure.source), figure.source)
        }
        expected = measure_agreement(judged[figure.criterion])
        assert figure.alpha == pytest.approx(expected.alpha.value, abs=1e-6)
        assert figure.low == pytest.approx(expected.alpha.low, abs=0.05)
        assert figure.high == pytest.approx(expected.alpha.high, abs=0.05)
        assert figure.items == expected.alpha.units
        if (figure.criterion, figure.source) == ("overall", None):
            people = {f"p{each.id}": each for each in found.people}
            for judge in expected.judges:
                mine = people[judge.judge]
                assert mine.agreement.value == pytest.approx(judge.with_rest.value, abs=1e-6)
                assert mine.agreement.cases == judge.with_rest.pairs
                assert mine.position.value == pytest.approx(judge.position.first, abs=1e-6)


def test_ratings_of_single_completions_have_figures_of_people_too(tmp_path: Path) -> None:
    campaign = campaign_of(tmp_path, "rating", 1)
    for person in measured(campaign.path).people:
        assert person.agreement.cases == 24
        assert person.agreement.value is not None and 0.3 < person.agreement.value <= 1
        assert person.position.cases == 0
        assert person.consistency.cases > 0


def test_a_campaign_without_votes_has_no_figures(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), given(2, 2), Clock())
    found = measured(campaign.path)
    assert (found.upto, found.agreement, found.people) == (0, (), ())
    assert campaign.overview().pace.seconds is None
    assert campaign.overview().state == "running"
