"""Pairs of other trainers, services and datasets: each row becomes the record that it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prefdata.dialects import dialect_named
from prefdata.dialects.convert import convert_row
from prefdata.dialects.detect import detect
from prefdata.dialects.dialect import Match
from prefdata.dialects.formats.named_sides import NAMED_SIDES
from prefdata.dialects.formats.rejected_lists import judge_pairs, judge_swift
from prefdata.errors import DialectError, RowFault
from prefdata.records.record import Record, assistant, system, text_of, user

Q, A, B = "哪颗行星最大？", "木星。", "the moon"
PAIR = Record((user(Q),), (assistant(A),), (assistant(B),))


def said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


ASKED, GOOD, POOR = [said("user", Q)], [said("assistant", A)], [said("assistant", B)]


def read(row: dict[str, Any]) -> tuple[str, Record]:
    match = detect([row], place="rows.jsonl")
    record = convert_row(row, match)
    return match.dialect, record


def bare(record: Record) -> Record:
    return Record(record.prompt, record.chosen, record.rejected, record.margin)


@pytest.mark.parametrize("dialect", NAMED_SIDES, ids=lambda d: d.name)
def test_every_couple_of_names_points_from_the_better_to_the_worse(dialect: Any) -> None:
    names = {part.name: part.names for part in dialect.parts}
    for better, worse in zip(names["chosen"], names["rejected"], strict=False):
        for first, second in ((better, worse), (worse, better)):  # whatever comes first in the row
            texts = {better: A, worse: B}
            row = {"prompt": Q, first: texts[first], second: texts[second]}
            assert read(row) == (dialect.name, PAIR)


def test_an_input_is_the_prompt_where_there_is_no_other() -> None:
    row = {"system": "Be brief.", "input": Q, "chosen": A, "rejected": B, "rating": [8.0, 3.0]}
    name, record = read(row)
    assert (name, record.prompt) == ("pairs", (system("Be brief."), user(Q)))
    both = {"prompt": Q, "input": "kept", "chosen": A, "rejected": B}
    assert read(both)[1].prompt == (user(Q),)
    assert json.loads(read(both)[1].metadata) == {"input": "kept"}


def test_nan_is_blank() -> None:
    nan = float("nan")
    row = {"instruction": Q, "input": nan, "output_1": B, "output_2": A, "preference": 2}
    assert bare(read(row)[1]) == Record(PAIR.prompt, PAIR.chosen, PAIR.rejected, 1.0)


@pytest.mark.parametrize("conversation", ["messages", "context"])
@pytest.mark.parametrize("shape", [lambda side: side, lambda side: side[0]])
def test_a_conversation_and_two_replies(conversation: str, shape: Any) -> None:
    row = {conversation: ASKED, "chosen": shape(GOOD), "rejected": shape(POOR)}
    assert read(row) == ("chat", PAIR)
    assert read({conversation: ASKED, "chosen": A, "rejected": B}) == ("chat", PAIR)


def test_messages_beside_whole_conversations_stay_metadata() -> None:
    row = {"messages": ASKED + GOOD, "chosen": ASKED + GOOD, "rejected": ASKED + POOR}
    name, record = read(row)
    assert (name, bare(record)) == ("implicit", PAIR)
    assert "messages" in json.loads(record.metadata)


def test_a_conversation_that_is_answered_is_no_prompt() -> None:
    with pytest.raises(RowFault, match="ends with an answer"):
        convert_row({"messages": ASKED + GOOD, "chosen": A, "rejected": B}, Match("chat"))


def test_texts_with_a_role_are_messages() -> None:
    row = {
        "context": [{"role": "human", "text": Q}],
        "chosen": {"role": "assistant", "text": A},
        "rejected": {"role": "assistant", "text": B},
    }
    assert read(row) == ("chat", PAIR)


def test_a_prompt_of_turns_is_messages_and_the_space_of_its_marker_is_none_of_the_reply() -> None:
    prompt = f"\n\nHuman: Hello\n\nAssistant: Hi.\n\nHuman: {Q}\n\nAssistant:"
    row = {"prompt": prompt, "response": f" {A}", "chosen": f" {A}", "rejected": f" {B}"}
    name, record = read(row)
    wanted = (user("Hello"), assistant("Hi."), user(Q))
    assert (name, bare(record)) == ("transcript-prompt", Record(wanted, PAIR.chosen, PAIR.rejected))
    begun = {**row, "prompt": prompt + " Let me"}
    assert read(begun)[0] == "pairs"
    plain = convert_row({"prompt": Q, "chosen": A, "rejected": B}, Match("transcript-prompt"))
    assert plain == PAIR


@pytest.mark.parametrize("noun", ["conversations", "messages"])
def test_two_whole_conversations(noun: str) -> None:
    row = {f"chosen_{noun}": ASKED + GOOD, f"rejected_{noun}": ASKED + POOR}
    assert read(row) == ("whole-conversations", PAIR)
    row = {f"rejected_{noun}": ASKED + GOOD, f"chosen_{noun}": ASKED + POOR}
    assert read(row)[1].chosen == PAIR.rejected


def test_openai_keeps_tools_and_what_else_its_input_says() -> None:
    tools = [{"type": "function", "function": {"name": "orbit"}}]
    row = {
        "input": {"messages": ASKED, "tools": tools, "parallel_tool_calls": True},
        "non_preferred_output": POOR,
        "preferred_output": GOOD,
        "id": 7,
    }
    name, record = read(row)
    assert (name, bare(record)) == ("openai", PAIR)
    kept = {"tools": tools, "input": {"parallel_tool_calls": True}, "id": 7}
    assert json.loads(record.metadata) == kept
    with pytest.raises(RowFault, match="not an object with messages"):
        convert_row({**row, "input": "How?"}, Match("openai"))


def vertex(first: float | None, second: float | None) -> dict[str, Any]:
    return {
        "systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": Q}]}],
        "completions": [
            {"score": score, "completion": {"role": "model", "parts": [{"text": text}]}}
            for score, text in ((first, A), (second, B))
        ],
    }


@pytest.mark.parametrize(("first", "second"), [(1.0, 0.0), (0.0, 1.0), (2, 2)])
def test_vertex_prefers_the_higher_score(first: float, second: float) -> None:
    name, record = read(vertex(first, second))
    better, worse = (A, B) if first >= second else (B, A)
    wanted = (assistant(better),), (assistant(worse),), abs(first - second)
    assert (name, *wanted) == ("vertex", record.chosen, record.rejected, record.margin)
    assert record.prompt == (system("Be brief."), user(Q))
    with pytest.raises(RowFault, match="no score"):
        convert_row(vertex(None, 1.0), Match("vertex"))


def test_a_list_of_two_outputs_has_the_better_one_first() -> None:
    row = {"instruction": Q, "input": "", "output": [A, B]}
    assert read(row) == ("output-list", PAIR)
    assert convert_row({**row, "output": [B, A]}, Match("output-list")).chosen == PAIR.rejected
    for output in ([A], [A, B, B], A, [A, 1]):
        with pytest.raises(RowFault):
            convert_row({**row, "output": output}, Match("output-list"))


def test_step_dpo_begins_both_completions() -> None:
    row = {"prompt": Q, "initial_reason_steps": "Step 1: ", "chosen": A, "rejected": B}
    name, record = read(row)
    assert (name, record.chosen) == ("pairs", (assistant("Step 1: " + A),))
    assert record.rejected == (assistant("Step 1: " + B),)
    assert read({**row, "initial_reason_steps": ""})[1] == PAIR


SWIFT = {"messages": ASKED + GOOD, "rejected_response": [B, "the sun"]}
LISTED = {"prompt": Q, "chosen": A, "rejected": [B, "the sun"]}


@pytest.mark.parametrize(
    ("row", "name", "judge"),
    [(SWIFT, "swift-list", judge_swift), (LISTED, "rejected-list", judge_pairs)],
)
def test_a_list_of_rejected_is_a_judgement(row: dict[str, Any], name: str, judge: Any) -> None:
    assert detect([row], place="x").dialect == name
    judgement = judge({**row, "rejected": row.get("rejected", row.get("rejected_response"))})
    assert [text_of(c.messages) for c in judgement.completions] == [A, B, "the sun"]
    [opinion] = judgement.opinions
    assert (opinion.kind, opinion.values) == ("rank", (1.0, 2.0, 2.0))
    assert judgement.prompt == PAIR.prompt
    assert dialect_named(name).judge is judge


def test_a_list_of_one_rejected_is_a_pair() -> None:
    for row in ({**SWIFT, "rejected_response": [B]}, {**LISTED, "rejected": [B]}):
        assert bare(read(row)[1]) == PAIR
    with pytest.raises(RowFault, match="list of 2 responses"):
        convert_row(SWIFT, Match("swift"))


def test_a_couple_is_never_mixed_with_another() -> None:
    with pytest.raises(DialectError):
        detect([{"prompt": Q, "pos_resp": A, "response_k": B}], place="x")


def test_scores_of_other_names_give_the_margin() -> None:
    row = {"prompt": Q, "chosen": A, "rejected": B, "rating_chosen": 5, "rating_rejected": 3}
    assert read(row)[1].margin == 2.0
    assert read({**row, "chosen_score": 1, "rejected_score": 0})[1].margin == 1.0


def test_sides_written_as_json_with_their_tools() -> None:
    tools = [{"name": "orbit"}]
    sides = {
        name: json.dumps({"messages": ASKED + side, "tools": tools}, ensure_ascii=False)
        for name, side in (("chosen", GOOD), ("rejected", POOR))
    }
    name, record = read(sides)
    assert (name, bare(record)) == ("implicit", PAIR)
    assert json.loads(record.metadata) == {"tools": tools}
    other = {**sides, "rejected": sides["rejected"].replace("orbit", "moons")}
    with pytest.raises(RowFault, match="offer different tools"):
        convert_row(other, Match("implicit"))
    none = {name: json.dumps({"messages": ASKED + GOOD, "tools": []}) for name in sides}
    assert read(none)[1].metadata == "{}"


@pytest.mark.parametrize(("winner", "better"), [("m1", A), ("m2", B), ("tie", A)])
def test_a_winner_may_be_the_name_of_a_model(winner: str, better: str) -> None:
    row = {"prompt": Q, "model_a": "m1", "model_b": "m2", "response_a": A, "response_b": B}
    match = detect([{**row, "winner": "m1"}, {**row, "winner": "m2"}], place="x")
    record = convert_row({**row, "winner": winner}, match)
    assert match.dialect == "judge-named"
    assert record.chosen == (assistant(better),)
    assert record.margin == (0.0 if winner == "tie" else None)
    with pytest.raises(RowFault):
        convert_row({**row, "winner": "m3"}, match)
    with pytest.raises(RowFault):
        convert_row({**row, "model_b": "m1", "winner": "m1"}, match)
