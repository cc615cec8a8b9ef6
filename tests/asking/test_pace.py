"""Windows, rates and waits."""

from __future__ import annotations

import json
import random
import time
from email.utils import formatdate

import pytest

from prefdata.clients.pace import Rate, Window, backoff
from prefdata.clients.trouble import seconds_of, trouble_of


def error(**fields: object) -> bytes:
    """The body of an error."""
    return json.dumps({"error": fields}).encode()


def test_a_window_doubles_until_it_is_too_much() -> None:
    window = Window(most=64)
    first = window.size
    for _ in range(int(first)):
        window.grow()
    assert window.size == 2 * first
    for _ in range(1000):
        window.grow()
    assert window.size == 64


def test_a_window_shrinks_once_a_round_and_never_to_nothing() -> None:
    window = Window(most=64)
    window.shrink(sent=1.0, now=2.0)
    once = window.size
    window.shrink(sent=1.5, now=2.1)
    assert window.size == once
    for round_ in range(3, 40):
        window.shrink(sent=round_, now=round_)
    assert window.size == 1.0
    before = window.size
    window.grow()
    assert before < window.size <= before + 1


def test_a_rate_gives_so_much_a_minute() -> None:
    rate, now, given = Rate(per_minute=600), 0.0, 0
    while now < 60:
        wait = rate.wait(now)
        if wait:
            now += wait
        else:
            rate.take(now, 1)
            given += 1
    assert 600 <= given <= 612


def test_a_rate_takes_back_what_was_not_needed() -> None:
    rate = Rate(per_minute=60)
    rate.take(10.0, 30)
    before = rate.wait(10.0)
    rate.take(10.0, -20)
    assert rate.wait(10.0) == before - 20
    assert Rate(per_minute=None).wait(0.0) == 0


def test_waits_grow_and_are_drawn_from_nothing_on() -> None:
    draw = random.Random(0)
    waits = [[backoff(attempt, 0.5, draw) for _ in range(200)] for attempt in range(12)]
    assert all(0 <= min(each) < 0.1 * max(each) for each in waits)
    assert [max(each) <= min(60, 0.5 * 2**k) for k, each in enumerate(waits)] == [True] * 12
    assert max(waits[11]) > 55


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("soon", None),
        ("nan", None),
        (None, None),
        ("", None),
    ],
)
def test_what_retry_after_asks_for(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header) == seconds


def test_retry_after_as_a_date() -> None:
    told = seconds_of(formatdate(time.time() + 100, usegmt=True))
    assert told is not None
    assert 98 < told <= 100
    assert seconds_of("Mon, 01 Jan 1990 00:00:00 GMT") == 0.0
    assert seconds_of("Mon, 99 Jan 19900 00:00:00 GMT") is None


@pytest.mark.parametrize(
    ("status", "body", "course", "reason"),
    [
        (400, error(message="x", code="content_filter"), "final", "refused-by-filter"),
        (400, error(innererror={"code": "ResponsibleAI"}), "final", "refused-by-filter"),
        (403, error(message="your input was flagged", code=403), "final", "refused-by-filter"),
        (400, error(message="This model's maximum context length is 5"), "final", "too-long"),
        (400, error(message="exceeds the available context size"), "final", "too-long"),
        (422, b'{"detail":[{"msg":"field required"}]}', "final", "bad-request"),
        (400, b"[[[", "final", "bad-request"),
        (500, b"\xff", "again", "gave-up"),
        (529, b"", "busy", "gave-up"),
        (404, b'{"error":"no such model"}', "end", "gave-up"),
    ],
)
def test_what_answers_mean(status: int, body: bytes, course: str, reason: str) -> None:
    trouble = trouble_of(status, body)
    assert (trouble.course, trouble.reason) == (course, reason)
    assert str(status) in trouble.said
