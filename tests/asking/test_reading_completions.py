"""Bodies of answers: what they hold is read, and whatever they hold does no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.clients.completions import Completions, body_of, read_completions, with_usage
from prefdata.clients.trouble import Trouble
from prefdata.records.chat import ChatAnswer, ChatFailure, ChatRequest, ChatUsage, parameters_text
from prefdata.records.record import Message, user

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
CHOICE = st.fixed_dictionaries(
    {},
    optional={
        "index": JSON,
        "message": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("content", "reasoning", "refusal", "tool_calls"), JSON)
        ),
        "finish_reason": JSON,
        "logprobs": st.fixed_dictionaries({}, optional={"content": JSON}) | JSON,
        "error": JSON,
    },
)
BODY = st.fixed_dictionaries(
    {}, optional={"choices": st.lists(CHOICE, max_size=3) | JSON, "usage": JSON, "error": JSON}
)


def answer(**message: Any) -> bytes:
    """The body of an answer with one choice."""
    choice = {"index": 0, "message": {"role": "assistant"} | message, "finish_reason": "stop"}
    return json.dumps({"choices": [choice]}).encode()


def only(content: bytes) -> ChatAnswer | ChatFailure:
    """The one outcome of a body."""
    came = read_completions(content)
    assert isinstance(came, Completions), came
    return came.outcomes[0]


@given(BODY)
def test_any_body_is_completions_or_trouble(body: Any) -> None:
    came = read_completions(json.dumps(body).encode())
    assert isinstance(came, Completions | Trouble)
    if isinstance(came, Trouble):
        assert len(came.said) < 600
        assert came.said.isprintable()


@given(st.binary(max_size=200))
def test_any_bytes_are_trouble(content: bytes) -> None:
    assert isinstance(read_completions(content), Completions | Trouble)


def test_what_a_message_holds_is_kept() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": "{}"}}
    came = only(answer(content="hi", reasoning_content="so", tool_calls=[call], annotations=[]))
    extra = json.dumps({"tool_calls": [call]}, separators=(",", ":"), sort_keys=True)
    assert came == ChatAnswer("hi", "stop", "so", None, (), extra)


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": None, "refusal": "I cannot."}, "I cannot.", None),
        ({"content": None, "reasoning": "hm"}, "", "hm"),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab", None),
        ({"content": [{"thinking": [{"text": "t"}]}, {"text": "b"}]}, "b", "t"),
        ({"content": "nul \0 and 你好"}, "nul \0 and 你好", None),
    ],
)
def test_texts_in_their_forms(message: dict[str, Any], text: str, reasoning: str | None) -> None:
    came = only(answer(**message))
    assert isinstance(came, ChatAnswer)
    assert (came.text, came.reasoning) == (text, reasoning)


def test_candidates_with_their_log_probabilities() -> None:
    top = [{"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -2.5}]
    token = {"token": "A", "logprob": -0.1, "top_logprobs": top}
    bare = {"token": "!", "logprob": -1, "top_logprobs": []}
    choice = {"message": {"content": "A!"}, "logprobs": {"content": [token, bare]}}
    came = only(json.dumps({"choices": [choice]}).encode())
    assert isinstance(came, ChatAnswer)
    assert came.top_tokens == ((("A", -0.1), ("B", -2.5)), (("!", -1.0),))


@given(st.integers(1, 9), st.integers(0, 10**6), st.integers(0, 10**6))
def test_tokens_are_counted_once(count: int, prompt: int, completion: int) -> None:
    outcomes: list[ChatAnswer | ChatFailure] = [ChatAnswer("x") for _ in range(count)]
    with_usage(outcomes, (prompt, completion))
    used = [each.usage or ChatUsage() for each in outcomes if isinstance(each, ChatAnswer)]
    assert sum(each.prompt for each in used) == prompt
    assert sum(each.completion for each in used) == completion
    assert max(e.completion for e in used) - min(e.completion for e in used) <= 1


def test_a_body_says_what_was_asked() -> None:
    messages = (Message("system", "s"), user("u"), Message("assistant", None, '{"tool_calls":[]}'))
    parameters = parameters_text({"temperature": 0.5, "seed": 7, "stream": True, "n": 9})
    body = json.loads(body_of(ChatRequest("m", messages, parameters), 2, 3))
    assert body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": None, "tool_calls": []},
        ],
        "temperature": 0.5,
        "seed": 9,
        "n": 3,
    }
