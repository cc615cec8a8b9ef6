from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from prefdata.dialects.convert import convert_row, looks_like_messages, text_fields
from prefdata.dialects.dialect import Match
from prefdata.errors import RowFault
from prefdata.records.record import Record, assistant, user

PAIRS = Match("pairs")
PLAIN = {"prompt": "q", "chosen": "a", "rejected": "b"}
RAW = {name: Raw(json.dumps(text).encode()) for name, text in PLAIN.items()}
WANTED = Record((user("q"),), (assistant("a"),), (assistant("b"),))


def side(content: object, role: str = "assistant", **more: object) -> dict[str, object]:
    return {"role": role, "content": content, **more}


def reason(fields: dict[str, Any], match: Match = PAIRS) -> str:
    with pytest.raises(RowFault) as caught:
        convert_row(fields, match)
    assert caught.value.evidence
    return caught.value.reason


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'"\\ud83d"', "lone-surrogate"),
        (b'"\\ud83d\\u0041"', "lone-surrogate"),
        (b'["\\udc00"]', "lone-surrogate"),
        (b'"\xff"', "invalid-utf8"),
        (b'"half', "invalid-json"),
        (b"[" * 100_000, "invalid-json"),
        (b"NaN", "wrong-type"),
        (b"1e400", "wrong-type"),
        (b"3", "wrong-type"),
        (b"true", "wrong-type"),
        (b"null", "missing-field"),
        (b"[]", "empty-conversation"),
        (b'["a"]', "wrong-type"),
        (b'[{"role":"assistant"}]', "missing-field"),
        (b'[{"content":"a"}]', "missing-field"),
    ],
)
def test_faults_of_undecoded_values(raw: bytes, code: str) -> None:
    assert reason({**RAW, "chosen": Raw(raw)}) == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("\ud83d", "lone-surrogate"),
        ([side("\ud83d")], "lone-surrogate"),
        ('[{"role": "assistant", "content": "\\ud83d"}]', "lone-surrogate"),
        (float("nan"), "wrong-type"),
        (None, "missing-field"),
        ([side("a", "alien")], "unknown-role"),
        ([side("a", 3)], "unknown-role"),  # type: ignore[arg-type]
        ([side(3)], "wrong-type"),
        ([side(["a"])], "wrong-type"),
        ([side([])], "wrong-type"),
        ([side([{"type": "text", "text": 1}])], "wrong-type"),
        ([side([{"type": "image_url", "image_url": "x"}])], "unsupported-content"),
        ([{"from": "function_call", "value": "not JSON"}], "invalid-json"),
        ([{"from": "function_call", "value": "[1]"}], "wrong-type"),
    ],
)
def test_faults_of_python_values(value: object, code: str) -> None:
    assert reason({**PLAIN, "chosen": value}) == code


@pytest.mark.parametrize(
    ("match", "fields", "code"),
    [
        (PAIRS, {"chosen": "a", "rejected": "b"}, "missing-field"),
        (PAIRS, {**PLAIN, "question": "other"}, "wrong-type"),
        (PAIRS, {**PLAIN, "margin": "much"}, "wrong-type"),
        (PAIRS, {**PLAIN, "margin": True}, "wrong-type"),
        (PAIRS, {**PLAIN, "system": 3}, "wrong-type"),
        (PAIRS, {**PLAIN, "history": [["a"]]}, "wrong-type"),
        (PAIRS, {**PLAIN, "history": "x"}, "invalid-json"),
        (PAIRS, {**PLAIN, "history": {"a": 1}}, "wrong-type"),
        (Match("implicit"), {"chosen": "one", "rejected": "two"}, "no-shared-prompt"),
        (Match("implicit"), {"chosen": "a b", "rejected": "a c", "prompt": "q"}, "wrong-type"),
        (Match("implicit"), {"chosen": "a b", "rejected": [side("x")]}, "wrong-type"),
        (Match("hh"), {"chosen": "a", "rejected": "b"}, "unknown-role"),
        (Match("hh"), {"chosen": "a\n\nHuman: b", "rejected": "\n\nHuman: b"}, "unknown-role"),
        (Match("sharegpt"), {"conversations": "q", "chosen": "a", "rejected": "b"}, "wrong-type"),
        (Match("swift"), {"messages": "q", "rejected_response": "b"}, "wrong-type"),
        (PAIRS, {**PLAIN, "prompt": 3}, "wrong-type"),
        (Match("arena-conversations"), {"winner": "C"}, "unknown-label"),
        (
            Match("arena-conversations"),
            {"winner": "tie", "conversation_a": "a", "conversation_b": "b"},
            "wrong-type",
        ),
        (
            PAIRS,
            {"instruction": [side("q", "user")], "input": "x", "chosen": "a", "rejected": "b"},
            "wrong-type",
        ),
    ],
)
def test_faults_of_whole_rows(match: Match, fields: dict[str, Any], code: str) -> None:
    assert reason(fields, match) == code


@pytest.mark.parametrize("label", [0, 2.5, None, float("nan"), True, "good", [1], 10**400])
def test_labels_that_nobody_knows(label: object) -> None:
    row = {"instruction": "q", "output_1": "a", "output_2": "b", "preference": label}
    assert reason(row, Match("alpaca-eval")) == "unknown-label"
    row = {"prompt": "q", "response_1": "a", "response_2": "b"}
    for name in ("named", "zero-based", "one-based"):
        unknown = "maybe" if label == 0 else label
        assert reason({**row, "label": unknown}, Match(f"judge-{name}")) == "unknown-label"


