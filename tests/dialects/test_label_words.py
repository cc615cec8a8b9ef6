"""Labels in words, English and Chinese, each of them in both directions."""

from __future__ import annotations

import pytest

from prefdata.dialects.labels import FIRST, SECOND, TIE, Preference
from prefdata.dialects.labels.words import said_in_words, word_preference
from prefdata.errors import RowFault

PAIRED = [
    ("A", "B"), ("a", "b"), ("Ａ", "Ｂ"), ("[A]", "[B]"), ("[[A]]", "[[B]]"), ("(a)", "(b)"),
    ("first", "second"), ("1st", "2nd"), ("the first", "the second"), ("left", "right"),
    ("Left", "Right"), ("left response", "right response"), ("response 1", "response 2"),
    ("Response_A", "Response_B"), ("model_a", "model_b"), ("model-1", "model-2"),
    ("assistant A", "assistant B"), ("output_1", "output_2"), ("answer 1 is better",
     "answer 2 is better"), ("A is slightly better", "B is slightly better"), ("A wins", "B wins"),
    ("回答A", "回答B"), ("回答Ａ", "回答Ｂ"), ("回答1", "回答2"), ("回答１更好", "回答２更好"),
    ("回答一", "回答二"), ("答案A更优", "答案B更优"), ("模型A", "模型B"), ("第一个", "第二个"),
    ("第一", "第二"), ("第1个回答", "第2个回答"), ("左", "右"), ("左边", "右边"),
    ("左侧的回答更好", "右侧的回答更好"), ("甲", "乙"), ("前者", "后者"), ("A更好", "B更好"),
    ("选A", "选B"), ("选择回答1", "选择回答2"), ("A优于B", "B优于A"), ("A比B好", "B比A好"),
    ("回答A比回答B更好", "回答B比回答A更好"), ("B不如A", "A不如B"),
]  # fmt: skip
TIES = [
    "tie", "Tie", "tied", "draw", "equal", "same", "both", "neither", "both bad", "bothbad",
    "tie (bothbad)", "both_good", "[[C]]", "[[c]]", "A=B", "[[A=B]]", "A≈B", "about the same",
    "no preference", "equally good", "平局", "平", "打平", "一样好", "一样", "差不多", "都好",
    "都不好", "都很差", "两个都不好", "不分上下", "同样好",
]  # fmt: skip
STRENGTHS = [
    ("A>B", FIRST, 1.0), ("A>>B", FIRST, 2.0), ("[[A>>B]]", FIRST, 2.0), ("A<B", SECOND, 1.0),
    ("A<<B", SECOND, 2.0), ("B>A", SECOND, 1.0), ("B>>A", SECOND, 2.0), ("B<A", FIRST, 1.0),
    ("Ａ＞Ｂ", FIRST, 1.0), ("A≫B", FIRST, 2.0), ("Response 1 > Response 2", FIRST, 1.0),
]  # fmt: skip
UNKNOWN: list[object] = [
    "", "C", "[C]", "1", "2", "0", "１", "更优", "更好", "unsure", "不确定", "bad", "A is worse",
    "A不好", "回答A不好", "A and B", "A>A", "A B", "AB", "response 3", "第三个", "gpt-4",
    "好", "a" * 200, None, 1, True, ["A"], {"A": 1},
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), PAIRED)
def test_a_word_names_a_side(first: str, second: str) -> None:
    assert word_preference(first) == Preference(FIRST)
    assert word_preference(second) == Preference(SECOND)


@pytest.mark.parametrize("word", TIES)
def test_a_word_says_that_it_is_a_tie(word: str) -> None:
    assert word_preference(word) == Preference(TIE)


@pytest.mark.parametrize(("word", "side", "strength"), STRENGTHS)
def test_a_comparison_has_a_strength(word: str, side: str, strength: float) -> None:
    assert word_preference(word) == Preference(side, strength)


@pytest.mark.parametrize("value", UNKNOWN)
def test_nothing_else_is_a_word(value: object) -> None:
    assert word_preference(value) is None
    with pytest.raises(RowFault, match="neither first, second nor tie"):
        said_in_words(value)


MODELS = ("Llama-3 8B", "gpt-4")


@pytest.mark.parametrize(
    ("label", "models", "side"),
    [
        ("gpt-4", MODELS, SECOND),
        (" GPT-4 ", MODELS, SECOND),
        ("llama-3 8b", MODELS, FIRST),
        ("tie", MODELS, TIE),
        ("model_a", MODELS, FIRST),
        ("A", ("a", "b"), FIRST),
    ],
)
def test_the_name_of_a_model_names_a_side(label: str, models: tuple[str, str], side: str) -> None:
    assert said_in_words(label, *models).side == side
    if side != TIE and label not in ("model_a", "A"):
        turned = said_in_words(label, *reversed(models))
        assert turned.side == {FIRST: SECOND, SECOND: FIRST}[side]


@pytest.mark.parametrize(
    ("label", "models"),
    [
        ("gpt-4", ("gpt-4", "gpt-4")),  # both
        ("gpt", MODELS),  # neither
        ("gpt-4", (None, 4)),
        ("A", ("b", "a")),  # a word for the one, the name of the other
        ("second", ("second", "other")),
    ],
)
def test_a_name_that_is_not_exactly_one_of_them_names_none(
    label: str, models: tuple[object, object]
) -> None:
    with pytest.raises(RowFault) as fault:
        said_in_words(label, *models)
    assert fault.value.reason == "unknown-label"
