from __future__ import annotations

import pytest

from prefdata.records.record import Message, Record, assistant, system, user
from prefdata.rules.registry import rule_named
from prefdata.rules.values import is_blank

CALL = Message("assistant", None, '{"tool_calls":[{"function":{"name":"f"}}]}')


def evidence(code: str, record: Record) -> str | None:
    examine = rule_named(code).examine
    assert examine is not None
    return examine(record)


def answers(chosen: str, rejected: str = "fine") -> Record:
    return Record((user("q"),), (assistant(chosen),), (assistant(rejected),))


@pytest.mark.parametrize(
    "text", [None, "", " \n\t", "\u200b", "\ufeff\u3000\u2060", "\x00", "\u3164"]
)
def test_blank(text: str | None) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["0", ".", "\u200b字", "😀", "\u0e01"])
def test_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("prompt", "empty"),
    [
        ((), True),
        ((user(" "),), True),
        ((system("You help."), user("\u200b")), True),
        ((system("Write a haiku."),), False),
        ((user("q"), assistant("a"), user("")), False),
        ((user("q"), CALL), False),
    ],
)
def test_empty_prompt(prompt: tuple[Message, ...], empty: bool) -> None:
    record = Record(prompt, (assistant("a"),), (assistant("b"),))
    assert (evidence("empty-prompt", record) is not None) is empty


@pytest.mark.parametrize(
    ("completion", "empty"),
    [
        ((), True),
        ((assistant(""),), True),
        ((Message("assistant", None, '{"name":"bot"}'),), True),
        ((Message("assistant", None, '{"tool_calls":[]}'),), True),
        ((CALL,), False),
        ((CALL, Message("tool", "42"), assistant("")), False),
        ((Message("tool", "42"), assistant(" ")), True),
    ],
)
def test_empty_completion(completion: tuple[Message, ...], empty: bool) -> None:
    record = Record((user("q"),), (assistant("a"),), completion)
    found = evidence("empty-completion", record)
    assert (found is not None) is empty
    assert found is None or found.startswith("rejected")


@pytest.mark.parametrize(
    "text",
    [
        "[deleted]",
        " NULL\n",
        "N/A.",
        "Error: 503 Service Unavailable",
        "HTTP 404",
        "无",
        "...",
        "error",
    ],
)
def test_placeholders(text: str) -> None:
    assert evidence("placeholder", answers("fine", text)) == f"rejected is only {quoted(text)}"


def quoted(text: str) -> str:
    return f'"{text.strip()}"'


@pytest.mark.parametrize(
    "text", ["None of them.", "404", "Null is a value.", "No", "空气", "Error 7"]
)
def test_real_answers_are_no_placeholders(text: str) -> None:
    assert evidence("placeholder", answers(text)) is None
