"""The process in which a chat template runs, and which may be ended at any time.

A template is a program that comes with a tokenizer. The sandbox of transformers keeps it from files
and attributes, not from computing without end: one power of large numbers takes hours within a
single call of C, which nothing inside of the process can interrupt. So this process has limits that
the kernel enforces.
"""

from __future__ import annotations

import mmap
import os
import pickle
import resource
import struct
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


class Rendering(msgspec.Struct, array_like=True):
    """The rendered text; or None, the name of an error (or `MISSING`, ...), and its message."""

    text: str | None = None
    error: str = ""
    message: str = ""


PROGRESS = struct.Struct("=q")
"""The number of the conversation in work, which a process that was ended cannot tell otherwise."""


def main(asks: int, answers: int, progress: int, seconds: int) -> None:
    """Renders lists of conversations, with the tokenizer that came last, until its pipe is closed.

    `asks`: the pipe through which both come; `answers`: the pipe for lists of answers; `progress`:
    a file for the number of the conversation in work; `seconds`: see `rendered_texts`.
    """
    leave_pandas_asleep()
    place = mmap.mmap(progress, PROGRESS.size)
    source, sink = Connection(asks, writable=False), Connection(answers, readable=False)
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    tokenizer = None
    try:
        while True:
            # it was pickled by the process that started this one
            received = pickle.loads(source.recv_bytes())  # noqa: S301
            if not isinstance(received, list):
                tokenizer = received
                _limit_memory(soft)
                continue
            given: list[Rendering] = []
            for number, ask in enumerate(received):
                PROGRESS.pack_into(place, 0, number)
                _limit_time(seconds)
                given.append(_answer(tokenizer, ask))
            sink.send_bytes(msgspec.msgpack.encode(given))
    except (EOFError, BrokenPipeError):
        return


def _answer(tokenizer: Any, ask: Ask) -> Rendering:
    try:
        text = tokenizer.apply_chat_template(ask.messages, tools=ask.tools, tokenize=False)
    except ImportError as error:
        return Rendering(None, MISSING, str(error))
    except MemoryError:
        return Rendering(None, MEMORY)
    except Exception as error:  # noqa: BLE001 - a template is a program and may raise anything
        return _failed(error)
    if not _is_encodable(text):  # a template may cut characters in two
        return Rendering(
            None, "UnicodeEncodeError", "the rendered text holds half a surrogate pair"
        )
    if len(text) > LONGEST_TEXT and len(text) > LONGEST_TEXT + 16 * len(repr(ask)):
        return Rendering(None, LONG)
    return Rendering(text)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _failed(error: Exception) -> Rendering:
    message = " ".join(str(error).split()).encode(errors="backslashreplace").decode()
    return Rendering(None, type(error).__name__, message)


def _limit_time(seconds: int) -> None:
    """The kernel ends this process once it has used so many more seconds of processor time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(time.process_time()) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (_within(limit, hard), hard))


def _limit_memory(most: int) -> None:
    """An allocation beyond the limit raises MemoryError; a process that is ended leaves no dump."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # not Linux: memory is not limited
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * os.sysconf("SC_PAGE_SIZE") + TEMPLATE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (_within(_within(limit, hard), most), hard))


def _within(value: int, limit: int) -> int:
    return value if limit == resource.RLIM_INFINITY else min(value, limit)
