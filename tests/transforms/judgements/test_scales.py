"""What is strong on one scale of judges says nothing of opinions on another."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec
import pytest

from prefdata.config.pairs import PairsConfig
from prefdata.records.judgement import Judgement
from prefdata.results.agreement import AgreementSlice
from prefdata.transforms.judgements.agreement import AgreementDraw, measure_agreement
from prefdata.transforms.judgements.by_criterion import judged_by_criterion
from prefdata.transforms.judgements.meet import meet
from prefdata.transforms.metrics.bootstrap import Bootstrap
from tests.transforms.judgements.made_judgements import judged

RIGHT = {"ann": 0.95, "bob": 0.85, "cid": 0.8, "dan": 0.5}


def graded(judgement: Judgement, is_graded: bool) -> Judgement:
    opinions = (msgspec.structs.replace(judgement.opinions[0], graded=is_graded),)
    return msgspec.structs.replace(judgement, opinions=opinions)


def votes(count: int = 40, strengths: Sequence[int] = (1,), name: str = "v") -> list[Judgement]:
    """Four judges vote on pairs, of which the first is right as often as they are reliable."""
    random = Random(5)
    made = []
    for number in range(count):
        for judge, right in RIGHT.items():
            strength = random.choice(strengths)
            values = [strength, 0] if random.random() < right else [0, strength]
            vote = judged("ab", "verdict", values, prompt=f"{name}{number}", judge=judge)
            made.append(graded(vote, len(strengths) > 1))
    return made


def ratings(judges: Sequence[str], points: Sequence[int], name: str = "r") -> list[Judgement]:
    return [
        judged(text, "rating", [value], prompt=name, judge=judge)
        for judge in judges
        for text, value in zip("ab", points, strict=False)
    ]


def measured(**of_source: Sequence[Judgement]) -> AgreementSlice:
    everything = [each for members in of_source.values() for each in members]
    sources = [name for name, members in of_source.items() for _ in members]
    (votes_of_all,) = judged_by_criterion(everything, sources=sources)
    return measure_agreement(votes_of_all, AgreementDraw(Bootstrap(20)))


def reliability(part: AgreementSlice) -> list[float]:
    by_name = {judge.judge: judge.bradley_terry or 0.0 for judge in part.judges}
    return [by_name[name] for name in RIGHT]


def test_a_rating_of_another_prompt_does_not_change_how_reliable_voters_are() -> None:
    plain = measured(v=votes())
    both = measured(v=votes(), r=ratings(["ann"], [5, 1]))
    assert reliability(both)[1:] == pytest.approx(reliability(plain)[1:], abs=0.003)
    assert reliability(both)[0] == pytest.approx(reliability(plain)[0], abs=0.03)
    assert both.alpha == plain.alpha
    assert both.pairs == plain.pairs


def test_ratings_of_two_sources_are_on_two_scales() -> None:
    five = [
        each
        for number in range(30)
        for judge in ("ann", "bob", "cid")
        for each in ratings(
            [judge], [5, 1] if judge != "cid" or number % 3 else [1, 5], f"q{number}"
        )
    ]
    by_name = [
        {judge.judge: judge.bradley_terry for judge in part.judges}
        for part in (measured(f=five), measured(f=five, h=ratings(["eve"], [100, 3])))
    ]
    for name in ("ann", "bob", "cid"):
        assert by_name[1][name] == pytest.approx(by_name[0][name], abs=1e-9)


def test_a_vote_without_a_strength_is_a_whole_vote_beside_those_of_three_points() -> None:
    plain, strong = votes(), votes(1, (3, 3), name="s")
    assert reliability(measured(v=[*plain, *strong])) == pytest.approx(
        reliability(measured(v=plain)), abs=0.02
    )


def test_one_vote_does_not_turn_the_alpha_of_ratings_into_that_of_votes() -> None:
    rated = [
        each
        for number in range(12)
        for judge in RIGHT
        for each in ratings([judge], [number % 5, (number + len(judge)) % 4], f"q{number}")
    ]
    alone = judged("ab", "verdict", [1, 0], judge="eve")
    plain, both = measured(v=rated), measured(v=[*rated, alone])
    assert both.alpha == plain.alpha
    assert both.pairs == plain.pairs


def labels(judgements: Sequence[Judgement], sources: Sequence[int]) -> list[tuple[str, float]]:
    config = PairsConfig.model_validate({"votes": "bradley-terry"})
    return [
        (met.judgement.completions[each.pair.better].messages[0].content or "", each.pair.gap)
        for met in meet(judgements, config, sources=sources)
        for each in met.pairs
    ]


def test_strong_votes_of_another_source_change_no_label_and_no_margin_of_bradley_terry() -> None:
    plain, strong = votes(), votes(1, (9, 9), name="s")
    alone = labels(plain, [0] * len(plain))
    both = labels([*plain, *strong], [0] * len(plain) + [1] * len(strong))
    assert [label for label, _ in both[: len(alone)]] == [label for label, _ in alone]
    for (_, gap), (_, before) in zip(both, alone, strict=False):
        assert gap == pytest.approx(before, abs=0.04)
    assert 2 < both[-1][1] <= 9, "margins stay in the points of the judges"


def test_sources_of_one_scale_have_the_margins_that_they_have_as_one() -> None:
    strong = votes(strengths=(1, 2, 3))
    sources = [number % 2 for number in range(len(strong))]
    assert labels(strong, sources) == labels(strong, [0] * len(strong))


def test_a_ranking_of_five_does_not_weaken_one_of_two() -> None:
    two = [
        judged("ab", "rank", values, prompt=f"q{number}", judge=judge)
        for number in range(20)
        for judge, values in (("ann", [1, 2]), ("bob", [1, 2]), ("cid", [2, 1]))
    ]
    five = judged("abcde", "rank", [1, 2, 3, 4, 5], prompt="five", judge="eve")
    plain = labels(two, [0] * len(two))
    beside = labels([*two, five], [0] * (len(two) + 1))[: len(plain)]
    assert [gap for _, gap in beside] == pytest.approx([gap for _, gap in plain], abs=1e-4)


def test_points_of_several_scales_on_one_pair_are_averaged_as_they_are() -> None:
    cast = [
        graded(judged("ab", "verdict", [3, 0], judge="ann"), True),
        graded(judged("ab", "verdict", [1, 0], judge="bob"), False),
    ]
    (met,) = meet(cast, PairsConfig())
    assert met.pairs[0].pair.margin == 2.0
