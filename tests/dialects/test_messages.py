from __future__ import annotations

import json
from typing import Any

import pytest

from prefdata.dialects.messages import messages, written_messages
from prefdata.records.record import ASSISTANT, Message


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        *((name, "user") for name in ("user", "human", "prompter", "Human", " USER ")),
        *((name, "assistant") for name in ("assistant", "gpt", "Model", "bot", "chatgpt")),
        *((name, "system") for name in ("system", "developer")),
        *((name, "tool") for name in ("tool", "function", "observation")),
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
