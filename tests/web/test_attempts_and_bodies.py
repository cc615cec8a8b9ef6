"""Limits: how often somebody may try, and how much a request may bring."""

from __future__ import annotations

import time

import msgspec
import pytest

from prefdata.results.annotation import NewVote
from prefdata.web.app.attempts import Attempts
from prefdata.web.app.bodies import decoded, form_fields
from prefdata.web.app.refusal import Refusal

DECODER = msgspec.json.Decoder(NewVote)


def test_attempts_run_out_and_come_back_with_time() -> None:
    now = [0.0]
    attempts = Attempts(at_once=3, each_minute=6, now=lambda: now[0])
    for _ in range(3):
        assert attempts.seconds_to_wait("a") == 0
        attempts.took("a")
    assert attempts.seconds_to_wait("a") == 10
    assert attempts.seconds_to_wait("b") == 0
    now[0] = 10.0
    assert attempts.seconds_to_wait("a") == 0
    attempts.took("a")
    assert attempts.seconds_to_wait("a") == 10


def test_many_addresses_share_a_limit_and_bounded_memory() -> None:
    attempts = Attempts(at_once=3, each_minute=6, now=lambda: 0.0)
    for number in range(30):
        assert attempts.seconds_to_wait(f"n{number}") == 0
        attempts.took(f"n{number}")
    assert attempts.seconds_to_wait("new") > 0
    began = time.process_time()
    for number in range(20_000):
        attempts.took(f"m{number}")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"request": "a"}',
        b'{"request": "a", "item": "1", "answer": {}}',
        b'{"request": "a", "item": 1e99, "answer": {}}',
        b'{"request": "a", "item": 1, "answer": {}, "seq": 5}',
        b'{"request": "a", "item": 1, "answer": {"choice": {"a": 1}}}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"request": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'"\\ud800"',
    ],
)
def test_what_is_no_vote_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        decoded(body, DECODER)
    assert refused.value.status in (400, 422)
    for language in ("en", "zh"):
        assert 10 < len(refused.value.sentence(language)) < 500


def test_brackets_within_a_text_are_text() -> None:
    comment = '[{"\\' * 100
    body = msgspec.json.encode({"request": "a", "item": 1, "answer": {}, "comment": comment})
    assert decoded(body, DECODER).comment == comment


@pytest.mark.parametrize("body", [b"\xff=1", b"&".join(b"a%d=1" % n for n in range(99)), b"a=%ff"])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        form_fields(body)


def test_of_a_field_that_stands_twice_the_first_counts() -> None:
    assert form_fields(b"name=Ann&name=Bob&empty=") == {"name": "Ann"}
