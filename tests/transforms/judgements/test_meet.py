from __future__ import annotations

from random import Random

import msgspec
import pytest

from prefdata.config.pairs import PairsConfig
from prefdata.records.judgement import Judgement
from prefdata.transforms.judgements.meet import Met, meet
from tests.transforms.judgements.made_judgements import judged, random_judgement


def texts(met: Met) -> list[str]:
    return [completion.messages[0].content or "" for completion in met.judgement.completions]


def pairs(*judgements: Judgement, **config: object) -> list[tuple[str, str, float | None]]:
    return [
        (texts(met)[each.pair.better], texts(met)[each.pair.worse], each.agreement)
        for met in meet(judgements, PairsConfig.model_validate(config))
        for each in met.pairs
    ]


def test_votes_on_the_same_completions_meet_whatever_the_order_shown() -> None:
    votes = (
        judged("ab", "verdict", [1, 0], judge="x"),
        judged("ba", "verdict", [0, 1], judge="y"),
        judged("ab", "verdict", [0, 1], judge="z"),
    )
    assert pairs(*votes) == [("a", "b", pytest.approx(2 / 3))]
    (met,) = meet(votes, PairsConfig())
    assert met.pairs[0].speaking == (0, 1, 2)
    assert met.pairs[0].pair.margin == pytest.approx(1 / 3)


def test_votes_that_outweigh_each_other_are_a_tie_and_nobody_speaks() -> None:
    (met,) = meet([judged("ab", "verdict", [1, 0]), judged("ab", "verdict", [0, 1])], PairsConfig())
    assert {why.reason for why in met.silent.values()} == {"tie"}
    assert (met.pairs, set(met.silent)) == ((), {0, 1})


def test_other_completions_and_other_prompts_do_not_meet() -> None:
    found = pairs(
        judged("ab", "verdict", [1, 0]),
        judged("ac", "verdict", [0, 1]),
        judged("ab", "verdict", [0, 1], prompt="p"),
    )
    assert found == [("a", "b", None), ("c", "a", None), ("b", "a", None)]


def test_other_tools_are_another_prompt() -> None:
    first, second = judged("ab", "verdict", [1, 0]), judged("ab", "verdict", [0, 1])
    second = msgspec.structs.replace(second, metadata='{"tools":[{"name":"search"}]}')
    assert len(pairs(first, second)) == 2


def test_completions_of_one_prompt_that_were_rated_one_by_one_meet() -> None:
    rows = [judged(text, "rating", [points]) for text, points in (("a", 4), ("b", 1), ("c", 2))]
    assert pairs(*rows) == [("a", "b", None)]
    (met,) = meet(rows, PairsConfig())
    assert {index: why.reason for index, why in met.silent.items()} == {2: "not-picked"}
    assert len(pairs(*rows, take="all")) == 3


def test_accepted_ones_are_paired_with_those_that_are_not() -> None:
    rows = [judged(text, "accepted", [value]) for text, value in (("a", 1), ("b", 0), ("c", 1))]
    assert sorted(pairs(*rows)) == [("a", "b", None), ("c", "b", None)]


def test_rankings_of_several_judges_are_averaged() -> None:
    assert pairs(
        judged("abc", "rank", [1, 2, 3], judge="x"),
        judged("cba", "rank", [3, 1, 2], judge="y"),
        judged("abc", "rank", [1, 2, 3], judge="z"),
    ) == [("a", "c", 1.0)]


def test_order_of_rows_and_of_completions_changes_nothing() -> None:
    random = Random(4)
    for _ in range(150):
        rows = [
            msgspec.structs.replace(
                random_judgement(random, prompt=random.choice("pq")), judge=random.choice("xyz")
            )
            for _ in range(random.randrange(1, 9))
        ]
        config = {"take": random.choice(["all", "best-worst", "adjacent"])}
        turned = random.sample([_turned(random, row) for row in rows], len(rows))
        assert sorted(map(str, pairs(*rows, **config))) == sorted(
            map(str, pairs(*turned, **config))
        )


def _turned(random: Random, judgement: Judgement) -> Judgement:
    order = random.sample(range(len(judgement.completions)), len(judgement.completions))
    return msgspec.structs.replace(
        judgement,
        completions=tuple(judgement.completions[place] for place in order),
        opinions=tuple(
            msgspec.structs.replace(o, values=tuple(o.values[place] for place in order))
            for o in judgement.opinions
        ),
    )


