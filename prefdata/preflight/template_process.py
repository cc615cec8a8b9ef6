"""Rendering conversations by a chat template, in a process that ends when it takes too much."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
import weakref
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from prefdata.errors import MissingExtraError, ModelError
from prefdata.preflight.template_child import (
    LONG,
    LONGEST_TEXT,
    MEMORY,
    MISSING,
    TEMPLATE_BYTES,
    TEMPLATE_SECONDS,
    Answer,
    Ask,
)
from prefdata.preflight.tokenizer import Tokenizer

_PROGRAM = (
    "import sys; sys.path[:] = {path!r}; "
    "from prefdata.preflight.template_child import main; main({asks}, {answers})"
)
_WAIT_SECONDS = 60 * TEMPLATE_SECONDS
"""Seconds of real time until a process is given up that does not even compute."""

_SHOWN = 60


def rendered_texts(tokenizer: Tokenizer, asks: Sequence[Ask]) -> list[Answer]:
    """The answer to each of some conversations: a text, or an error that the template raised.

    Raises ModelError if the template exceeds its limits, MissingExtraError if jinja2 is not
    installed.
    """
    process = _process_of(tokenizer)
    answers: list[Answer] = []
    try:
        process.asks.send_bytes(pickle.dumps(asks))
        while len(answers) < len(asks):
            answers.append(_DECODER.decode(process.next_answer()))
    except (EOFError, OSError) as error:
        spent = _TIME if process.is_out_of_time() else _ENDED
        raise ModelError(_beyond(tokenizer, asks[len(answers)], spent)) from error
    finally:
        if len(answers) < len(asks):  # or the rest would be taken for answers to the next asks
            del _PROCESSES[tokenizer]
            process.end()
    for ask, answer in zip(asks, answers, strict=True):
        if answer.error == MISSING:
            raise MissingExtraError(f"Chat templates cannot be run: {answer.message}")
        if answer.error in _SPENT:
            raise ModelError(_beyond(tokenizer, ask, _SPENT[answer.error]))
    return answers


_DECODER = msgspec.msgpack.Decoder(Answer)
_TIME = f"computes for more than {TEMPLATE_SECONDS} seconds"
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
    """A running process that renders with one tokenizer; it ends with this object."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        pickled = _pickled(tokenizer)
        ask_here, self.asks = _pipe()
        self._answers, answer_there = _pipe()
        self._popen = _started(ask_here.fileno(), answer_there.fileno())
        ask_here.close()
        answer_there.close()
        self.end = weakref.finalize(self, _end, self._popen, self.asks, self._answers)
        self.asks.send_bytes(pickled)

    def next_answer(self) -> bytes:
        """The next answer. Raises EOFError if the process has ended, or does not answer at all."""
        if not self._answers.poll(_WAIT_SECONDS):
            raise EOFError
        return self._answers.recv_bytes()

    def is_out_of_time(self) -> bool:
        """Whether the process, which does not answer any more, has used up its time."""
        try:
            return self._popen.wait(1) == -signal.SIGXCPU
        except subprocess.TimeoutExpired:
            return True


_PROCESSES: weakref.WeakKeyDictionary[Any, _TemplateProcess] = weakref.WeakKeyDictionary()


def _process_of(tokenizer: Tokenizer) -> _TemplateProcess:
    process = _PROCESSES.get(tokenizer)
    if process is None:
        process = _PROCESSES[tokenizer] = _TemplateProcess(tokenizer)
    return process


def _pipe() -> tuple[Connection, Connection]:
    source, sink = os.pipe()
    return Connection(source, writable=False), Connection(sink, readable=False)


def _started(asks: int, answers: int) -> subprocess.Popen[bytes]:
    """Starts the process. It is deaf to Ctrl-C and to signals to the whole group: it ends when its
    pipe is closed."""
    program = _PROGRAM.format(path=[*map(str, sys.path)], asks=asks, answers=answers)
    deaf = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, deaf)
    try:
        return subprocess.Popen(  # noqa: S603  nothing of it comes from outside
            [sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(asks, answers),
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(popen: subprocess.Popen[bytes], *pipes: Connection) -> None:
    for pipe in pipes:
        pipe.close()
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
