"""Conversations that part before their end, cut as the user says."""

from __future__ import annotations

from typing import Any

import pytest

from prefdata.dialects.convert import convert_row, judge_row
from prefdata.dialects.dialect import Match
from prefdata.errors import RowFault
from prefdata.records.record import Record, assistant, user


def said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def talk(*texts: str) -> list[dict[str, str]]:
    return [said("assistant" if i % 2 else "user", text) for i, text in enumerate(texts)]


SIDES: dict[str, Any] = {
    "chosen": talk("问一", "乙一", "问二", "乙二"),
    "rejected": talk("问一", "甲一", "问二", "甲二"),
}
WHOLE = Record(
    (user("问一"),),
    (assistant("乙一"), user("问二"), assistant("乙二")),
    (assistant("甲一"), user("问二"), assistant("甲二")),
)
FIRST = Record((user("问一"),), (assistant("乙一"),), (assistant("甲一"),))


def read(cut: Any, **more: Any) -> Record:
    record = convert_row({**SIDES, **more}, Match("implicit", cut=cut))
    return Record(record.prompt, record.chosen, record.rejected)


@pytest.mark.parametrize(
    ("cut", "more", "wanted"),
    [
        ("off", {"turn": 1}, WHOLE),
        ("at-difference", {"turn": 2}, FIRST),
        ("turn", {"turn": 1}, FIRST),
        ("turn", {"turn": "1"}, FIRST),
        ("turn", {"Turn": 2.0}, WHOLE),
        ("turn", {"turn": None}, WHOLE),
        ("turn", {}, WHOLE),
        ("turn", {"turn": 9}, WHOLE),
    ],
)
def test_where_the_conversations_end(cut: str, more: dict[str, Any], wanted: Record) -> None:
    assert read(cut, **more) == wanted


def test_the_common_beginning_is_the_prompt_before_the_cut() -> None:
    later = {
        "rejected": talk("一", "同", "二", "甲", "三", "甲甲"),
        "chosen": talk("一", "同", "二", "乙", "三", "乙乙"),
    }
    wanted = Record(
        (user("一"), assistant("同"), user("二")), (assistant("乙"),), (assistant("甲"),)
    )
    assert read("at-difference", **later) == wanted
    assert read("turn", **later, turn=2) == wanted
    with pytest.raises(RowFault, match="up to there both sides are the same"):
        read("turn", **later, turn=1)


def test_questions_that_differ_stay_for_the_rule_that_finds_them() -> None:
    record = read("at-difference", chosen=talk("另一问", "乙一"))
    assert record.prompt == ()
    assert record.chosen == (user("另一问"), assistant("乙一"))


@pytest.mark.parametrize("turn", ["second", -1, 0, True, 1.5, [1]])
def test_a_turn_that_is_none_is_a_fault(turn: object) -> None:
    with pytest.raises(RowFault, match="not the number of a turn"):
        read("turn", turn=turn)


def test_votes_are_cut_as_well() -> None:
    row = {"conversation_a": SIDES["chosen"], "conversation_b": SIDES["rejected"], "judge": "ann"}
    match = Match("arena-conversations", cut="at-difference", has_judge=True)
    judgement = judge_row({**row, "winner": "model_b"}, match)
    assert judgement.prompt == FIRST.prompt
    assert [each.messages for each in judgement.completions] == [FIRST.chosen, FIRST.rejected]
    assert (judgement.judge, judgement.opinions[0].values) == ("ann", (0.0, 1.0))
