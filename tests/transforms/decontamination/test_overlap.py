from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.config.model import AgainstConfig
from prefdata.records.columns import MESSAGES
from prefdata.transforms.decontamination import overlap, overlap_count
from prefdata.transforms.decontamination.overlap import overlaps_of
from prefdata.transforms.decontamination.overlap_index import (
    ANYWHERE,
    NOTABLE,
    OWN,
    SENTENCE,
    SLACK,
    overlap_index,
)
from prefdata.transforms.duplicates.shingles import shingles_of
from prefdata.transforms.duplicates.tokens import CHARACTER, class_of, tokens_of

Row = Sequence[tuple[str, str]]
Hit = tuple[int, int, int]  # evaluation prompt, n-grams found, n-grams of the prompt

EQUAL = (0, 0)


def fast(
    rows: Sequence[Row], evals: Sequence[str], follows: Sequence[bool], config: AgainstConfig
) -> dict[int, Hit]:
    column = pa.array([[{"role": r, "content": t} for r, t in row] for row in rows], MESSAGES)
    index = overlap_index(evals, np.array(follows, bool), config)
    found = overlaps_of(column, index, config)
    columns = (found.rows, found.prompts, found.found, found.sizes)
    return {row: hit for row, *hit in map(tuple, zip(*(c.tolist() for c in columns), strict=True))}  # type: ignore[misc]


def hits(turn: str, *evals: str, config: AgainstConfig | None = None) -> Hit | None:
    """What one user turn overlaps."""
    found = fast([[("user", turn)]], evals, [False] * len(evals), config or AgainstConfig())
    return tuple(found[0]) if found else None  # type: ignore[return-value]


def words_of(text: str) -> float:
    return sum(0.5 if class_of(token[0]) == CHARACTER else 1 for token in tokens_of(text))


def reference(
    rows: Sequence[Row], evals: Sequence[str], follows: Sequence[bool], config: AgainstConfig
) -> dict[int, Hit]:
    """One turn against one prompt after another, as docs/decontamination.md says it."""
    prompts: dict[tuple[str, ...], int] = {}
    for number, (text, follow) in enumerate(zip(evals, follows, strict=True)):
        tokens = tuple(tokens_of(text))
        if tokens and not (follow and len(tokens) < config.short):
            prompts.setdefault(tokens, number)
    looked_for = {
        number: set(shingles_of(evals[number], config.words, config.characters))
        for tokens, number in prompts.items()
        if len(tokens) >= config.short or words_of(evals[number]) >= SENTENCE
    }
    spread = Counter(gram for grams in looked_for.values() for gram in grams)
    best: dict[int, tuple[float, int, int, Hit]] = {}
    for number, row in enumerate(rows):
        by_user = [text for role, text in row if role == "user"]
        for turn in by_user or [text for _, text in row]:
            for prompt in prompts.values():
                hit = None
                if tokens_of(turn) == tokens_of(evals[prompt]):
                    hit = EQUAL
                elif prompt in looked_for:
                    hit = shared(turn, evals[prompt], looked_for[prompt], spread, config)
                if hit is not None:
                    share = 2.0 if hit == EQUAL else hit[0] / hit[1]
                    rank = (-share, -hit[1], prompt, (prompt, *hit))
                    best[number] = min(best.get(number, rank), rank)
    return {number: rank[3] for number, rank in best.items()}


def shared(
    turn: str, text: str, grams: set[int], spread: Counter[int], config: AgainstConfig
) -> tuple[int, int] | None:
    is_short = len(tokens_of(text)) < config.short
    length = len(shingles_of(text, config.words, config.characters))
    window = length if is_short else length + math.ceil(SLACK * length)
    there = shingles_of(turn, config.words, config.characters)
    most = max((len(grams & set(there[i : i + window])) for i in range(len(there))), default=0)
    share = 1.0 if is_short else config.overlap
    needed = max(math.ceil(share * len(grams) - 1e-9), 1)
    own = {gram for gram in grams if spread[gram] == 1}
    own_needed = math.ceil(OWN * len(own)) if len(own) >= NOTABLE * len(grams) else 0
    if most < needed or len(own & set(there)) < own_needed:
        return None
    spare = min(len(grams) - needed, len(own) - own_needed if own_needed else len(grams))
    rarest = sorted(grams, key=lambda gram: (spread[gram], gram))[: spare + 1]
    rare = {gram for gram in rarest if spread[gram] <= config.common}
    if len(rare) < len(rarest) and not rare & set(there):
        return None
    if is_short and words_of(text) < ANYWHERE:
        sentences = overlap.BORDERS.split(turn)
        if not any(tokens_of(sentence) == tokens_of(text) for sentence in sentences):
            return None
    return most, len(grams)


pieces = st.sampled_from(["a ", "b ", "c ", "d ", "e ", "f ", "中", "国", "A.", "\n", ", "])
texts = st.lists(pieces, max_size=22).map("".join)
turns = st.tuples(st.sampled_from(["user", "assistant"]), texts)
configs = st.builds(
    AgainstConfig,
    overlap=st.sampled_from([0.4, 0.7, 1.0]),
    words=st.integers(1, 3),
    characters=st.integers(1, 3),
    short=st.sampled_from([1, 5, 9]),
    common=st.sampled_from([1, 2, 1000]),
)


