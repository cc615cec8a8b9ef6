from __future__ import annotations

import pytest

from prefdata.records.record import Record, assistant, user
from prefdata.rules.registry import rule_named


def refuses(text: str) -> bool:
    examine = rule_named("refusal").examine
    assert examine is not None
    return examine(Record((user("q"),), (assistant("yes"),), (assistant(text),))) is not None


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't do that.",
        "I’m not able to help with this request.",
        "As an AI language model, I cannot browse.",
        "很抱歉，我无法回答这个问题。",
        "作为一个人工智能助手，我不能替您决定。",
    ],
)
def test_refusals(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "I cannot stress enough how good this is.",
        "As an AI, I would be happy to plan your trip.",
        "作为人工智能助手，我很高兴能帮助您。",
        "Sorry to hear that! Let us see.",
        "word " * 60 + "I cannot help",
    ],
)
def test_no_refusals(text: str) -> None:
    assert not refuses(text)


def test_it_is_off_by_default() -> None:
    assert rule_named("refusal").level == "off"
