"""A server that speaks OpenAI's chat completions, asked over HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any, TypeVar

from prefdata.clients.flow import Flow, Manners
from prefdata.clients.http import Line
from prefdata.clients.secret import secret_from
from prefdata.config.asking import LimitsConfig, ServerConfig
from prefdata.records.chat import Asked, Reply

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


class ChatServer:
    """Asks a server, many requests at once, in this thread.

    The key is read from the environment when this is made. Raises UsageError: it is no key.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._secret = secret_from(config.key_env)
        self._manners = Manners(is_native=config.native_n == "auto")
        self._tally: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"ChatServer({self._config.base_url!r})"

    def tally(self) -> Counter[str]:
        """`requests` sent, `again` and `busy` among their outcomes, seconds not counted."""
        return self._tally

    def replies(self, asked: Iterator[Asked], limits: LimitsConfig) -> Iterator[list[Reply]]:
        """What became of requests, in the order in which it came.

        Raises RefusedError: the key, or no credit; UsageError: the model or the address is not
        known there; UnavailableError: nobody answers. What had come is yielded before.
        """
        with ExitStack() as stack:
            run = _runner(stack)
            line = Line(self._config, self._secret)
            flow = Flow(asked, line, limits, self._manners, self._tally)
            run(flow.open())
            try:
                while (replies := run(flow.some())) is not None:
                    yield replies
            except KeyboardInterrupt:
                with suppress(RuntimeError):  # what had ended in that moment stops the loop once
                    run(asyncio.sleep(0))
                yield flow.taken()
                raise
            finally:
                run(flow.close())
        if flow.error is not None:
            raise flow.error


def _runner(stack: ExitStack) -> Run[Any]:
    """Runs coroutines on a loop of their own, beside one that may be at work in this thread."""
    runner = asyncio.Runner()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        stack.callback(runner.close)
        return runner.run
    pool = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="asking"))
    stack.callback(lambda: pool.submit(runner.close).result())
    return lambda coroutine: pool.submit(runner.run, coroutine).result()
