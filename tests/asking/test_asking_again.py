"""What is stored is not asked for again; what was cut off goes on where it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from prefdata.clients.server import ChatServer
from prefdata.config.asking import ServerConfig
from prefdata.io.answers.answers import AnswerStore
from prefdata.steps.asking.ask import AskTotals, Wanted, ask
from prefdata.steps.progress import silent
from tests.asking.asked import asked_of, quick, texts_in, wanting
from tests.asking.fault_server import FaultServer

PROMPTS = [f"p{k}" for k in range(60)]


def test_a_second_run_asks_for_nothing(server: FaultServer, store: Path) -> None:
    first = asked_of(server.url, store, wanting(PROMPTS, 2))
    second = asked_of(server.url, store, wanting(PROMPTS, 2))
    assert (first.answered, second.answered, second.held) == (120, 120, 120)
    assert server.told.requests == 60


@pytest.mark.parametrize("number", [0, 1, 7, 40])
def test_a_run_that_is_interrupted_keeps_what_came(
    number: int, server: FaultServer, store: Path
) -> None:
    server.behaviour.delay = 0.002

    def interrupted() -> Iterator[Wanted]:
        for k, each in enumerate(wanting(PROMPTS)()):
            if k == number and server.told.requests:
                raise KeyboardInterrupt
            yield each

    with pytest.raises(KeyboardInterrupt):
        asked_of(server.url, store, interrupted)
    kept = sum(text is not None for text in texts_in(store, wanting(PROMPTS)))
    totals = asked_of(server.url, store, wanting(PROMPTS))
    assert (totals.answered, totals.held) == (60, kept)


def test_what_was_given_up_is_asked_again_and_what_was_refused_is_not(
    server: FaultServer, store: Path
) -> None:
    prompts = ["[always:500] why?", "[always:filter] how?", "well?"]
    wanted = wanting(prompts)
    asked_of(server.url, store, wanted, quick(retries=0))
    first = dict(server.told.faults)
    totals = asked_of(server.url, store, wanted, quick(retries=0))
    assert first == {"500": 1, "filter": 1}
    assert server.told.faults == {"500": 2, "filter": 1}
    assert totals.failed == {"gave-up": 1, "refused-by-filter": 1}
    asked_of(server.url, store, wanted, quick(retries=0, retry_failed=True))
    assert server.told.faults == {"500": 3, "filter": 2}


def test_it_asks_from_within_a_loop_as_notebooks_have_one(server: FaultServer, store: Path) -> None:
    async def cell() -> AskTotals:
        return asked_of(server.url, store, wanting(PROMPTS))

    assert asyncio.run(cell()).answered == 60


def test_progress_and_books_are_told_as_they_grow(server: FaultServer, store: Path) -> None:
    reported: list[tuple[str, int, int]] = []
    seen: list[int] = []
    with AnswerStore(store) as answers:
        totals = ask(
            wanting(PROMPTS, 2),
            ChatServer(ServerConfig(base_url=server.url)),
            answers,
            quick(),
            lambda *told: reported.append(told),
            observe=lambda totals: seen.append(totals.completion_tokens),
        )
    assert reported[0] == ("ask", 0, 120)
    assert reported[-1] == ("ask", 120, 120)
    assert seen == sorted(seen)
    assert seen[-1] == totals.completion_tokens > 0


def test_an_error_of_what_is_wanted_comes_through(server: FaultServer, store: Path) -> None:
    def broken() -> Iterator[Wanted]:
        yield from wanting(PROMPTS)()
        if server.told.requests:
            raise OSError("the source is gone")

    with AnswerStore(store) as answers, pytest.raises(OSError, match="source is gone"):
        ask(broken, ChatServer(ServerConfig(base_url=server.url)), answers, quick(), silent)
    assert server.told.requests > 0