BATTLE = {"prompt": '["q"]', "response_a": '["a"]', "response_b": '["b"]', "winner_model_b": 0}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"winner_model_a": 0}, "unknown-label"),
        ({"winner_model_a": 1, "winner_tie": 1}, "unknown-label"),
        ({"winner_model_a": "yes"}, "unknown-label"),
        ({"winner_model_a": 1, "response_a": '["a", "b"]'}, "missing-field"),
        ({"winner_model_a": 1, "response_a": "[null]"}, "missing-field"),
        ({"winner_model_a": 1, "response_a": "[]"}, "empty-conversation"),
        ({"winner_model_a": 1, "response_a": '["\\ud83d"]'}, "lone-surrogate"),
    ],
)
def test_faults_of_battles(change: dict[str, Any], code: str) -> None:
    assert reason({**BATTLE, **change}, Match("arena")) == code


def test_a_text_that_begins_like_a_list_of_turns_is_a_text() -> None:
    row = {**BATTLE, "prompt": "q", "winner_model_a": True, "response_a": "[1] see below"}
    record = convert_row(row, Match("arena"))
    assert (record.chosen[0].content, record.rejected[0].content) == ("[1] see below", '["b"]')


def test_metadata_is_sorted_and_undecoded_values_are_kept_to_the_letter() -> None:
    fields = {"z": Raw(b'{"b":1.0, "a":[1e5]}'), **RAW, "É": Raw(b"null"), "a": Raw(b'"\\u00e9"')}
    record = convert_row(fields, PAIRS)
    assert record.metadata == '{"a":"\\u00e9","z":{"b":1.0, "a":[1e5]},"É":null}'
    assert convert_row(RAW, PAIRS) == WANTED


def test_python_values_become_strict_json() -> None:
    more = {
        "nan": float("nan"),
        "list": [float("inf"), {"low": -float("inf")}],
        "bytes": b"ab",
        "day": datetime.date(2024, 5, 1),
        "odd": complex(1, 2),
        "true": True,
    }
    assert json.loads(convert_row({**PLAIN, **more}, PAIRS).metadata) == {
        "nan": "NaN",
        "list": ["Infinity", {"low": "-Infinity"}],
        "bytes": "YWI=",
        "day": "2024-05-01",
        "odd": "(1+2j)",
        "true": True,
    }


@pytest.mark.parametrize(
    ("value", "code"), [("\ud83d", "lone-surrogate"), (Raw(b'"\xff"'), "invalid-utf8")]
)
def test_faults_of_metadata(value: object, code: str) -> None:
    assert reason({**PLAIN, "note": value}) == code


def test_values_nested_too_deeply_are_faults() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert reason({**PLAIN, "chosen": deep}) == "invalid-json"
    assert reason({**PLAIN, "note": deep}) == "invalid-json"


def test_rows_of_other_dialects_are_read_where_a_person_insists() -> None:
    row = {"chosen": "a b", "rejected": "a c", "prompt": "q"}
    record = convert_row(row, Match("implicit", (), True))
    assert (record.prompt, record.metadata) == ((user("a"),), '{"prompt":"q"}')


def test_of_two_fields_for_one_part_the_one_with_a_value_speaks() -> None:
    for blank in (None, "", "q"):
        record = convert_row({**RAW, "prompt": blank, "question": Raw(b'"q"')}, PAIRS)
        assert record.prompt == (user("q"),)
    record = convert_row({**PLAIN, "question": "x"}, Match("pairs", (("prompt", "question"),)))
    assert (record.prompt, record.metadata) == ((user("x"),), '{"prompt":"q"}')


def test_text_fields_are_named_where_there_is_nothing_else_to_convert() -> None:
    assert text_fields(PAIRS, ("id", "Rejected", "chosen", "question")) == (
        "question",
        "chosen",
        "Rejected",
    )
    for more in ("system", "margin", "question", "chosen_score"):
        assert text_fields(PAIRS, (*PLAIN, more)) is None
    assert text_fields(PAIRS, (*PLAIN, "input")) == ("prompt", "chosen", "rejected")
    assert text_fields(PAIRS, ("instruction", "input", "chosen", "rejected")) is None
    assert text_fields(Match("hh"), ("chosen", "rejected")) is None


texts = st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(
    r"[\[{].*", fullmatch=True
)


@given(prompt=texts, chosen=texts, rejected=texts)
def test_texts_stay_what_they_are(prompt: str, chosen: str, rejected: str) -> None:
    """What a fast reader may assume: literal messages wherever the cheap test says no."""
    row = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    if not any(looks_like_messages(text) for text in row.values()):
        wanted = Record((user(prompt),), (assistant(chosen),), (assistant(rejected),))
        raw = {name: Raw(json.dumps(text).encode()) for name, text in row.items()}
        assert convert_row(row, PAIRS) == convert_row(raw, PAIRS) == wanted


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "type", "text"]), inner
        )
    ),
    max_leaves=6,
)
NAMES = [
    *("prompt", "chosen", "rejected", "conversations", "messages", "rejected_response"),
    *("history", "system", "margin", "label", "response_a", "response_b", "winner_model_a"),
    *("winner_model_b", "preference", "output_1", "output_2"),
]


@pytest.mark.parametrize(
    "name", ["pairs", "implicit", "hh", "sharegpt", "swift", "alpaca-eval", "judge-named", "arena"]
)
@given(row=st.dictionaries(st.sampled_from(NAMES), anything))
def test_any_row_becomes_a_record_or_a_fault(name: str, row: dict[str, object]) -> None:
    try:
        record = convert_row(row, Match(name))
    except RowFault as fault:
        assert fault.reason and fault.evidence
    else:
        json.loads(record.metadata)
