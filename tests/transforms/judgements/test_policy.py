from __future__ import annotations

from random import Random

import pytest

from prefdata.config.pairs import PairsConfig
from prefdata.records.judgement import Judgement, Opinion
from prefdata.transforms.judgements.policy import NoPair, pairs_of, scores_of
from tests.transforms.judgements.made_judgements import judged, random_judgement

TAKES = ("best-worst", "all", "adjacent", "best-random", "above-mean")


def made(judgement: Judgement, **config: object) -> set[tuple[str, str]]:
    found = pairs_of(judgement, PairsConfig.model_validate(config))
    assert not isinstance(found, NoPair), found
    texts = [completion.messages[0].content or "" for completion in judgement.completions]
    return {(texts[pair.better], texts[pair.worse]) for pair in found}


def why(judgement: Judgement, **config: object) -> str:
    found = pairs_of(judgement, PairsConfig.model_validate(config))
    assert isinstance(found, NoPair), found
    return found.reason


FOUR = judged("abcd", "rating", [5, 3, 3, 1])


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        ("best-worst", {"ad"}),
        ("all", {"ab", "ac", "ad", "bd", "cd"}),
        ("adjacent", {"ab", "ac", "bd", "cd"}),
        ("above-mean", {"ad"}),
    ],
)
def test_which_completions_are_paired(take: str, expected: set[str]) -> None:
    assert made(FOUR, take=take) == {(pair[0], pair[1]) for pair in expected}


def test_best_random_pairs_the_best_with_one_that_is_worse_by_the_seed() -> None:
    drawn = {tuple(sorted(made(FOUR, take="best-random", seed=seed))) for seed in range(20)}
    assert drawn == {(("a", "b"),), (("a", "c"),), (("a", "d"),)}


def test_a_lower_rank_is_better_and_rank_zero_is_a_rank() -> None:
    assert made(judged("ab", "rank", [1, 0])) == {("b", "a")}


def test_reasons_for_no_pair() -> None:
    assert why(judged("a", "rating", [5])) == "one-completion"
    assert why(judged("ab", "rating", [5, None])) == "not-judged"
    assert why(judged("ab", "rating", [5, 5])) == "tie"
    assert why(judged("ab", "rating", [5, 4.5]), min_gap=1) == "no-gap"
    assert why(judged("ab", "rating", [3, 1]), floors={"overall": 4}) == "below-floor"
    helpful = judged("ab", "rating", [3, 1], criterion="help")
    assert why(helpful, criterion="safety") == "not-judged"


def test_ties_are_kept_as_pairs_with_margin_0_if_asked() -> None:
    (pair,) = pairs_of(judged("ab", "rating", [5, 5]), PairsConfig(ties="keep"))  # type: ignore[misc]
    assert (pair.gap, pair.margin) == (0, 0)
    assert len(made(FOUR, take="all", ties="keep")) == 6


def test_at_most_so_many_pairs_the_widest_first_and_weights_that_sum_to_one() -> None:
    found = pairs_of(FOUR, PairsConfig(take="all", most=2))
    assert not isinstance(found, NoPair)
    assert [pair.gap for pair in found] == [4, 2]
    assert sum(pair.weight for pair in found) == 1


def test_criteria_are_weighed_and_a_completion_without_one_of_them_is_not_compared() -> None:
    judgement = Judgement(
        FOUR.prompt,
        FOUR.completions,
        (
            Opinion("rating", (5, 1, 4, None), "help"),
            Opinion("rating", (1, 5, 4, 5), "safety"),
        ),
        ("help", "safety"),
    )
    assert scores_of(judgement, PairsConfig()).values == (3, 3, 4, None)
    assert made(judgement) == {("c", "a"), ("c", "b")}
    assert made(judgement, criterion="help") == {("a", "b")}
    assert made(judgement, weights={"help": 3, "safety": 1}) == {("a", "b"), ("c", "b")}
    assert made(judgement, criterion="help", floors={"safety": 4}, take="all") == {("c", "b")}


@pytest.mark.parametrize("take", TAKES)
def test_pairs_never_contradict_the_judgement_and_no_order_matters(take: str) -> None:
    random = Random(take)
    for number in range(400):
        judgement = random_judgement(random)
        config = PairsConfig(
            take=take,  # type: ignore[arg-type]
            min_gap=random.choice([0, 0, 1]),
            ties=random.choice(["drop", "keep"]),
            most=random.choice([None, 1, 3]),
        )
        found = pairs_of(judgement, config)
        scores = judgement.opinions[0].scores
        order = random.sample(range(len(scores)), len(scores))
        turned = Judgement(
            judgement.prompt,
            tuple(judgement.completions[place] for place in order),
            (
                Opinion(
                    judgement.opinions[0].kind,
                    tuple(judgement.opinions[0].values[place] for place in order),
                ),
            ),
        )
        again = pairs_of(turned, config)
        if isinstance(found, NoPair):
            assert isinstance(again, NoPair) and again.reason == found.reason
            continue
        assert not isinstance(again, NoPair)
        assert [(p.better, p.worse, p.gap, p.weight) for p in found] == [
            (order[p.better], order[p.worse], p.gap, p.weight) for p in again
        ], number
        for pair in found:
            better, worse = scores[pair.better], scores[pair.worse]
            assert better is not None and worse is not None
            assert better - worse == pair.gap >= config.min_gap
            assert pair.gap > 0 or config.ties == "keep"
