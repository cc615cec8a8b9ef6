"""Whatever goes wrong once is mended by asking again; what will always go wrong has a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asking.asked import asked_of, quick, texts_in, wanting
from tests.asking.fault_server import FaultServer
from tests.asking.faults_spoken import FINAL, REASONS, TRANSIENT, UNCOUNTED


@pytest.mark.parametrize("fault", [*TRANSIENT, *UNCOUNTED])
def test_a_passing_fault_costs_another_attempt(
    fault: str, server: FaultServer, store: Path
) -> None:
    wanted = wanting([f"[fault:{fault}] why?", "another"], 3)
    totals = asked_of(server.url, store, wanted)
    assert (totals.answered, totals.is_balanced) == (6, True)
    assert server.told.faults[fault] > 0
    assert len(set(texts_in(store, wanted))) == 6


@pytest.mark.parametrize("fault", FINAL)
def test_a_lasting_fault_is_named_and_stops_nothing(
    fault: str, server: FaultServer, store: Path
) -> None:
    prompts = ["before", f"[always:{fault}] why?", *[f"after {k}" for k in range(20)]]
    totals = asked_of(server.url, store, wanting(prompts, 2))
    assert totals.answered == 42
    assert totals.failed == {REASONS[fault]: 2}


@pytest.mark.parametrize("fault", ["500", "no-json", "cut-body", "429", "wrong-types", "deep"])
def test_a_fault_without_an_end_is_given_up(fault: str, server: FaultServer, store: Path) -> None:
    wanted = wanting([f"[always:{fault}] why?", "another"])
    totals = asked_of(server.url, store, wanted, quick(retries=2))
    assert (totals.answered, totals.failed) == (1, {"gave-up": 1})
    most = 17 if fault == "429" else 3
    assert server.told.faults[fault] == most


def test_an_answer_that_takes_too_long_is_asked_for_again(server: FaultServer, store: Path) -> None:
    server.behaviour.slow = 2
    wanted = wanting(["[fault:slow] why?"])
    totals = asked_of(server.url, store, wanted, timeout_seconds=0.3)
    assert (totals.answered, totals.tally["busy"]) == (1, 1)


def test_an_answer_without_an_end_is_cut_off(server: FaultServer, store: Path) -> None:
    prompt = "[always:endless] why?"
    totals = asked_of(server.url, store, wanting([prompt]), quick(retries=1), answer_mib=1)
    assert totals.failed == {"gave-up": 1}


def test_many_at_once_find_what_the_server_bears(server: FaultServer, store: Path) -> None:
    server.behaviour.most_at_once, server.behaviour.delay = 5, 0.005
    totals = asked_of(server.url, store, wanting([f"p{k}" for k in range(300)]))
    assert totals.answered == 300
    assert server.told.faults["429"] < 150


def test_faults_of_every_kind_leave_balanced_books(server: FaultServer, store: Path) -> None:
    server.behaviour.faults, server.behaviour.slow = 0.3, 0.01
    wanted = wanting([f"p{k}" for k in range(200)], 3)
    totals = asked_of(server.url, store, wanted)
    assert totals.is_balanced
    assert totals.answered + totals.failed.total() == 600
    assert totals.failed.total() > 0
