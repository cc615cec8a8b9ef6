"""Every dialect: a tiny row, the record it must give, and its polarity in both directions."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from prefdata.dialects import DIALECTS, dialect_named
from prefdata.dialects.convert import convert_row
from prefdata.dialects.detect import detect
from prefdata.dialects.dialect import Match
from prefdata.errors import ConfigError, DialectError, RowFault
from prefdata.records.record import TOOL, Message, Record, assistant, system, user

A, B = "青", "lan"  # the better and the worse completion, wherever nothing else is said
ASKED = (user("天空是什么颜色？"),)
WANTED = Record(ASKED, (assistant(A),), (assistant(B),))
Q = "天空是什么颜色？"


def said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def value(role: str, text: str) -> dict[str, str]:
    return {"from": role, "value": text}


PLAIN = {"prompt": Q, "chosen": A, "rejected": B}
TALK = [said("user", Q)]
OLD = [said("user", "Hi"), said("assistant", "Hello"), said("user", "And now?")]

TABLE: list[tuple[str, dict[str, Any], Record]] = [
    ("pairs", PLAIN, WANTED),
    ("pairs", {"question": Q, "chosen": A, "rejected": B}, WANTED),
    ("pairs", {"Query": Q, " Chosen Response ": A, "rejected-response": B}, WANTED),
    ("pairs", {"problem": Q, "chosen": A, "rejected": B, "system": "", "history": []}, WANTED),
    (
        "pairs",
        {"instruction": "Add", "input": "1 + 2", "chosen": "3", "rejected": "4"},
        Record((user("Add\n1 + 2"),), (assistant("3"),), (assistant("4"),)),
    ),
    (
        "pairs",
        {**PLAIN, "system": "Be brief", "history": '[["Hi", "Hello"]]', "margin": "0.5"},
        Record(
            (system("Be brief"), user("Hi"), assistant("Hello"), *ASKED),
            (assistant(A),),
            (assistant(B),),
            0.5,
        ),
    ),
    ("pairs", {"prompt": TALK, "chosen": [said("assistant", A)], "rejected": B}, WANTED),
    ("pairs", {"prompt": TALK, "chosen": said("gpt", A), "rejected": value("bot", B)}, WANTED),
    (
        "pairs",
        {"prompt": Q, "chosen": [*TALK, said("assistant", A)], "rejected": B},
        WANTED,
    ),
    (
        "pairs",
        {
            "prompt": json.dumps(TALK),
            "chosen": json.dumps([said("assistant", A)]),
            "rejected": json.dumps(said("assistant", B)),
        },
        WANTED,
    ),
    (
        "pairs",
        {"prompt": Q, "chosen": [said("user", "Else"), said("assistant", A)], "rejected": B},
        Record(ASKED, (user("Else"), assistant(A)), (assistant(B),)),
    ),
    (
        "pairs",
        {"prompt": Q, "system": "S", "chosen": [*TALK, said("assistant", A)], "rejected": B},
        Record((system("S"), *ASKED), (assistant(A),), (assistant(B),)),
    ),
    (
        "pairs",
        {"prompt": [said("system", "S"), *TALK], "system": "S", "chosen": A, "rejected": B},
        Record((system("S"), *ASKED), (assistant(A),), (assistant(B),)),
    ),
    (
        "implicit",
        {"chosen": [*OLD, said("assistant", A)], "rejected": [*OLD, said("assistant", B)]},
        Record(
            (user("Hi"), assistant("Hello"), user("And now?")), (assistant(A),), (assistant(B),)
        ),
    ),
    (
        "implicit",
        {"chosen": "The capital is Paris", "rejected": "The capital is Pluto"},
        Record((user("The capital is"),), (assistant(" Paris"),), (assistant(" Pluto"),)),
    ),
    (
        "implicit",
        {"chosen": "法国的首都是哪里？巴黎。", "rejected": "法国的首都是哪里？巴西。"},
        Record((user("法国的首都是哪里？"),), (assistant("巴黎。"),), (assistant("巴西。"),)),
    ),
    (
        "hh",
        {
            "chosen": f"\n\nHuman: {Q}\n\nAssistant: {A}",
            "rejected": f"\n\nHuman: {Q}\n\nAssistant: {B}",
        },
        WANTED,
    ),
    (
        "hh",
        {
            "chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:  d",
            "rejected": "\n\nHuman: a\n\nAssistant: b\n\nHuman: x\n\nAssistant:",
        },
        Record(
            (user("a"), assistant("b")),
            (user("c"), assistant(" d")),
            (user("x"), assistant("")),
        ),
    ),
    (
        "sharegpt",
        {
            "conversations": [value("human", Q)],
            "chosen": value("gpt", A),
            "rejected": value("gpt", B),
        },
        WANTED,
    ),
    (
        "sharegpt",
        {
            "conversations": [
                value("human", "2+2?"),
                value("function_call", '{"name": "add"}'),
                value("observation", "4"),
                said("user", "So?"),
            ],
            "chosen": [value("gpt", "4")],
            "rejected": "5",
            "system": "Count",
        },
        Record(
            (
                system("Count"),
                user("2+2?"),
                Message(
                    "assistant",
                    None,
                    '{"tool_calls":[{"function":{"name":"add"},"type":"function"}]}',
                ),
                Message(TOOL, "4"),
                user("So?"),
            ),
            (assistant("4"),),
            (assistant("5"),),
        ),
    ),
    ("swift", {"messages": [*TALK, said("assistant", A)], "rejected_response": B}, WANTED),
    (
        "swift",
        {
            "messages": [*TALK, said("assistant", A)],
            "rejected_messages": [*TALK, said("assistant", B)],
        },
        WANTED,
    ),
    (
        "swift",
        {
            "messages": [said("system", "S"), *TALK, said("assistant", A)],
            "rejected_messages": [said("assistant", B)],
            "system": "S",
        },
        Record((system("S"), *ASKED), (assistant(A),), (assistant(B),)),
    ),
    (
        "alpaca-eval",
        {"instruction": Q, "output_1": A, "output_2": B, "preference": 1.25},
        Record(WANTED.prompt, WANTED.chosen, WANTED.rejected, 0.5),
    ),
    (
        "judge-named",
        {"question": Q, "response 1": A, "response 2": B, "winner": "Response 1"},
        WANTED,
    ),
    ("judge-named", {"prompt": Q, "answer_a": A, "answer_b": B, "label": "[[A]]"}, WANTED),
    (
        "arena",
        {
            "prompt": Q,
            "response_a": A,
            "response_b": B,
            "winner_model_a": 1,
            "winner_model_b": 0,
            "winner_tie": 0,
        },
        WANTED,
    ),
    (
        "arena",
        {
            "prompt": '["a", "c"]',
            "response_a": ["b", "d"],
            "response_b": '["b", "e"]',
            "winner_model_a": "1",
            "winner_model_b": "0",
            "winner_tie": False,
        },
        Record((user("a"), assistant("b"), user("c")), (assistant("d"),), (assistant("e"),)),
    ),
    (
        "arena-conversations",
        {
            "conversation_a": [*TALK, said("assistant", A)],
            "conversation_b": [*TALK, said("assistant", B)],
            "winner": "model_a",
        },
        WANTED,
    ),
]


def bare(record: Record) -> Record:
    return Record(record.prompt, record.chosen, record.rejected, record.margin)


@pytest.mark.parametrize(("name", "row", "wanted"), TABLE)
def test_a_row_is_detected_and_becomes_its_record(
    name: str, row: dict[str, Any], wanted: Record
) -> None:
    match = detect([row], place="rows.jsonl")
    assert match.dialect == name
    raw = {key: msgspec.Raw(msgspec.json.encode(item)) for key, item in row.items()}
    assert bare(convert_row(raw, match)) == wanted
    assert bare(convert_row(row, match)) == wanted


NAMED_SIDES = [row for row in TABLE if row[0] in ("pairs", "implicit", "hh", "sharegpt")]


@pytest.mark.parametrize(("name", "row", "wanted"), NAMED_SIDES)
def test_exchanged_sides_exchange_the_completions(
    name: str, row: dict[str, Any], wanted: Record
) -> None:
    better, worse = (key for key in row if "chosen" in key.lower() or "rejected" in key)
    found = convert_row({**row, better: row[worse], worse: row[better]}, Match(name))
    assert (found.chosen, found.rejected) == (wanted.rejected, wanted.chosen)


def test_the_end_of_messages_is_the_better_one() -> None:
    row = {"messages": [*TALK, said("assistant", B)], "rejected_response": A, "system": "S"}
    found = convert_row(row, Match("swift"))
    assert found == Record((system("S"), *ASKED), (assistant(B),), (assistant(A),))


JUDGED = {"prompt": Q, "response_1": "one", "response_2": "two"}
ALPACA = {"instruction": Q, "output_1": "one", "output_2": "two"}
FLAGS = ("winner_model_a", "winner_model_b", "winner_tie")
BATTLE = {"prompt": Q, "response_a": "one", "response_b": "two"}
CONVERSATIONS = {
    "conversation_a": [*TALK, said("assistant", "one")],
    "conversation_b": [*TALK, said("assistant", "two")],
}


@pytest.mark.parametrize(
    ("name", "row", "better", "margin"),
    [
        ("alpaca-eval", {**ALPACA, "preference": 1}, "one", 1.0),
        ("alpaca-eval", {**ALPACA, "preference": 2.0}, "two", 1.0),
        ("alpaca-eval", {**ALPACA, "preference": "1.75"}, "two", 0.5),
        ("alpaca-eval", {**ALPACA, "preference": 1.5}, "one", 0.0),
        ("judge-named", {**JUDGED, "label": "A"}, "one", None),
        ("judge-named", {**JUDGED, "label": "response_2"}, "two", None),
        ("judge-named", {**JUDGED, "label": "model_b"}, "two", None),
        ("judge-named", {**JUDGED, "label": "Second"}, "two", None),
        ("judge-named", {**JUDGED, "label": "Tie"}, "one", 0.0),
        ("judge-zero-based", {**JUDGED, "label": 0}, "one", None),
        ("judge-zero-based", {**JUDGED, "label": 1}, "two", None),
        ("judge-zero-based", {**JUDGED, "label": "2"}, "one", 0.0),
        ("judge-one-based", {**JUDGED, "label": 1}, "one", None),
        ("judge-one-based", {**JUDGED, "label": 2.0}, "two", None),
        ("judge-one-based", {**JUDGED, "label": 0}, "one", 0.0),
        ("arena", {**BATTLE, **dict(zip(FLAGS, (1, 0, 0), strict=True))}, "one", None),
        ("arena", {**BATTLE, **dict(zip(FLAGS, ("0", "1", "0"), strict=True))}, "two", None),
        ("arena", {**BATTLE, **dict(zip(FLAGS, (False, False, True), strict=True))}, "one", 0.0),
        ("arena-conversations", {**CONVERSATIONS, "winner": "model_a"}, "one", None),
        ("arena-conversations", {**CONVERSATIONS, "winner": "model_b"}, "two", None),
        ("arena-conversations", {**CONVERSATIONS, "winner": "tie (bothbad)"}, "one", 0.0),
        ("pairs", {**PLAIN, "chosen_score": "8", "rejected_score": 5}, A, 3.0),
        ("pairs", {**PLAIN, "score_chosen": 2.5, "score_rejected": 5}, A, -2.5),
        ("pairs", {**PLAIN, "chosen-rating": "N/A", "rejected-rating": 5}, A, None),
        ("pairs", {**PLAIN, "margin": 0.25, "chosen_score": 8, "rejected_score": 5}, A, 0.25),
    ],
)
def test_labels_point_where_the_polarity_says(
    name: str, row: dict[str, Any], better: str, margin: float | None
) -> None:
    record = convert_row(row, Match(name))
    assert (record.chosen[0].content, record.margin) == (better, margin)
    assert record.rejected[0].content in {"one": ("two",), "two": ("one",)}.get(better, (B,))


def test_labels_and_scores_stay_in_metadata() -> None:
    record = convert_row({**ALPACA, "preference": 1.25, "judge": None}, Match("alpaca-eval"))
    assert json.loads(record.metadata) == {"preference": 1.25, "judge": None}


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("stepwise", {"prompt": Q, "completions": [A, B], "labels": [True, False]}),
    ],
)
def test_what_is_not_read_yet_says_what_it_is(name: str, row: dict[str, Any]) -> None:
    summary = dialect_named(name).summary
    for chosen_by_name in (None, name):
        with pytest.raises(DialectError, match="not in this version") as caught:
            detect([row], place="rows.jsonl", dialect=chosen_by_name)
        assert summary in str(caught.value)
    with pytest.raises(RowFault):
        convert_row(row, Match(name))


def test_names_are_unique_and_polarity_is_stated() -> None:
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)
    assert all(dialect.polarity and dialect.summary for dialect in DIALECTS)


def test_an_unknown_name_is_met_with_near_ones() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'judge-named'"):
        dialect_named("judge_named")
    with pytest.raises(ConfigError, match=r"There is no dialect 'csv'\. Known: pairs"):
        dialect_named("csv")