def test_every_judgement_speaks_in_a_pair_or_has_a_reason() -> None:
    random = Random(5)
    for _ in range(100):
        rows = [random_judgement(random, prompt=random.choice("pq")) for _ in range(8)]
        found = meet(rows, PairsConfig())
        speaking = {i for met in found for each in met.pairs for i in each.speaking}
        silent = {index for met in found for index in met.silent}
        assert speaking | silent == set(range(8))
        assert not speaking & silent


def test_ratings_of_several_judges_tell_how_far_they_agree() -> None:
    """The label follows the mean, which the one who is very sure decides; most are against it."""
    votes = (
        judged("ab", "rating", [9, 1], judge="x"),
        judged("ba", "rating", [3, 2], judge="y"),
        judged("ab", "rating", [2, 3], judge="z"),
    )
    assert pairs(*votes) == [("a", "b", pytest.approx(1 / 3))]
    (met,) = meet(votes, PairsConfig())
    assert met.pairs[0].judges == 3
    assert met.pairs[0].dispute is not None
    assert "1 of 3 judges for this label, 2 against it" in met.pairs[0].dispute


def test_ratings_of_one_completion_a_row_are_compared_by_judge() -> None:
    rows = [
        judged(text, "rating", [points], judge=judge)
        for judge, said in (("x", {"a": 4, "b": 1}), ("y", {"a": 5, "b": 2}), ("z", {"a": 5}))
        for text, points in said.items()
    ]
    assert pairs(*rows) == [("a", "b", 1.0)]
    (met,) = meet(rows, PairsConfig())
    assert (met.pairs[0].judges, met.pairs[0].dispute) == (2, None)


def test_ratings_without_names_are_of_nobody_who_could_disagree() -> None:
    rows = [judged(text, "rating", [points]) for text, points in (("a", 4), ("b", 1), ("a", 1))]
    assert pairs(*rows) == [("a", "b", None)]


def final(judgement: Judgement) -> Judgement:
    return msgspec.structs.replace(judgement, final=True)


def test_a_final_judgement_settles_what_judges_disagree_on() -> None:
    votes = (
        judged("ab", "verdict", [1, 0], judge="x"),
        judged("ab", "verdict", [1, 0], judge="y"),
        judged("ba", "verdict", [1, 0], judge="z"),
        final(judged("ba", "verdict", [2, 0], judge="lead")),
    )
    assert pairs(*votes[:3]) == [("a", "b", pytest.approx(2 / 3))]
    assert pairs(*votes, min_agreement=0.9) == [("b", "a", pytest.approx(1 / 3))]
    (met,) = meet(votes, PairsConfig(min_agreement=0.9))
    assert met.pairs[0].speaking == (0, 1, 2, 3)
    assert (met.pairs[0].judges, met.pairs[0].dispute, met.pairs[0].pair.margin) == (3, None, 2.0)


def test_final_ratings_count_alone() -> None:
    rows = (
        judged("ab", "rating", [5, 1], judge="x"),
        judged("ab", "rating", [4, 1], judge="y"),
        final(judged("ab", "rating", [1, 2], judge="lead")),
    )
    assert pairs(*rows) == [("b", "a", 0.0)]


@pytest.mark.parametrize("way", ["majority", "dawid-skene", "bradley-terry"])
def test_a_final_judgement_alone_is_one_judgement(way: str) -> None:
    assert pairs(final(judged("ab", "verdict", [3, 0], judge="lead")), votes=way) == [
        ("a", "b", None)
    ]


@pytest.mark.parametrize("way", ["majority", "dawid-skene", "bradley-terry"])
def test_margins_of_one_judge_and_of_several_are_in_the_same_points(way: str) -> None:
    votes = [
        judged("ab", "verdict", [3, 0], judge=judge, prompt=f"q{n}")
        for n in range(30)
        for judge in ("x", "y", "z")
    ]
    alone = judged("ab", "verdict", [3, 0], judge="x", prompt="alone")
    margins = [
        each.pair.margin or 0.0
        for met in meet([*votes, alone], PairsConfig.model_validate({"votes": way}))
        for each in met.pairs
    ]
    assert margins[-1] == 3.0
    assert all(2.4 < margin <= 3.0 for margin in margins)
