"""Trying again: on a clock that only sleeping moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.errors import RefusedError, UnavailableError
from prefdata.io.targets.retry import (
    Contact,
    Transient,
    asked_seconds,
    growing_wait,
    with_retries,
)

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


@dataclass
class Service:
    """Fails as told, each failure after `takes` seconds, then answers; time passes by sleeping."""

    failures: list[Exception]
    takes: float = 0.0
    now: float = 1000.0
    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    calls: int = 0

    def answer(self) -> str:
        self.calls += 1
        self.now += self.takes
        if self.failures:
            raise self.failures.pop(0)
        return "done"

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def classify(error: Exception) -> Transient | Exception:
    if isinstance(error, TimeoutError):
        return Transient("no answer", *error.args)
    return RefusedError("no") if isinstance(error, PermissionError) else error


def ask(service: Service, patience: float = 300.0, draw: float = 0.0) -> str:
    return with_retries(
        service.answer,
        what="Listing x/y",
        patience=patience,
        classify=classify,
        say=service.said.append,
        sleep=service.sleep,
        clock=lambda: service.now,
        draw=lambda: draw,
    )


def test_waits_grow_up_to_a_minute() -> None:
    service = Service([TimeoutError()] * 8)
    assert ask(service) == "done"
    assert service.waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert service.said[0] == "Listing x/y: no answer; trying again in 1.0 s"


def test_what_is_final_is_raised_at_once() -> None:
    service = Service([KeyError("bug")])
    with pytest.raises(KeyError):
        ask(service)
    assert service.waits == []


def test_what_is_final_may_become_another_error() -> None:
    with pytest.raises(RefusedError) as caught:
        ask(Service([TimeoutError(), PermissionError()]))
    assert isinstance(caught.value.__cause__, PermissionError)


def test_patience_ends_and_is_used_to_its_end() -> None:
    service = Service([TimeoutError()] * 99)
    with pytest.raises(UnavailableError, match=r"tried 5 times in 10 s; patience is used up"):
        ask(service, patience=10)
    assert service.waits == [1, 2, 4, 3]


def test_patience_counts_from_the_first_failure_not_from_the_start() -> None:
    assert ask(Service([TimeoutError()], takes=3600), patience=10) == "done"


def test_no_patience_tries_once() -> None:
    service = Service([TimeoutError()] * 2)
    with pytest.raises(UnavailableError, match="tried once"):
        ask(service, patience=0)
    assert service.calls == 1


def test_the_service_is_left_alone_for_as_long_as_it_asks() -> None:
    service = Service([TimeoutError(7.0), TimeoutError(0.0), TimeoutError(2.0)])
    assert ask(service) == "done"
    assert service.waits == [7, 2, 4]


def test_a_wish_longer_than_patience_ends_it_at_once() -> None:
    service = Service([TimeoutError(3600.0)])
    with pytest.raises(UnavailableError, match=r"asks to wait 3600 s, longer than the 300 s"):
        ask(service)
    assert service.waits == []


@given(st.integers(1, 2000), st.floats(0, 1))
def test_waits_are_spread_over_half_of_their_length(failures: int, draw: float) -> None:
    full = growing_wait(failures, lambda: 0.0)
    assert full / 2 <= growing_wait(failures, lambda: draw) <= full <= 60


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=60),
    st.floats(0, 600),
    st.floats(0, 1),
)
def test_never_sleeps_beyond_patience_nor_less_than_asked(
    asked: list[float | None], patience: float, draw: float
) -> None:
    service = Service([TimeoutError() if a is None else TimeoutError(a) for a in asked])
    try:
        ask(service, patience, draw)
    except UnavailableError:
        assert asked
    assert sum(service.waits) <= patience + 1e-6
    assert all(wait >= (a or 0.0) for wait, a in zip(service.waits, asked, strict=False))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"Retry-After": "Mon, 23 Nov 2026 10:01:00 GMT"}, 60),
        ({"Retry-After": "Mon, 23 Nov 2026 10:01:00 -0000"}, 60),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "9" * 5000}, float("inf")),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"RateLimit": '"api";r=3;t=55'}, None),
        ({"ratelimit": '"api"; r=0; t=55', "Retry-After": "80"}, 80),
        ({"ratelimit": '"api";r=0;t=' + "9" * 5000}, float("inf")),
    ],
)
def test_how_long_headers_ask_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_seconds(headers, NOW) == seconds


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_breaks_the_reading(after: str, limit: str) -> None:
    seconds = asked_seconds({"Retry-After": after, "RateLimit": limit}, NOW)
    assert seconds is None or seconds >= 0


def lost(error: Exception) -> Transient:
    return Transient("nobody is there", is_unreachable=True)


@pytest.mark.parametrize(("has_answered", "most"), [(False, 5.0), (True, 300.0)])
def test_a_service_that_was_never_reached_is_given_up_on_soon(
    has_answered: bool, most: float
) -> None:
    service = Service([OSError()] * 99)
    with pytest.raises(UnavailableError) as told:
        with_retries(
            service.answer,
            what="Listing x/y",
            patience=300.0,
            classify=lost,
            sleep=service.sleep,
            clock=lambda: service.now,
            draw=lambda: 0.0,
            contact=Contact(has_answered=has_answered),
        )
    assert sum(service.waits) == most
    assert ("Check the network" in str(told.value)) != has_answered


def test_silence_counts_as_patience() -> None:
    """Each call waits as long as it is told it may, and is not answered."""
    service, contact, allowed = Service([]), Contact(), list[float]()

    def call() -> None:
        allowed.append(contact.silence(300.0, 0.0))
        service.now += allowed[-1]
        raise TimeoutError

    began = service.now
    with pytest.raises(UnavailableError):
        with_retries(
            call,
            what="Listing x/y",
            patience=60.0,
            classify=lambda error: Transient("silent", waited_seconds=allowed[-1]),
            sleep=service.sleep,
            clock=lambda: service.now,
            contact=contact,
        )
    assert allowed == [60.0] and service.now - began == 60.0


def test_silence_after_another_failure_is_bounded_by_what_is_left() -> None:
    service, contact, allowed = Service([]), Contact(), list[float]()

    def call() -> None:
        if not allowed:
            service.now += 1.0
            allowed.append(0.0)
            raise ConnectionResetError
        allowed.append(contact.silence(300.0, 0.0))
        service.now += allowed[-1]
        raise TimeoutError

    began = service.now
    with pytest.raises(UnavailableError):
        with_retries(
            call,
            what="Listing x/y",
            patience=30.0,
            classify=lambda error: Transient("silent"),
            sleep=service.sleep,
            clock=lambda: service.now,
            draw=lambda: 0.0,
            contact=contact,
        )
    assert allowed == [0.0, 29.0] and service.now - began == 31.0
