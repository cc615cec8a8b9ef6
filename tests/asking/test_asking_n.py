"""Several completions of a prompt: at once where the server can, one by one where it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.asking.asked import asked_of, quick, texts_in, wanting
from tests.asking.fault_server import FaultServer

PROMPTS = [f"p{k}" for k in range(12)]


def test_they_are_asked_for_at_once(server: FaultServer, store: Path) -> None:
    totals = asked_of(server.url, store, wanting(PROMPTS, 4))
    assert (totals.answered, totals.tally["requests"]) == (48, 12)
    assert {body["n"] for body in server.told.bodies} == {4}


@pytest.mark.parametrize("manner", ["ignores_n", "refuses_n"])
def test_a_server_that_cannot_is_noticed(manner: str, server: FaultServer, store: Path) -> None:
    setattr(server.behaviour, manner, True)
    wanted = wanting(PROMPTS, 4)
    totals = asked_of(server.url, store, wanted)
    assert (totals.answered, totals.failed.total()) == (48, 0)
    assert len(set(texts_in(store, wanted))) == 48
    assert max(server.told.answered.values()) == 1
    again = asked_of(
        server.url, store, wanting([f"q{k}" for k in range(30)], 4), quick(concurrency=1)
    )
    wasted = again.tally["requests"] - (120 if manner == "refuses_n" else 119)
    assert wasted in (0, 1)


@pytest.mark.parametrize("behaviour", [{}, {"ignores_n": True}, {"refuses_n": True}])
def test_however_they_are_asked_for_they_are_the_same(
    behaviour: dict[str, Any], server: FaultServer, store: Path, tmp_path: Path
) -> None:
    wanted = wanting(PROMPTS, 3)
    asked_of(server.url, tmp_path / "singly", wanted, native_n="never")
    vars(server.behaviour).update(behaviour)
    asked_of(server.url, store, wanted)
    assert texts_in(store, wanted) == texts_in(tmp_path / "singly", wanted)


def test_more_are_asked_for_alone(server: FaultServer, store: Path) -> None:
    asked_of(server.url, store, wanting(PROMPTS, 2))
    before = texts_in(store, wanting(PROMPTS, 2))
    totals = asked_of(server.url, store, wanting(PROMPTS, 5))
    assert (totals.held, totals.answered) == (24, 60)
    assert max(server.told.answered.values()) == 1
    assert {(body["seed"], body["n"]) for body in server.told.bodies[-12:]} == {(2, 3)}
    assert set(before) < set(texts_in(store, wanting(PROMPTS, 5)))


def test_another_parameter_is_another_request(server: FaultServer, store: Path) -> None:
    asked_of(server.url, store, wanting(PROMPTS, temperature=0.1))
    asked_of(server.url, store, wanting(PROMPTS, temperature=0.9))
    totals = asked_of(server.url, store, wanting(PROMPTS, temperature=0.1))
    assert (server.told.requests, totals.held) == (24, 12)


def test_a_request_that_is_wanted_twice_is_asked_for_once(server: FaultServer, store: Path) -> None:
    totals = asked_of(server.url, store, wanting([*PROMPTS, *PROMPTS, PROMPTS[0]], 2))
    assert (totals.wanted, totals.answered, server.told.requests) == (50, 50, 12)
