from __future__ import annotations

import numpy as np
import pytest

from prefdata.config.semantic import TopicConfig
from prefdata.transforms.semantic import topic as module
from prefdata.transforms.semantic.threshold import decide
from prefdata.transforms.semantic.topic import (
    combine_sides,
    fits_any_prompt,
    off_topic_values,
    topicality,
)

CONFIG = TopicConfig()
NOT_SPARED = "Boil the water with some salt, put the noodles in, stir and wait until they are soft."


@pytest.mark.parametrize(
    ("completion", "fits"),
    [
        ("Yes.", True),
        ("The second option, I would say.", True),
        ("第二个选项。", True),
        ("I’m sorry, I can’t help you with that, but do tell me what else you would like.", True),
        ("I don't quite understand what it is that you are trying to say here, my friend.", True),
        ("抱歉，我不太明白您的意思，能否请您再详细地描述一下这个情况？", True),
        (NOT_SPARED, False),
        ("先把水烧开，放一点盐，再把面条放进去煮，边煮边搅拌，直到面条变软。", False),
        ("Sorry, I forgot the salt. " + NOT_SPARED * 5, False),  # it says much besides
    ],
)
def test_what_fits_any_prompt(completion: str, fits: bool) -> None:
    assert fits_any_prompt(completion, CONFIG) is fits


def test_is_what_a_slow_comparison_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS", 7)
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(40, 8)).astype(np.float16)
    completions, turns = rng.integers(-1, 40, (2, 60))
    prompts = rng.integers(-1, 12, 60)
    found = topicality(vectors, completions, prompts, turns, CONFIG)
    whole = vectors.astype(np.float64)
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    base = np.unique(prompts[prompts >= 0])
    for row, (completion, prompt, turn) in enumerate(zip(completions, prompts, turns, strict=True)):
        if completion < 0 or (prompt < 0 and turn < 0):
            assert np.isnan([found.own[row], found.other[row], found.nearer[row]]).all()
            continue
        own = max(whole[at] @ whole[completion] for at in (prompt, turn) if at >= 0)
        others = [whole[at] @ whole[completion] for at in base if at != prompt]
        assert found.own[row] == pytest.approx(own, abs=1e-3)
        assert found.other[row] == pytest.approx(max(others), abs=1e-3)
        assert found.nearer[row] == pytest.approx(np.mean(np.array(others) > own), abs=0.1)


def test_a_completion_of_another_prompt_is_off_topic() -> None:
    vectors = np.eye(4, dtype=np.float32)
    prompts, completions = np.arange(4), np.array([0, 1, 3, 3])
    found = topicality(vectors, completions, prompts, prompts, CONFIG)
    assert found.values.tolist() == [1, 1, -1, 1]
    for spared, taken in ((False, [2]), (True, [])):
        values = off_topic_values(found, np.full(4, spared), CONFIG)
        assert np.flatnonzero(decide(values, -0.3, "below").is_taken).tolist() == taken


def test_similar_enough_to_the_own_prompt_is_on_topic() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.25, 0.97]], np.float32)
    found = topicality(vectors, np.array([2, 2]), np.array([0, 1]), np.array([0, 1]), CONFIG)
    assert found.values[0] < -0.7
    assert off_topic_values(found, np.zeros(2, np.bool_), CONFIG)[0] == np.inf


def test_without_another_prompt_nothing_is_judged() -> None:
    vectors = np.eye(2, dtype=np.float32)
    places = np.zeros(3, np.int64)
    found = topicality(vectors, np.array([1, 1, -1]), places, places, CONFIG)
    assert np.isnan(found.values).all()
    assert np.isnan(off_topic_values(found, np.ones(3, np.bool_), CONFIG)).all()


def test_at_most_so_many_others_always_the_same() -> None:
    vectors = np.random.default_rng(2).normal(size=(90, 4)).astype(np.float32)
    places = np.arange(90)
    few = TopicConfig(others=20)
    one, two = (topicality(vectors, places[::-1], places, places, few) for _ in range(2))
    steps = one.nearer[:, None].astype(float) * [20, 19]  # one less where the own is among them
    assert (abs(steps - steps.round()) < 0.002).any(axis=1).all()
    assert (one.values == two.values).all()


@pytest.mark.parametrize(
    ("of", "expected", "sides"),
    [
        ("chosen", [0.1, 0.5, np.nan, 0.3], [False] * 4),
        ("rejected", [0.2, 0.4, 0.6, np.nan], [True] * 4),
        ("either", [0.1, 0.4, 0.6, 0.3], [False, True, True, False]),
        ("both", [0.2, 0.5, np.nan, np.nan], [True, False, False, True]),
    ],
)
def test_which_completion_counts(of: str, expected: list[float], sides: list[bool]) -> None:
    chosen = np.array([0.1, 0.5, np.nan, 0.3], np.float32)
    rejected = np.array([0.2, 0.4, 0.6, np.nan], np.float32)
    values, is_rejected = combine_sides(chosen, rejected, of)
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert is_rejected.tolist() == sides
