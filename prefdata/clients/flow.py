"""Many requests under way at once: which is sent when, and what becomes of each.

Every request that was taken ends as one reply for each of its numbers. Nothing here waits without
an end: an attempt has a time limit, attempts are counted, and a server from which nothing comes any
more ends the run.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from prefdata.clients.completions import (
    WEB_PAGE,
    Completions,
    body_of,
    read_completions,
    with_usage,
)
from prefdata.clients.pace import Rate, Window, backoff
from prefdata.clients.secret import Secret
from prefdata.clients.trouble import Trouble
from prefdata.config.asking import LimitsConfig
from prefdata.errors import PrefdataError, RefusedError, UnavailableError, UsageError
from prefdata.records.chat import (
    Asked,
    ChatAnswer,
    ChatFailure,
    Reply,
    most_tokens,
    tokens_by_thumb,
)

_SLICE_SECONDS = 0.04
"""For so long replies are gathered before they are handed on, to be stored together."""

_TOLD_SECONDS = 0.5
"""How often it is told that nothing came."""

_GRACE_SECONDS = 5.0
"""How long answers under way, which are paid for, are awaited when the run ends early."""

_WAITING_A_REQUEST = 16
"""Requests that wait for another attempt, for each that may be under way: more are not taken."""

_BUSY_A_RETRY = 8
"""An attempt that was sent away because the server is busy counts as this part of a retry."""

_USUAL_COMPLETION = 256
"""Tokens of a completion, where neither a limit is stated nor one has come yet."""


@dataclass
class Manners:
    """What is known of a server: whether it gives several completions at once (`is_native`), has
    been seen to (`is_proven`), and has given any at all."""

    is_native: bool
    is_proven: bool = False
    has_answered: bool = False


class Sender(Protocol):
    """Sends one body, and says what came back within `longest_seconds`."""

    secret: Secret

    @property
    def longest_seconds(self) -> float: ...
    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def send(self, body: bytes) -> bytes | Trouble: ...


@dataclass(eq=False)
class _Open:
    """Numbers of a request that are asked for together. `is_test`: one of several that a server
    may have refused because they were several. `tokens`: about how many it costs."""

    asked: Asked
    numbers: tuple[int, ...]
    is_test: bool = False
    attempts: float = 0.0
    tokens: float = 0.0
    sent: float = 0.0


@dataclass(eq=False)
class Flow:
    """The requests of one call of `replies`; `tally`: counted across calls."""

    asked: Iterator[Asked]
    line: Sender
    limits: LimitsConfig
    manners: Manners
    tally: Counter[str]
    draw: random.Random = field(default_factory=random.Random)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self._window = Window(self.limits.concurrency)
        self._rates = (Rate(self.limits.requests_per_minute), Rate(self.limits.tokens_per_minute))
        self._ready: deque[_Open] = deque()  # begun, and may be sent now
        self._waiting = 0  # for another attempt
        self._active: set[asyncio.Task[None]] = set()
        self._done: list[Reply] = []
        self._withheld: list[Reply] = []  # refused by a server that has answered nothing so far
        self._is_drained = False
        self._paused_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._failures = 0  # in a row
        self._mean_tokens = float(_USUAL_COMPLETION)
        self._patience = max(self.limits.longest_wait_seconds, self.line.longest_seconds)

    async def open(self) -> None:
        """Gets ready."""
        self._loop = asyncio.get_running_loop()
        self._something, self._through = asyncio.Event(), asyncio.Event()
        self._answered = self._loop.time()
        await self.line.open()

    async def close(self) -> None:
        """Ends what is under way."""
        for task in self._active:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._active, return_exceptions=True)
        await self.line.close()

    async def some(self) -> list[Reply] | None:
        """What came within a moment, perhaps nothing; None when all is through, or ended."""
        self._fill()
        if self._through.is_set() and not self._done:
            return None
        await _wait(self._something, _TOLD_SECONDS)
        if self._done:
            await _wait(self._through, _SLICE_SECONDS)
        if self.error is not None and self._active:
            await asyncio.wait(self._active, timeout=_GRACE_SECONDS)
        return self.taken()

    def taken(self) -> list[Reply]:
        """Takes what has come."""
        done, self._done = self._done, []
        self._something.clear()
        if self._through.is_set():
            self._something.set()
        return done

    # what is sent when

    def _fill(self) -> None:
        """Sends as much as may be sent now; called whenever that may have changed."""
        if self.error is None:
            try:
                self._send_more()
            except Exception as error:  # noqa: BLE001 - of what gives requests; raised by `replies`
                self._end(error)
        if self.error is not None or (
            self._is_drained and not self._active and not self._ready and not self._waiting
        ):
            if self.error is None:
                self._release()
            self._through.set()
            self._something.set()

    def _send_more(self) -> None:
        while len(self._active) < int(self._window.size):
            now = self._loop.time()
            wait = max(self._paused_until - now, *(rate.wait(now) for rate in self._rates))
            if wait > 0:
                self._fill_in(wait)
                return
            one = self._next()
            if one is None:
                return
            one.sent = now
            self._rates[0].take(now, 1)
            self._rates[1].take(now, one.tokens)
            task = self._loop.create_task(self._attempt(one))
            self._active.add(task)
            task.add_done_callback(self._attempted)

    def _fill_in(self, seconds: float) -> None:
        if (
            self._timer is None
            or self._timer.cancelled()
            or self._timer.when() <= self._loop.time()
        ):
            self._timer = self._loop.call_later(seconds, self._fill)

    def _next(self) -> _Open | None:
        if not self._ready and self._waiting < _WAITING_A_REQUEST * self.limits.concurrency:
            asked = None if self._is_drained else next(self.asked, None)
            if asked is None:
                self._is_drained = True
            else:
                self._begin(asked)
        return self._ready.popleft() if self._ready else None

    def _begin(self, asked: Asked) -> None:
        groups = asked.groups(is_native=self.manners.is_native)
        self._ready.extend(self._opened(asked, group) for group in groups)

    def _opened(self, asked: Asked, numbers: tuple[int, ...], *, is_test: bool = False) -> _Open:
        tokens = 0.0
        if self.limits.tokens_per_minute is not None:
            each = min(most_tokens(asked.request) or self._mean_tokens, self._mean_tokens)
            tokens = tokens_by_thumb(asked.request.messages) + len(numbers) * each
        return _Open(asked, numbers, is_test, tokens=tokens)

    # what becomes of it

    async def _attempt(self, one: _Open) -> None:
        self.tally["requests"] += 1
        body = body_of(one.asked.request, one.numbers[0], len(one.numbers))
        answer = await self.line.send(body)
        came = answer if isinstance(answer, Trouble) else read_completions(answer)
        if isinstance(came, Completions):
            self._answer(one, came)
        else:
            self._trouble(one, came)

    def _attempted(self, task: asyncio.Task[None]) -> None:
        self._active.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            assert isinstance(error, Exception)
            self._end(error)
        self._fill()

    def _answer(self, one: _Open, came: Completions) -> None:
        self._window.grow()
        self._failures, self._answered = 0, self._loop.time()
        self.manners.has_answered = True
        self._release()
        outcomes, numbers = came.outcomes[: len(one.numbers)], one.numbers
        self.tally["surplus"] += len(came.outcomes) - len(outcomes)
        with_usage(outcomes, came.usage)
        self._count_tokens(one, came, len(outcomes))
        for number, outcome in zip(numbers, outcomes, strict=False):
            self._reply(one, number, outcome)
        if len(numbers) > 1:
            self.manners.is_proven |= len(outcomes) == len(numbers)
            self.manners.is_native &= len(outcomes) > 1 or self.manners.is_proven
        if one.is_test:
            self.manners.is_native = False
        self._ready.extend(
            self._opened(one.asked, (number,)) for number in numbers[len(outcomes) :]
        )

    def _count_tokens(self, one: _Open, came: Completions, count: int) -> None:
        if came.usage is not None:
            self._mean_tokens += 0.05 * (came.usage[1] / count - self._mean_tokens)
            self._rates[1].take(self._loop.time(), sum(came.usage) - one.tokens)

    def _trouble(self, one: _Open, trouble: Trouble) -> None:
        self.tally[trouble.course] += 1
        if trouble.course == "end":
            self._end(trouble.error or RefusedError(trouble.said))
        elif trouble.said == WEB_PAGE and not self.manners.has_answered:
            self._end(
                UsageError(
                    f"{WEB_PAGE}: the base URL is not that of a model server, or a login page "
                    "stands in between. Check both."
                )
            )
        elif trouble.course == "final":
            self._refused(one, trouble)
        else:
            self._try_again(one, trouble)

    def _refused(self, one: _Open, trouble: Trouble) -> None:
        is_bad = trouble.reason == "bad-request"
        if is_bad and len(one.numbers) > 1 and not self.manners.is_proven:
            # perhaps the server refuses several at once, and says so or not
            self._ready.extend(self._opened(one.asked, (k,), is_test=True) for k in one.numbers)
            return
        if not is_bad:
            self._failures, self._answered = 0, self._loop.time()
        self._fail(one, ChatFailure(trouble.reason, trouble.said))

    def _try_again(self, one: _Open, trouble: Trouble) -> None:
        now, is_busy = self._loop.time(), trouble.course == "busy"
        if is_busy:
            self._window.shrink(one.sent, now)
        if (trouble.wait or 0.0) > self.limits.longest_wait_seconds:
            self._end(
                UnavailableError(
                    f"the server asks to be left alone for {trouble.wait:.0f} s ({trouble.said}). "
                    "Run the same command again then: what came is kept."
                )
            )
            return
        if now - self._answered > self._patience:
            self._end(
                UnavailableError(
                    f"no answer for {now - self._answered:.0f} s; the last attempt came to nothing "
                    f"because of: {trouble.said}. Run the same command again later: what came is "
                    "kept."
                )
            )
            return
        one.attempts += 1 / _BUSY_A_RETRY if is_busy else 1
        if one.attempts > self.limits.retries:
            self._fail(one, ChatFailure("gave-up", trouble.said))
            return
        wait = backoff(int(one.attempts), self.limits.backoff_seconds, self.draw)
        if trouble.wait is not None:
            self._paused_until = max(self._paused_until, now + trouble.wait)
            wait = trouble.wait
        self._waiting += 1
        self._loop.call_later(wait, self._ready_again, one)

    def _ready_again(self, one: _Open) -> None:
        self._waiting -= 1
        self._ready.appendleft(one)
        self._fill()

    def _fail(self, one: _Open, failure: ChatFailure) -> None:
        for number in one.numbers:
            self._reply(one, number, failure)
        is_prompts = failure.reason == "bad-request" and self.manners.has_answered
        if failure.is_final and (failure.reason != "bad-request" or is_prompts):
            return
        self._failures += 1
        if self._failures >= self.limits.failures_in_row:
            self._end(self._hopeless(failure))

    def _hopeless(self, failure: ChatFailure) -> PrefdataError:
        if failure.reason == "bad-request":
            return RefusedError(
                f"the server refused all of the first {self._failures} requests, the last with "
                f"{failure.said}. Check the parameters and the model."
            )
        return UnavailableError(
            f"{self._failures} requests in a row came to nothing, each after several attempts, the "
            f"last because of: {failure.said}. Run the same command again later: what came is "
            "kept. If these prompts are the cause, raise failures_in_row."
        )

    def _reply(self, one: _Open, number: int, outcome: ChatAnswer | ChatFailure) -> None:
        reply = Reply(one.asked.key, number, self._without_key(outcome))
        if self.manners.has_answered or not _is_bad(outcome):
            self._done.append(reply)
            self._something.set()
        else:
            self._withheld.append(reply)

    def _release(self) -> None:
        """Gives out refusals that were withheld. Where all are refused the run ends, and none of
        them is kept: not the requests are wrong then, but how they are made."""
        self._done += self._withheld
        self._withheld.clear()

    def _without_key(self, outcome: ChatAnswer | ChatFailure) -> ChatAnswer | ChatFailure:
        """A server that repeats the key in its answer gets it into no file."""
        if isinstance(outcome, ChatFailure):
            return ChatFailure(outcome.reason, self.line.secret.hidden(outcome.said))
        return self.line.secret.without(outcome)

    def _end(self, error: Exception) -> None:
        if self.error is None:
            self.error = error
            if isinstance(error, PrefdataError):  # which may say what the server said
                self.error = type(error)(self.line.secret.hidden(str(error)))
        self._through.set()
        self._something.set()


def _is_bad(outcome: ChatAnswer | ChatFailure) -> bool:
    return isinstance(outcome, ChatFailure) and outcome.reason == "bad-request"


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Waits for an event, or so long."""
    if not event.is_set():
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
