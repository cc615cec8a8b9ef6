"""Completions of a local model: what is drawn depends on nothing but the request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_chat import save_chat_model

from prefdata.config.asking import LimitsConfig
from prefdata.config.local_model import LocalModelConfig
from prefdata.errors import ModelError
from prefdata.models.generation.jobs import Job, Sampling, batches
from prefdata.models.generation.local_model import LocalModel, called, identity_of
from prefdata.records.chat import Asked, ChatAnswer, ChatFailure, ChatRequest, parameters_text
from prefdata.records.record import user

QUESTIONS = ["What is two plus three?", "Why?", "怎样让绿萝长得更茂盛？", "Name a bird " * 9]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chat_model(tmp_path_factory.mktemp("models") / "small")


def request(text: str, **parameters: object) -> ChatRequest:
    stated = parameters_text({"max_tokens": 24, "temperature": 1.0, **parameters})
    return ChatRequest("small", (user(text),), stated)


def answers(
    folder: Path, requests: list[ChatRequest], count: int, tokens: int
) -> dict[tuple[str, int], ChatAnswer | ChatFailure]:
    model = LocalModel(str(folder), LocalModelConfig(device="cpu", batch_tokens=tokens))
    asked: Iterator[Asked] = (Asked(r, r.key, tuple(range(count))) for r in requests)
    return {
        (reply.key, reply.number): reply.outcome
        for replies in model.replies(asked, LimitsConfig())
        for reply in replies
    }


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("top_p", [1.0, 0.7])
def test_what_is_drawn_beside_it_changes_nothing(
    folder: Path, temperature: float, top_p: float
) -> None:
    requests = [request(text, temperature=temperature, top_p=top_p) for text in QUESTIONS]
    together = answers(folder, requests, 3, 100_000)
    alone = answers(folder, requests, 3, 1)
    assert together == alone
    assert len(together) == 12
    texts = {k: a.text for k, a in together.items() if isinstance(a, ChatAnswer)}
    differ = len({texts[requests[0].key, k] for k in range(3)})
    assert differ == (1 if temperature == 0 else 3)


def test_another_seed_is_another_draw_and_the_same_is_the_same(folder: Path) -> None:
    one, two = request(QUESTIONS[0], seed=1), request(QUESTIONS[0], seed=2)
    found = answers(folder, [one, two], 1, 1000)
    assert found == answers(folder, [two, one], 1, 1000)
    assert found[one.key, 0] != found[two.key, 0]


def test_it_agrees_with_generate_of_transformers_where_nothing_is_drawn(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    requests = [request(text, temperature=0.0) for text in QUESTIONS]
    found = answers(folder, requests, 1, 100_000)
    for text, each in zip(QUESTIONS, requests, strict=True):
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], add_generation_prompt=True, return_tensors="pt"
        )["input_ids"]
        said = model.generate(ids, max_new_tokens=24, do_sample=False)[0, ids.shape[1] :]
        answer = found[each.key, 0]
        assert isinstance(answer, ChatAnswer)
        assert answer.text == tokenizer.decode(said, skip_special_tokens=True)


def test_why_a_completion_ended_and_what_it_used(folder: Path) -> None:
    asked = request(QUESTIONS[0], max_tokens=5)
    [answer] = answers(folder, [asked], 1, 1000).values()
    assert isinstance(answer, ChatAnswer)
    assert answer.finish == "length"
    assert answer.usage is not None
    assert answer.usage.completion == 5
    assert answer.usage.prompt > 10
    stop = answer.text[1:2]
    stopped = request(QUESTIONS[0], max_tokens=5, temperature=0.0, stop=[stop])
    plain = request(QUESTIONS[0], max_tokens=5, temperature=0.0)
    found = answers(folder, [stopped, plain], 1, 1000)
    until, whole = found[stopped.key, 0], found[plain.key, 0]
    assert isinstance(until, ChatAnswer)
    assert isinstance(whole, ChatAnswer)
    assert until.text == whole.text.partition(stop)[0]


def test_the_candidates_of_the_first_tokens_are_told(folder: Path) -> None:
    asked = request(QUESTIONS[0], logprobs=True, top_logprobs=3, max_tokens=4)
    [answer] = answers(folder, [asked], 1, 1000).values()
    assert isinstance(answer, ChatAnswer)
    assert [len(each) for each in answer.top_tokens] == [3, 3, 3, 3]
    assert all(chance < 0 for _, chance in answer.top_tokens[0])


@pytest.mark.parametrize(
    ("parameters", "text", "reason"),
    [
        ({}, "word " * 400, "too-long"),
        ({"response_format": {"type": "json_object"}}, "Why?", "bad-request"),
        ({"top_p": 7}, "Why?", "bad-request"),
    ],
)
def test_what_cannot_be_asked_fails_alone(
    folder: Path, parameters: dict[str, object], text: str, reason: str
) -> None:
    good, bad = request("Why?"), request(text, **parameters)
    found = answers(folder, [bad, good], 1, 1000)
    failure = found[bad.key, 0]
    assert isinstance(failure, ChatFailure)
    assert failure.reason == reason
    assert isinstance(found[good.key, 0], ChatAnswer)


def test_batches_after_some_are_the_same_without_them() -> None:
    lengths = [3, 50, 7, 7, 20, 31, 2, 8, 9, 40]
    jobs = [Job(f"k{n}", 0, True, (1,) * many, Sampling(most=8)) for n, many in enumerate(lengths)]
    whole = list(batches(jobs, 60))
    assert sorted(job.key for batch in whole for job in batch) == sorted(job.key for job in jobs)
    for done in range(len(whole)):
        left = [job for batch in whole[done:] for job in batch]
        assert list(batches(left[::-1], 60)) == whole[done:]


def test_other_weights_under_the_same_name_are_another_model(tmp_path: Path) -> None:
    one = save_chat_model(tmp_path / "a" / "small", seed=1)
    two = save_chat_model(tmp_path / "b" / "small", seed=2)
    assert called(str(one)) == called(str(two)) == "small"
    assert identity_of(str(one)) != identity_of(str(two))


def test_a_model_without_a_chat_template_is_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "bare")
    (tmp_path / "bare" / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="has no chat template"):
        LocalModel(str(tmp_path / "bare"), LocalModelConfig(device="cpu"))


def test_those_that_go_on_are_not_touched_by_those_that_end(folder: Path) -> None:
    limits = [3, 40, 5, 40, 2, 17, 4]
    requests = [
        request(f"{QUESTIONS[n % 4]} {n}", max_tokens=most) for n, most in enumerate(limits)
    ]
    together = answers(folder, requests, 2, 100_000)
    assert together == answers(folder, requests, 2, 1)
    lengths = {
        answer.usage.completion
        for answer in together.values()
        if isinstance(answer, ChatAnswer) and answer.usage is not None
    }
    assert {2, 3, 40} <= lengths
