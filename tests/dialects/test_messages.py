from __future__ import annotations

import json
from typing import Any

import pytest

from prefdata.dialects.assembly import text_or_messages
from prefdata.dialects.messages import messages, wrapped_messages, written_messages
from prefdata.errors import RowFault
from prefdata.records.record import ASSISTANT, Message


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        *((name, "user") for name in ("user", "human", "prompter", "Human", " USER ")),
        *((name, "assistant") for name in ("assistant", "gpt", "Model", "bot", "chatgpt")),
        *((name, "system") for name in ("system", "developer")),
        *((name, "tool") for name in ("tool", "function", "observation")),
        *((name, "user") for name in ("用户", "人类", "问", "Customer")),
        *((name, "assistant") for name in ("AI", "chatbot", "助手", "答", "模型")),
        *((name, "system") for name in ("系统", "sys")),
        ("工具", "tool"),
    ],
)
def test_roles_have_many_names(role: str, wanted: str) -> None:
    assert messages([{"from": role, "value": "嗨"}], "chosen") == (Message(wanted, "嗨"),)


CALL = {"type": "function", "function": {"name": "f", "arguments": {"b": 1, "a": 2}}}


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        ({"role": "user", "content": "a", "from": None, "value": None}, Message("user", "a")),
        ({"role": None, "content": None, "from": "human", "value": "a"}, Message("user", "a")),
        (
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            Message(
                ASSISTANT,
                None,
                '{"tool_calls":[{"function":{"arguments":{"a":2,"b":1},"name":"f"},'
                '"type":"function"}]}',
            ),
        ),
        (
            {"role": "user", "content": "a", "name": "Li", "age": float("nan")},
            Message("user", "a", '{"age":"NaN","name":"Li"}'),
        ),
        (
            {"role": "user", "content": [{"type": "text", "text": "天"}, {"text": "空"}]},
            Message("user", "天空"),
        ),
        (
            {"role": "user", "content": [{"type": "text", "text": "a", "cache": 1}]},
            Message("user", "a", '{"content_blocks":[{"cache":1,"text":"a","type":"text"}]}'),
        ),
        (
            {"from": "Function_Call", "value": [{"name": "f"}]},
            Message(
                ASSISTANT, None, '{"tool_calls":[{"function":{"name":"f"},"type":"function"}]}'
            ),
        ),
    ],
)
def test_messages_are_made_alike(item: dict[str, Any], wanted: Message) -> None:
    assert messages([item], "prompt") == (wanted,)


@pytest.mark.parametrize(
    "text",
    [
        "[1] a",
        "{}",
        "[]",
        '{"role": "user"}',
        '[{"role": "user", "content": "a"}, 1]',
        "[{role",
        '{"role"',
        ' [{"role": "user", "content": "a"}]',
        'See [{"role": "user", "content": "a"}]',
    ],
)
def test_a_text_with_something_like_json_stays_a_text(text: str) -> None:
    assert written_messages(text, "chosen") is None


def test_json_text_of_messages_is_messages() -> None:
    one = {"from": "gpt", "value": "a"}
    assert written_messages(json.dumps(one), "chosen") == [one]
    assert written_messages(json.dumps([one, one]), "chosen") == [one, one]


WRAPPED = {"messages": [{"role": "user", "content": "你好"}], "tools": [{"name": "f"}]}


def test_messages_may_stand_in_an_object_beside_tools() -> None:
    written = json.dumps(WRAPPED, ensure_ascii=False)
    assert written_messages(written, "chosen") == WRAPPED["messages"]
    assert wrapped_messages({**WRAPPED, "model": "m"}) is None  # the request of some program
    assert written_messages(json.dumps({**WRAPPED, "model": "m"}), "chosen") is None


@pytest.mark.parametrize(
    "item",
    [
        {"role": "model", "parts": [{"text": "天"}, {"text": "空"}]},
        {"role": "assistant", "text": "天空"},
        {"role": "assistant", "content": [{"type": "text", "value": "天空"}]},
    ],
)
def test_a_content_goes_by_several_names(item: dict[str, Any]) -> None:
    assert messages([item], "chosen") == (Message(ASSISTANT, "天空"),)


def test_a_json_answer_about_roles_stays_text() -> None:
    assert written_messages('[{"role": "cook", "text": "Stir."}]', "chosen") is None


def test_an_object_of_lists_is_a_list_of_messages() -> None:
    by_field = {
        "role": ["user", "assistant"],
        "content": ["问", None],
        "tool_calls": [None, [CALL]],
    }
    read = text_or_messages(by_field, "chosen")
    assert read == messages(
        [
            {"role": "user", "content": "问"},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
        ],
        "chosen",
    )
    with pytest.raises(RowFault):  # lists of different lengths are nothing
        text_or_messages({"role": ["user", "assistant"], "content": ["问"]}, "chosen")
