"""Asking in tests: requests, a store, and limits with which nothing takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from prefdata.clients.server import ChatServer
from prefdata.config.asking import LimitsConfig, ServerConfig
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.chat import ChatRequest, parameters_text
from prefdata.records.record import user
from prefdata.steps.asking.ask import AskTotals, Wanted, ask
from prefdata.steps.progress import silent

KEY = "key-Zq81vTkNw7bLr5"
"""A key of a form that no pattern of secrets knows."""


def request(prompt: str, model: str = "m", **parameters: Any) -> ChatRequest:
    """A request with a seed, so that a server of the tests gives each number a text of its own."""
    return ChatRequest(model, (user(prompt),), parameters_text({"seed": 0} | parameters))


def wanting(
    prompts: list[str], count: int = 1, **parameters: Any
) -> Callable[[], Iterator[Wanted]]:
    """So many completions of each prompt."""
    return lambda: (Wanted(request(prompt, **parameters), count) for prompt in prompts)


def quick(**changes: Any) -> LimitsConfig:
    """Limits whose waits are short."""
    return LimitsConfig.model_validate({"backoff_seconds": 0.01} | changes)


def asked_of(
    url: str,
    store: Path,
    wanted: Callable[[], Iterator[Wanted]],
    limits: LimitsConfig | None = None,
    **server: Any,
) -> AskTotals:
    """Asks a server, with the answers in a file."""
    config = ServerConfig.model_validate({"base_url": url, "timeout_seconds": 60} | server)
    with AnswerStore(store) as answers:
        return ask(wanted, ChatServer(config), answers, limits or quick(), silent)


def texts_in(store: Path, wanted: Callable[[], Iterator[Wanted]]) -> list[str | None]:
    """The texts of all that is wanted, in order; None where there is none."""
    with AnswerStore(store) as answers:
        return [
            getattr(outcome, "text", None)
            for each in wanted()
            for outcome in answers.get_many(each.request.key, each.count)
        ]
