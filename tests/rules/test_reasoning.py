"""Reasoning that alone tells the sides apart, or that only one of them has."""

from __future__ import annotations

import json

import pytest

from prefdata.records.columns import RecordColumns
from prefdata.records.record import Message, Record, assistant, user
from prefdata.rules.reasoning import RULES
from prefdata.rules.rule import examine_batch, examine_reference


def side(content: str, reasoning: str | None = None, name: str = "reasoning_content") -> Message:
    extra = None if reasoning is None else json.dumps({"name": "Li", name: reasoning})
    return Message("assistant", content, extra)


ONLY, ONE = "reasoning-only-differs", "one-side-reasons"


@pytest.mark.parametrize(
    ("chosen", "rejected", "codes"),
    [
        (side("二", "先想"), side("二", "乱猜"), [ONLY]),
        (side("二 ", "a", "thinking"), side("二", "b", "thinking"), [ONLY]),
        (side("<think>a</think>\n二"), side("<think>b</think>二"), [ONLY]),
        (side("a</think>二"), side("b</think>二"), [ONLY]),
        (side("<think>cut"), side("<think>off"), [ONLY]),
        (side("<think>a</think>二"), side("二"), [ONLY, ONE]),
        (side("二"), side("三", "为什么"), [ONE]),
        (side("<think>a</think>二"), side("三"), [ONE]),
        (side("<think>\n\n</think>二"), side("三"), []),
        (side("二", "同"), side("二", "同"), []),
        (side("二", "先想"), side("三", "乱猜"), []),
        (side("二", ""), side("三"), []),
        (side("Use <thin> or <b>"), side("三"), []),
        (assistant("二"), assistant("三"), []),
    ],
)
def test_what_reasoning_says_of_a_pair(
    chosen: Message, rejected: Message, codes: list[str]
) -> None:
    for one, other in ((chosen, rejected), (rejected, chosen)):
        record = Record((user("一加一？"),), (one,), (other,))
        assert [finding.code for finding in examine_reference([record], RULES)] == codes


def test_the_gate_lets_no_row_through() -> None:
    columns = RecordColumns()
    records = [
        Record((user("q"),), (assistant("a"),), (side("b"),)),
        Record((user("<think>q"),), (side("二", "x"),), (side("二", "y"),)),
        Record((user("q"),), (assistant("a"),), (side("<think>c</think>b"),)),
        Record((user("q"),), (assistant("p"), side("a", "r")), (side("b"),)),
    ]
    for number, record in enumerate(records):
        columns.append(number, number + 1, record)
    fast = examine_batch(columns.batch(), RULES)
    assert [(f.index, f.code) for f in fast] == [
        (f.index, f.code) for f in examine_reference(records, RULES)
    ]
    assert [(f.index, f.code) for f in fast] == [(1, ONLY), (2, ONE), (3, ONE)]


def test_the_evidence_quotes_the_reasoning() -> None:
    record = Record((user("q"),), (side("二", "先想一想"),), (side("三"),))
    [finding] = examine_reference([record], RULES)
    assert str(finding.evidence) == 'only chosen reasons: "先想一想"'
