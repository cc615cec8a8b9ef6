from __future__ import annotations

import math

import pytest

from prefdata.records.record import Message, Record, assistant, user
from prefdata.rules.registry import rule_named

QUESTION = "What is the capital of France?"


def fires(code: str, record: Record) -> bool:
    examine = rule_named(code).examine
    assert examine is not None
    return examine(record) is not None


def pair(chosen: str, rejected: str, margin: float | None = None) -> Record:
    return Record((user(QUESTION),), (assistant(chosen),), (assistant(rejected),), margin)


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        *(
            ("yes", "yes"),
            ("Yes", "yEs "),
            ("a  b\nc", "a b c"),
            ("é", "e\u0301"),
            ("Straße", "STRASSE"),
        ),
        *(("", "\u3000"), ("豈", "\uf900")),
    ],
)
def test_identical_sides(chosen: str, rejected: str) -> None:
    assert fires("identical-sides", pair(chosen, rejected))


@pytest.mark.parametrize(
    ("chosen", "rejected"), [("ab", "a b"), ("e", "é"), ("１", "1"), ("a", "a.")]
)
def test_sides_that_differ(chosen: str, rejected: str) -> None:
    assert not fires("identical-sides", pair(chosen, rejected))


def test_sides_with_other_tool_calls_differ() -> None:
    sides = [(Message("assistant", "ok", extra),) for extra in ('{"a":1}', '{"a":2}')]
    assert not fires("identical-sides", Record((user("q"),), sides[0], sides[1]))


@pytest.mark.parametrize(
    ("chosen", "rejected", "prefix"),
    [
        ("Paris", "Paris is the capital.", True),
        ("Paris is big \n", "Paris", True),
        ("Paris", " Paris!", True),
        ("Paris", "paris is", False),
        ("Paris", "Paris ", False),
        ("", "Paris", False),
    ],
)
def test_one_side_is_prefix(chosen: str, rejected: str, prefix: bool) -> None:
    assert fires("one-side-is-prefix", pair(chosen, rejected)) is prefix


def test_prompt_in_completion() -> None:
    assert fires("prompt-in-completion", pair("Paris", f" {QUESTION} Paris"))
    assert not fires("prompt-in-completion", pair("Paris", f"You ask: {QUESTION}"))
    hello = Record((user("Hello"),), (assistant("Hello there"),), (assistant("Hi"),))
    assert not fires("prompt-in-completion", hello)
    last = Record((user(QUESTION), assistant("Paris"), user("And of Italy, then?")), (), ())
    echo = assistant("And of Italy, then? Rome")
    assert fires("prompt-in-completion", Record(last.prompt, (echo,), ()))


@pytest.mark.parametrize(
    ("margin", "code"),
    [
        *((0.0, "tie"), (-0.0, "tie"), (-1.5, "negative-margin"), (1.0, None), (None, None)),
        *(
            (math.nan, "invalid-margin"),
            (math.inf, "invalid-margin"),
            (-math.inf, "invalid-margin"),
        ),
    ],
)
def test_margins(margin: float | None, code: str | None) -> None:
    codes = ("tie", "negative-margin", "invalid-margin")
    assert [c for c in codes if fires(c, pair("a", "b", margin))] == ([code] if code else [])
