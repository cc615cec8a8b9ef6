"""Rendering conversations by a chat template, in a process that ends when it takes too much."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import IO, Any

import msgspec

from prefdata.errors import MissingExtraError, ModelError
from prefdata.preflight.template_child import (
    LONG,
    LONGEST_TEXT,
    MEMORY,
    MISSING,
    PROGRESS,
    TEMPLATE_BYTES,
    TEMPLATE_SECONDS,
    Ask,
    Rendering,
    main,
)
from prefdata.preflight.tokenizer import Tokenizer

_WAIT_TIMES = 60
"""How many times as long in real time until a process is given up that does not even compute."""

_SHOWN = 60


def rendered_texts(
    tokenizer: Tokenizer, asks: Sequence[Ask], *, seconds: int = TEMPLATE_SECONDS
) -> list[Rendering]:
    """The answer to each of some conversations: a text, or an error that the template raised.

    `seconds`: of processor time that the template may take for one conversation. Raises ModelError
    if the template exceeds its limits, MissingExtraError if jinja2 is not installed.
    """
    process = _PROCESSES.get(seconds) or _PROCESSES.setdefault(seconds, _TemplateProcess(seconds))
    answers: list[Rendering] | None = None
    try:
        answers = process.answers_to(tokenizer, asks)
    except (EOFError, OSError) as error:
        time = f"computes for more than {seconds} seconds"
        spent = time if process.is_out_of_time() else _ENDED
        raise ModelError(_beyond(tokenizer, asks[process.number()], spent)) from error
    finally:
        if answers is None:  # late ones would be taken for those to the next asks
            del _PROCESSES[seconds]
            process.end()
    for ask, answer in zip(asks, answers, strict=True):
        if answer.error == MISSING:
            raise MissingExtraError(f"Chat templates cannot be run: {answer.message}")
        if answer.error in _SPENT:
            raise ModelError(_beyond(tokenizer, ask, _SPENT[answer.error]))
    return answers


_DECODER = msgspec.msgpack.Decoder(list[Rendering])
_ENDED = "ends its process, most often because memory runs out,"
_SPENT = {
    MEMORY: f"takes more than {TEMPLATE_BYTES:,} bytes of memory",
    LONG: f"writes more than {LONGEST_TEXT:,} characters",
}


def _beyond(tokenizer: Tokenizer, ask: Ask, spent: str) -> str:
    name = getattr(tokenizer, "name_or_path", "") or "without a name"
    begins = next((m["content"] for m in ask.messages if m.get("content")), "")
    return (
        f"The chat template of tokenizer {name} {spent} on one conversation, which begins "
        f"{begins[:_SHOWN]!r}. Sound templates need a fraction of a millisecond: mend "
        "chat_template (in tokenizer_config.json or chat_template.jinja), or use another tokenizer."
    )


class _TemplateProcess:
    """A running process that renders, for one tokenizer after another."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._tokenizer: weakref.ref[Tokenizer] | None = None
        there, self._asks = _pipe()
        self._answers, back = _pipe()
        self._progress = _memory_file(PROGRESS.pack(0))
        ends = (there.fileno(), back.fileno(), self._progress.fileno())
        self._popen = _started(ends, seconds)
        there.close()
        back.close()
        pipes = (self._asks, self._answers, self._progress)
        self.end = weakref.finalize(self, _end, self._popen, *pipes)

    def answers_to(self, tokenizer: Tokenizer, asks: Sequence[Ask]) -> list[Rendering]:
        """The answers. Raises EOFError or OSError if the process has ended, or does not answer."""
        if self._tokenizer is None or self._tokenizer() is not tokenizer:
            self._asks.send_bytes(_pickled(tokenizer))
            self._tokenizer = weakref.ref(tokenizer)
        self._asks.send_bytes(pickle.dumps(asks))
        if not self._answers.poll(_WAIT_TIMES * self._seconds):
            raise EOFError
        return _DECODER.decode(self._answers.recv_bytes())

    def number(self) -> int:
        """The number of the conversation in work."""
        [number] = PROGRESS.unpack(os.pread(self._progress.fileno(), PROGRESS.size, 0))
        return int(number)

    def is_out_of_time(self) -> bool:
        """Whether the process, which does not answer any more, has used up its time."""
        try:
            return self._popen.wait(1) == -signal.SIGXCPU
        except subprocess.TimeoutExpired:
            return True


_PROCESSES: dict[int, _TemplateProcess] = {}
"""The process of each limit on time."""


def _pipe() -> tuple[Connection, Connection]:
    source, sink = os.pipe()
    return Connection(source, writable=False), Connection(sink, readable=False)


def _memory_file(content: bytes) -> IO[bytes]:
    """A file that both processes can map; it needs no disk where the system allows that."""
    if hasattr(os, "memfd_create"):
        file: IO[bytes] = os.fdopen(os.memfd_create("template"), "r+b", buffering=0)
    else:
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  closed with the process
    file.write(content)
    return file


def _started(files: tuple[int, int, int], seconds: int) -> subprocess.Popen[bytes]:
    """Starts the process. It is deaf to Ctrl-C and to signals to the whole group: it ends when its
    pipe is closed."""
    lines = (
        f"import sys; sys.path[:] = {[*map(str, sys.path)]!r}",
        f"from {main.__module__} import main",
        f"main{(*files, seconds)}",
    )
    deaf = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, deaf)
    try:
        return subprocess.Popen(  # noqa: S603  nothing of it comes from outside
            [sys.executable, "-c", "\n".join(lines)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=files,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(popen: subprocess.Popen[bytes], *files: Connection | IO[bytes]) -> None:
    for file in files:
        file.close()
    popen.kill()
    popen.wait()


def _pickled(tokenizer: Tokenizer) -> bytes:
    """The tokenizer without its vocabulary, which takes long to load and which no template sees."""
    twin: Any = copy.copy(tokenizer)
    if hasattr(twin, "_tokenizer"):
        from tokenizers import Tokenizer as Backend
        from tokenizers.models import BPE

        twin._tokenizer = Backend(BPE())
    return pickle.dumps(twin)
