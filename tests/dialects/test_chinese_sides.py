"""Files with Chinese names for two completions and a label: no label is lost in silence."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from prefdata.dialects.detect import detect
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE
from prefdata.dialects.labels.words import word_preference
from prefdata.errors import DialectError

WORDS = ("回答一更好", "回答二更好", "平")


def rows(names: tuple[str, str, str, str], words: tuple[str, ...] = WORDS) -> list[dict[str, Any]]:
    prompt, one, two, label = names
    return [
        {prompt: f"这是第{n}个问题，应当怎样回答才好？", one: f"先说明原因，再给出做法，共{n}步。",
         two: f"不清楚，也没有什么可说的{n}。", label: words[n % len(words)]}
        for n in range(6)
    ]  # fmt: skip


@pytest.mark.parametrize("label", ["投票", "标签", "更优", "评判", "winner"])
def test_a_known_pair_with_a_label_is_read(label: str) -> None:
    match = detect(rows(("问题", "回答甲", "回答乙", label)), place="x")
    assert match.dialect == "judge-named"


@pytest.mark.parametrize("sides", [("左", "右"), ("左边回答", "右边回答"), ("left", "right")])
def test_left_and_right_are_offered_as_two_sides(sides: tuple[str, str]) -> None:
    found = rows(("问题", *sides, "投票"))
    with pytest.raises(DialectError, match=rf"--map '?first={sides[0]},second={sides[1]}"):
        detect(found, place="x")
    match = detect(found, place="x", mapping={"first": sides[0], "second": sides[1]})
    assert match.dialect == "judge-named"


@pytest.mark.parametrize(
    ("sides", "label", "words"),
    [
        (("左", "右"), "投票", WORDS),
        (("左", "右"), "不认识的名字", WORDS),
        (("回答甲", "回答乙"), "标注结果", ("甲", "乙")),
        (("模型输出", "另一个输出"), "结论", ("前者", "后者", "都可以")),
    ],
)
def test_a_map_that_passes_over_a_label_is_warned_of(
    sides: tuple[str, str], label: str, words: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    found = rows(("问题", *sides, label), words)
    with caplog.at_level(logging.WARNING):
        detect(found, place="x", mapping={"chosen": sides[0], "rejected": sides[1]})
    assert f"{label!r} beside it may say which one is" in caplog.text
    assert f"first={sides[0]},second={sides[1]},label={label}" in caplog.text


def test_a_map_beside_other_columns_is_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    found = rows(("问题", "优", "劣", "标注员"), ("小林", "小王"))
    with caplog.at_level(logging.WARNING):
        detect(found, place="x", mapping={"chosen": "优", "rejected": "劣"})
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("word", "side"),
    [("1更好", FIRST), ("2更好", SECOND), ("2较差", FIRST), ("都可以", TIE), ("两个都差", TIE)],
)
def test_words_of_annotators(word: str, side: str) -> None:
    said = word_preference(word)
    assert said is not None
    assert said.side == side


def test_a_bare_number_is_no_word() -> None:
    assert word_preference("1") is None
    assert word_preference("12好") is None


def test_what_nothing_fits_is_told_of_each_shape() -> None:
    with pytest.raises(DialectError, match="first=FIELD,second=FIELD,label=FIELD") as told:
        detect([{"甲栏": "短", "乙栏": "词"}], place="x")
    assert "completion=FIELD,rating=FIELD" in str(told.value)
