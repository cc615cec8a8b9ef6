"""A campaign of people whose skill and bias are known: figures and aggregation recover them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import msgspec
import pytest

from prefdata.config.pairs import PairsConfig
from prefdata.dialects.judgements.written import convert
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import PersonFigures, VoteAnswer
from prefdata.transforms.judgements.meet import meet
from tests.annotation.campaigns import (
    Clock,
    config_of,
    is_as_written,
    item,
    items,
    joined,
    made,
    name_of,
    voted,
)

ITEMS, GOLD = 200, 40


@dataclass(frozen=True)
class Judge:
    """`skill`: probability of the right side where nothing is biased. `first`: probability that the
    answer is what was shown first, whatever it says. `seconds`: median time of an answer."""

    name: str
    skill: float
    first: float
    seconds: float

    def right(self) -> float:
        """Probability of a right answer: half of what is said without a look is right."""
        return (1 - self.first) * self.skill + self.first / 2

    def for_first(self) -> float:
        """Probability of an answer for what was shown first."""
        return (1 - self.first) / 2 + self.first

    def again(self) -> float:
        """Probability that a repeat in the other order gets the same answer."""
        looks = 1 - self.first
        same = self.skill**2 + (1 - self.skill) ** 2
        return looks**2 * same + looks * self.first


JUDGES = (
    Judge("Ann", 0.95, 0.0, 12.0),
    Judge("Bob", 0.9, 0.0, 20.0),
    Judge("Cid", 0.8, 0.0, 8.0),
    Judge("Dan", 0.9, 0.4, 6.0),
    Judge("Eve", 0.6, 0.0, 2.0),
)


def is_first_better(key: str) -> bool:
    return random.Random(key).random() < 0.5


def judged(campaign: Campaign, clock: Clock, judge: Judge, person: int) -> None:
    """One person judges all that is given."""
    chance = random.Random(judge.name)
    while shown := campaign.next(person, 1).items:
        as_written = is_as_written(shown[0])
        says_first = chance.random() < 0.5
        if chance.random() < judge.first:
            says_first = True
        else:
            is_right = chance.random() < judge.skill
            says_first = (is_first_better(name_of(shown[0])) == as_written) == is_right
        strength = chance.choice([1, 2, 3])
        took = int(1000 * judge.seconds * math.exp(chance.gauss(0, 0.3)))
        clock.now += took / 1000
        answer = VoteAnswer(choice=strength if says_first else 8 - strength)
        voted(campaign, person, shown[0], answer, active_ms=took, total_ms=3 * took)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    gold = [
        item(1000 + n, gold=VoteAnswer(choice=2 if is_first_better(f"i{1000 + n}") else 6))
        for n in range(GOLD)
    ]
    config = config_of(
        overlap={"share": 1.0, "people": 5}, third=False, repeats=0.15, gold_share=0.15, seed=1
    )
    clock = Clock()
    given = [*items(ITEMS, source="a.jsonl"), *gold]
    campaign = made(tmp_path_factory.mktemp("simulated"), config, given, clock)
    for judge in JUDGES:
        judged(campaign, clock, judge, joined(campaign, judge.name))
    campaign.measure()
    return campaign


def figures(campaign: Campaign) -> dict[str, PersonFigures]:
    return {each.label: each for each in campaign.people(names=True)}


def test_the_intervals_of_the_page_hold_what_is_true(simulated: Campaign) -> None:
    found = figures(simulated)
    missed = []
    for judge in JUDGES:
        seen = found[judge.name]
        for name, share, truth in (
            ("gold", seen.gold, judge.right()),
            ("position", seen.position, judge.for_first()),
            ("consistency", seen.consistency, judge.again()),
        ):
            assert share.cases >= 20
            assert share.low is not None and share.high is not None
            if not share.low <= truth <= share.high:
                missed.append((judge.name, name))
            assert share.value == pytest.approx(truth, abs=3 * (share.high - share.low) / 4)
    assert len(missed) <= 1, "95% intervals: of 15, more than one would be odd"


def test_the_page_tells_who_is_good_and_who_is_biased(simulated: Campaign) -> None:
    found = figures(simulated)
    value = {name: each.agreement.value for name, each in found.items()}
    assert value["Ann"] > value["Cid"] > value["Eve"]
    lows = {name: each.position.low for name, each in found.items()}
    assert [name for name, low in lows.items() if low > 0.5] == ["Dan"]


def test_the_page_counts_active_time_only(simulated: Campaign) -> None:
    found = figures(simulated)
    for judge in JUDGES:
        seen = found[judge.name]
        assert seen.seconds == pytest.approx(judge.seconds, rel=0.15)
        assert seen.hours == pytest.approx(seen.seconds * seen.votes / 3600, rel=0.4)
    pace = simulated.overview().pace
    assert (pace.left, simulated.overview().state) == (0, "done")


def test_the_page_says_how_far_people_agree(simulated: Campaign) -> None:
    found = simulated.overview()
    assert found.measured == simulated.last_vote()
    alpha = found.agreement[0]
    assert (alpha.criterion, alpha.items) == ("overall", ITEMS)
    assert alpha.low is not None and alpha.high is not None and alpha.alpha is not None
    assert 0.2 < alpha.low < alpha.alpha < alpha.high < 0.8


@pytest.mark.parametrize(
    ("way", "least"), [("majority", 0.9), ("dawid-skene", 0.93), ("bradley-terry", 0.93)]
)
def test_aggregation_recovers_what_is_true(simulated: Campaign, way: str, least: float) -> None:
    rows = [msgspec.json.decode(line) for line in simulated.export()]
    opinions = [convert(row) for row in rows if row["purpose"] == "vote"]
    assert len(opinions) == ITEMS * len(JUDGES)
    config = PairsConfig.model_validate({"votes": way, "min_agreement": 0.0})
    right = 0
    for met in meet(opinions, config):
        key = met.judgement.prompt[0].content.replace("Question ", "i")
        best = met.pairs[0].pair.better
        text = met.judgement.completions[best].messages[0].content
        right += text.endswith(".0") == is_first_better(key)
    assert right / ITEMS >= least
