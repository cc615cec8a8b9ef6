"""A local model that is held to a form says one of the values, and how likely it finds each."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from small_chat import save_chat_model

from prefdata.config.asking import LimitsConfig
from prefdata.config.local_model import LocalModelConfig
from prefdata.models.generation.form import Form, Walk, form_of, walk
from prefdata.models.generation.local_model import LocalModel
from prefdata.records.chat import Asked, ChatAnswer, ChatFailure, ChatRequest, parameters_text
from prefdata.records.record import user


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chat_model(tmp_path_factory.mktemp("models") / "held")


def stated(**members: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": members, "required": list(members)}
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}


def told(folder: Path, *asked: ChatRequest, tokens: int = 10_000) -> list[ChatAnswer | ChatFailure]:
    model = LocalModel(str(folder), LocalModelConfig(device="cpu", batch_tokens=tokens))
    requests = (Asked(each, each.key, (0,)) for each in asked)
    found = {r.key: r.outcome for some in model.replies(requests, LimitsConfig()) for r in some}
    return [found[each.key] for each in asked]


def request(text: str, **parameters: Any) -> ChatRequest:
    given = {"max_tokens": 64, "temperature": 0.0, **parameters}
    return ChatRequest("small", (user(text),), parameters_text(given))


def test_a_reply_is_the_object_that_was_asked_for(folder: Path) -> None:
    points = {"enum": list(range(1, 13))}
    form = stated(verdict={"enum": ["A", "B", "tie"]}, 准确={"enum": ["好", '"坏"']}, points=points)
    asked = [request(f"Which? {n}", response_format=form) for n in range(5)]
    free = request("Say more.", temperature=1.0)
    answers = told(folder, *asked, free)
    for each in answers[:-1]:
        assert isinstance(each, ChatAnswer)
        assert each.finish == "stop"
        said = json.loads(each.text)
        assert list(said) == ["verdict", "准确", "points"]
        assert said["verdict"] in ("A", "B", "tie")
        assert said["准确"] in ("好", '"坏"')
        assert said["points"] in range(1, 13)
    assert answers == told(folder, *asked, free, tokens=1)
    assert told(folder, free) == answers[-1:]


def test_it_is_the_likeliest_value_and_the_others_are_told(folder: Path) -> None:
    form = stated(verdict={"enum": ["A", "B", "tie"]})
    asked = request("Which?", response_format=form, logprobs=True, top_logprobs=5)
    [answer] = told(folder, asked)
    assert isinstance(answer, ChatAnswer)
    verdict = json.loads(answer.text)["verdict"]
    [choice] = [each for each in answer.top_tokens if len(each) == 3]
    assert {token for token, _ in choice} == {"A", "B", "t"}
    assert verdict.startswith(choice[0][0])
    assert math.fsum(math.exp(chance) for _, chance in choice) < 1
    drawn = [request("Which?", response_format=form, temperature=2.0, seed=k) for k in range(40)]
    texts = {each.text for each in told(folder, *drawn) if isinstance(each, ChatAnswer)}
    assert len(texts) == 3


@pytest.mark.parametrize(
    "form",
    [
        {"type": "json_object"},
        "json",
        stated(),
        stated(reasoning={"type": "string"}, verdict={"enum": ["A"]}),
        stated(verdict={"enum": []}),
        stated(verdict={"enum": list(range(200))}),
    ],
)
def test_another_form_is_refused_in_words(folder: Path, form: object) -> None:
    [refused] = told(folder, request("Which?", response_format=form))
    assert isinstance(refused, ChatFailure)
    assert refused.reason == "bad-request"
    assert "model" in refused.said or "values" in refused.said


def test_no_form_is_none() -> None:
    assert form_of(None) is None
    assert form_of({"type": "text"}) is None


def test_a_value_that_begins_another_one_can_be_said() -> None:
    form = Form((("[",), ("1", "10", "12"), ("]",)))
    for said in ("[1]", "[10]", "[12]"):
        at = walk(form, lambda text: [ord(sign) for sign in text])
        for sign in said:
            assert ord(sign) in at.allowed()
            at.take(ord(sign))
        assert at.allowed() == []
    middle = Walk([[[1]], [[2], [2, 3]], [[4]]])
    middle.take(1)
    middle.take(2)
    assert middle.allowed() == [3, 4]
