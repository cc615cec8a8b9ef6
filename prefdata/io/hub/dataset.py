"""One dataset on the Hub, as the modules that publish there see it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from prefdata.io.hub.errors import hub_verdict
from prefdata.io.hub.session import cut_connections, hub_session
from prefdata.io.targets.retry import Transient, retried

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")
KIND = "dataset"
WORKERS = 4
"""Files on their way at a time; the Hub limits requests, and four fill most lines."""

_LAST_SECONDS = 5.0
"""For threads to end in, once all is to end."""


class Stopped(Exception):  # noqa: N818 - never leaves the thread that it ends
    """Another file failed for good, or the run was interrupted."""


@dataclass(frozen=True)
class Hub:
    """Asks for one dataset, patiently. What it says is for people: waits, warnings of the Hub."""

    api: HfApi
    repo_id: str
    patience: float
    say: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        return str(self.api.endpoint).rstrip("/")

    @property
    def headers(self) -> dict[str, str]:
        """Of a request that the client library has no method for."""
        from huggingface_hub.utils import build_hf_headers

        return build_hf_headers(
            library_name=self.api.library_name, library_version=self.api.library_version
        )

    def ask(self, what: str, call: Callable[[], T]) -> T:
        """What `call` returns. Raises RefusedError, UnavailableError, OutputError."""

        def verdict(error: Exception) -> Transient | Exception:
            return Stopped() if self.stop.is_set() else hub_verdict(error, what, self.repo_id)

        return retried(
            call,
            what=what,
            patience=self.patience,
            verdict=verdict,
            said=self.say,
            sleep=self.stop.wait,
        )

    @contextmanager
    def session(self) -> Iterator[None]:
        """Requests are made within one."""
        with hub_session(self.say):
            yield

    def all_at_once(self, calls: Sequence[Callable[[Hub], T]], each: Callable[[T], None]) -> None:
        """Makes the calls, a few at a time; `each` gets what they return, in this thread.

        The first failure ends all: waits are over, nothing more is begun, and what is on its way
        is cut. The client library has threads of its own, that Python would wait for at the end.
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
    """Again and again, for a while: one that is between two requests opens a connection anew."""
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
