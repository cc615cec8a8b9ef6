"""The connection to one dataset on the Hub, used by all modules that publish there."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from prefdata.io.hub.errors import classify_hub_error
from prefdata.io.hub.session import cut_connections, hub_session
from prefdata.io.targets.retry import Contact, Transient, with_retries

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")
KIND = "dataset"
WORKERS = 4
"""Files sent at a time: the Hub limits requests, and four saturate most connections."""

_LAST_SECONDS = 5.0
"""Seconds for threads to end after a failure."""


class Stopped(Exception):  # noqa: N818 - never leaves the thread that it ends
    """Another file failed finally, or the run was interrupted."""


@dataclass(frozen=True)
class Hub:
    """Sends requests about one dataset, with retries for `patience` seconds. `say` gets messages
    for people: waits, and warnings of the Hub."""

    api: HfApi
    repo_id: str
    patience: float
    say: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)
    contact: Contact = field(default_factory=Contact)

    @property
    def endpoint(self) -> str:
        return str(self.api.endpoint).rstrip("/")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request that the client library has no method for."""
        from huggingface_hub.utils import build_hf_headers

        return build_hf_headers(
            library_name=self.api.library_name, library_version=self.api.library_version
        )

    def ask(self, what: str, call: Callable[[], T]) -> T:
        """The result of `call`, with retries; `what` describes it in messages.

        Raises RefusedError, UnavailableError, OutputError.
        """

        def classify(error: Exception) -> Transient | Exception:
            return (
                Stopped() if self.stop.is_set() else classify_hub_error(error, what, self.repo_id)
            )

        return with_retries(
            call,
            what=what,
            patience=self.patience,
            classify=classify,
            say=self.say,
            sleep=self.stop.wait,
            contact=self.contact,
        )

    @contextmanager
    def session(self) -> Iterator[None]:
        """The context in which requests must be made; see `hub_session`."""
        with hub_session(self.say, self.contact, self.patience):
            yield

    def all_at_once(self, calls: Sequence[Callable[[Hub], T]], each: Callable[[T], None]) -> None:
        """Runs calls in a few threads; `each` receives their results, in this thread.

        The first failure stops everything: waits end, no call is started, and connections are cut.
        The client library has threads of its own, which Python would otherwise wait for at exit.
        """
        hub = replace(self, stop=threading.Event())
        todo = deque(calls)
        outcomes: SimpleQueue[T | BaseException] = SimpleQueue()
        workers = [
            threading.Thread(target=_work, args=(hub, todo, outcomes), daemon=True)
            for _ in range(min(WORKERS, len(calls)))
        ]
        try:
            for worker in workers:
                worker.start()
            for _ in calls:
                outcome = outcomes.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                each(outcome)
        except BaseException:
            hub.stop.set()
            _end(workers)
            raise


def _end(workers: Sequence[threading.Thread]) -> None:
    """Cuts connections repeatedly for a while, since a worker between two requests opens a new
    one."""
    until = time.monotonic() + _LAST_SECONDS
    for worker in workers:
        while worker.is_alive() and time.monotonic() < until:
            cut_connections()
            worker.join(0.05)


def _work(
    hub: Hub, todo: deque[Callable[[Hub], T]], outcomes: SimpleQueue[T | BaseException]
) -> None:
    while not hub.stop.is_set():
        try:
            call = todo.popleft()
        except IndexError:
            return
        try:
            outcomes.put(call(hub))
        except BaseException as error:  # noqa: BLE001 - raised by whoever takes it from the queue
            outcomes.put(error)
            return
