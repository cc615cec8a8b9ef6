"""The process in which a chat template runs, and which may be ended at any time.

A template is a program that comes with a tokenizer. The sandbox of transformers keeps it from files
and attributes, not from computing without end: one power of large numbers takes hours within a
single call of C, which nothing inside of the process can interrupt. So this process has limits that
the kernel enforces.
"""

from __future__ import annotations

import os
import pickle
import resource
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from prefdata.startup import leave_pandas_asleep

TEMPLATE_SECONDS = 5
"""Seconds of processor time that a template may take for one conversation."""

TEMPLATE_BYTES = 1 << 30
"""Bytes of memory that a template may take, besides what its process had before."""

LONGEST_TEXT = 1 << 24
"""Characters that a template may render, besides 16 times those of the conversation."""

MISSING, MEMORY, LONG = "missing", "memory", "long"
"""Errors that are no fault of a row: jinja2 is not installed, a limit is exceeded."""


class Ask(NamedTuple):
    """A conversation to render, and the tools of its row."""

    messages: list[dict[str, Any]]
    tools: list[Any] | None = None


class Answer(msgspec.Struct, array_like=True):
    """The rendered text; or None, the name of an error (or `MISSING`, ...), and its message."""

    text: str | None = None
    error: str = ""
    message: str = ""


def main(asks: int, answers: int) -> None:
    """Renders lists of conversations that come through one pipe until it is closed; the answers go
    through another one. First of all the tokenizer comes, pickled."""
    leave_pandas_asleep()
    source, sink = Connection(asks, writable=False), Connection(answers, readable=False)
    try:
        # what comes here was pickled by the process that started this one
        tokenizer = pickle.loads(source.recv_bytes())  # noqa: S301
        _limit_memory()
        while True:
            for ask in pickle.loads(source.recv_bytes()):  # noqa: S301
                _limit_time()
                sink.send_bytes(_encoded(_answer(tokenizer, ask)))
    except (EOFError, BrokenPipeError):
        return


def _answer(tokenizer: Any, ask: Ask) -> Answer:
    try:
        text = tokenizer.apply_chat_template(ask.messages, tools=ask.tools, tokenize=False)
    except ImportError as error:
        return Answer(None, MISSING, str(error))
    except MemoryError:
        return Answer(None, MEMORY)
    except Exception as error:  # noqa: BLE001 - a template is a program and may raise anything
        return _failed(error)
    if len(text) > LONGEST_TEXT and len(text) > LONGEST_TEXT + 16 * len(repr(ask)):
        return Answer(None, LONG)
    return Answer(text)


def _encoded(answer: Answer) -> bytes:
    try:
        return msgspec.msgpack.encode(answer)
    except UnicodeEncodeError as error:  # a template may cut characters in two
        return msgspec.msgpack.encode(_failed(error))


def _failed(error: Exception) -> Answer:
    message = " ".join(str(error).split()).encode(errors="backslashreplace").decode()
    return Answer(None, type(error).__name__, message)


def _limit_time() -> None:
    """The kernel ends this process once it has used so many more seconds of processor time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    seconds = int(time.process_time()) + 1 + TEMPLATE_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (_within(seconds, hard), hard))


def _limit_memory() -> None:
    """An allocation beyond the limit raises MemoryError; a process that is ended leaves no dump."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # not Linux: memory is not limited
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * os.sysconf("SC_PAGE_SIZE") + TEMPLATE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (_within(_within(limit, hard), soft), hard))


def _within(value: int, limit: int) -> int:
    return value if limit == resource.RLIM_INFINITY else min(value, limit)