@settings(max_examples=300)
@given(st.lists(st.lists(turns, max_size=3), max_size=4), st.lists(texts, max_size=5), configs)
def test_the_fast_way_agrees_with_the_obvious_one(
    rows: list[Row], evals: list[str], config: AgainstConfig
) -> None:
    rows = [*rows, *([("user", f"{text} a {text}")] for text in evals)]
    follows = [number % 3 == 2 for number in range(len(evals))]
    expected = reference(rows, evals, follows, config)
    assert fast(rows, evals, follows, config) == {k: list(v) for k, v in expected.items()}
    with mock.patch.object(overlap_count, "_AT_ONCE", 3):
        assert fast(rows, evals, follows, config) == {k: list(v) for k, v in expected.items()}


LONG = "Please list the seven largest moons of Jupiter and tell me who discovered each"


@pytest.mark.parametrize(
    "turn",
    [
        "PLEASE list the seven   largest moons of Jupiter, and tell me who discovered each?",
        "Ｐlease list the seven largest moons of Jupiter and tell me who\u200b discovered each!",
    ],
)
def test_form_case_spaces_and_punctuation_do_not_matter(turn: str) -> None:
    assert hits(turn, LONG) == (0, *EQUAL)


def test_a_few_edited_words_inside_a_longer_turn_are_found() -> None:
    turn = f"Hi there! {LONG.replace('largest', 'biggest')}. Then write a poem about all of them."
    assert hits(turn, LONG) == (0, 11, 13)
    assert hits(turn, LONG, config=AgainstConfig(overlap=0.9)) is None


def test_words_scattered_over_a_long_turn_are_no_overlap() -> None:
    words = LONG.split()
    pairs = (f"{a} {b}" for a, b in pairwise(words))
    assert hits(" lorem ipsum dolor sit amet ".join(pairs), LONG) is None


@pytest.mark.parametrize(
    ("prompt", "turn", "is_found"),
    [
        ("hi", "Hi!", True),
        ("hi", "Hi. Who are you?", False),
        ("Tell me a joke", "Tell me a joke about physicists", False),
        ("Tell me a joke", "I am sad today. Tell me a joke!", True),
        ("How do I make escargot?", "Do you know how do I make escargot at home", True),
        ("How do I make escargot?", "How do I make paper at home?", False),
        ("讲个笑话", "请讲个笑话给我听", False),
        ("讲一个好笑的笑话", "我今天不开心。讲一个好笑的笑话！", True),
        ("讲一个好笑的笑话", "讲一个好笑的笑话里的人物", False),
        ("请介绍一下北京的著名景点和美食", "你好，请介绍一下北京的主要景点和美食好吗", True),
    ],
)
def test_the_less_a_prompt_says_the_more_of_it_must_be_there(
    prompt: str, turn: str, is_found: bool
) -> None:
    assert (hits(turn, prompt) is not None) == is_found


def test_the_template_of_a_set_is_no_overlap() -> None:
    planets = ("Mercury", "Venus", "Mars", "Saturn")
    asked = [f"Answer the question below with a single number: how old is {p}?" for p in planets]
    other = "Answer the question below with a single number: how old is Pluto?"
    assert hits(other, *asked) is None
    assert hits(f"{asked[2]} Be brief.", *asked) == (2, 11, 11)


def test_what_only_common_n_grams_lead_to_is_found_if_equal() -> None:
    asked = [f"{LONG} and {moon}" for moon in ("Io", "Europa", "Ganymede", "Callisto")]
    few = AgainstConfig(common=3, overlap=1.0)
    evals = [*asked, LONG]
    assert overlap_index(evals, np.zeros(5, bool), few).unled == 1
    assert hits(LONG, *evals, config=few) == (4, *EQUAL)
    assert hits(f"{LONG}, please", *evals, config=few) is None
    assert hits(f"{asked[1]}, please", *evals, config=few) == (1, 15, 15)


def test_later_turns_of_an_evaluation_count_if_they_say_something() -> None:
    evals = [LONG, "Go on, please.", f"{LONG} of them"]
    rows = [[("user", text)] for text in ("go on please", evals[2])]
    assert fast(rows, evals, [False, True, True], AgainstConfig()) == {1: [2, *EQUAL]}


def test_only_what_the_user_says_is_compared() -> None:
    rows = [
        [("user", "Which moons are there?"), ("assistant", LONG), ("user", "Thanks.")],
        [("system", LONG)],
        [("system", "x"), ("user", "y"), ("user", LONG)],
        [],
    ]
    assert fast(rows, [LONG], [False], AgainstConfig()) == {1: [0, *EQUAL], 2: [0, *EQUAL]}


def test_the_best_prompt_is_named_and_of_equal_ones_the_first() -> None:
    near = LONG.replace("seven", "nine")
    assert hits(LONG, near, LONG, LONG.upper()) == (1, *EQUAL)
    assert hits(f"{LONG} of them all", near, LONG) == (1, 13, 13)


@pytest.mark.parametrize("evals", [[], [""], ["  ", "?!"]])
def test_evaluations_that_say_nothing(evals: list[str]) -> None:
    rows = [[("user", "")], [("user", "What is this?")], [("user", "?!")]]
    expected = {2: [1, *EQUAL]} if len(evals) > 1 else {}
    assert fast(rows, evals, [False] * len(evals), AgainstConfig()) == expected
