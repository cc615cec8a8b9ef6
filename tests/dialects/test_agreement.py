"""A prompt beside whole conversations: what they begin with counts, if both say the same."""

from __future__ import annotations

import random
from typing import Any

import pytest

from prefdata.dialects.convert import convert_row
from prefdata.dialects.detect import detect
from prefdata.dialects.dialect import Match, RemarkedRecord
from prefdata.errors import DialectError
from prefdata.records.record import Record, assistant, system, user


def said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


OLD = [said("user", "你好"), said("assistant", "您好")]
ASKED = [said("user", "一加一等于几？")]
GOOD, POOR = [said("assistant", "二")], [said("assistant", "三")]
ONE, PAST = (user("一加一等于几？"),), (user("你好"), assistant("您好"))


def read(prompt: object, opening: list[dict[str, str]], **more: object) -> Record:
    row = {"prompt": prompt, "chosen": opening + GOOD, "rejected": opening + POOR, **more}
    return convert_row(row, Match("pairs"))


@pytest.mark.parametrize(
    ("prompt", "opening", "more", "wanted"),
    [
        ("一加一等于几？", [said("system", "S"), *ASKED], {}, (system("S"), *ONE)),
        (" 一加一等于几？\n", ASKED, {}, ONE),
        ("一加一等于几？", OLD + ASKED, {}, PAST + ONE),
        (ASKED, OLD + ASKED, {}, PAST + ONE),
        ("你好", OLD + ASKED, {}, PAST + ONE),
        ("一加一等于几？", OLD + ASKED, {"system": "S"}, (system("S"), *PAST, *ONE)),
        ("一加一等于几？\n", [said("system", "S"), *ASKED], {"system": "S"}, (system("S"), *ONE)),
    ],
)
def test_the_common_beginning_is_the_prompt(
    prompt: object, opening: list[dict[str, str]], more: dict[str, Any], wanted: Any
) -> None:
    record = read(prompt, opening, **more)
    assert isinstance(record, RemarkedRecord) and record.rule == "prompt-from-sides"
    assert record.evidence == ", ".join(message.role for message in wanted)
    assert (record.prompt, record.chosen, record.rejected) == (
        wanted,
        (assistant("二"),),
        (assistant("三"),),
    )


@pytest.mark.parametrize(
    ("prompt", "opening", "more"),
    [
        ("一加一等于几？", ASKED, {}),  # it says the same
        ("另一个问题", OLD + ASKED, {}),
        ("您好", OLD + ASKED, {}),
        ("一加一等于几？", [said("system", "S"), *ASKED], {"system": "T"}),
        ("一加一等于几？", [], {}),
    ],
)
def test_a_prompt_that_says_the_same_or_another_stays(
    prompt: str, opening: list[dict[str, str]], more: dict[str, Any]
) -> None:
    record = read(prompt, opening, **more)
    assert type(record) is Record
    assert record.prompt[-1] == user(prompt)


def test_of_two_prompts_the_one_that_the_sides_begin_with_is_read() -> None:
    row = {
        "prompt": "一加一等于几？",
        "question": "从前：一加一等于几？",
        "chosen": ASKED + GOOD,
        "rejected": ASKED + POOR,
    }
    turned = {**row, "prompt": row["question"], "question": row["prompt"]}
    for each in (row, turned):
        match = detect([each], place="x")
        record = convert_row(each, match)
        assert (match.dialect, record.prompt, record.chosen) == ("pairs", ONE, (assistant("二"),))
    with pytest.raises(DialectError, match="--map prompt=question"):
        detect([{**row, "prompt": "一个问题"}], place="x")


def test_nothing_that_the_sides_say_is_lost() -> None:
    dice = random.Random(3)
    for _ in range(300):
        turns = [said(dice.choice(["user", "assistant", "system"]), str(dice.randrange(3)))
                 for _ in range(dice.randrange(1, 5))]  # fmt: skip
        row = {
            "prompt": dice.choice([t["content"] for t in turns]) + dice.choice(["", " "]),
            "chosen": turns + GOOD,
            "rejected": turns + POOR,
        }
        record = convert_row(row, Match("pairs"))
        texts = [m.content for m in (*record.prompt, *record.chosen)]
        assert texts[-len(turns) - 1 :][-1] == "二"
        if isinstance(record, RemarkedRecord):
            assert texts == [*(t["content"] for t in turns), "二"]
            assert record.rejected == (assistant("三"),)
