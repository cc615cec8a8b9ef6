"""Runs a command as a child process that passes its stderr on and ends with its parent."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

_GUARD = Path(__file__).with_name("guard.py")
_PIECE = 1 << 16
_LOOK_EVERY = 1.0
LAST_LINES = 20
"""Last lines of stderr that are kept for an error message."""


class GuardedChild:
    """Runs one command at a time, which is ended when this process ends, however that happens."""

    def __init__(self, *, grace: float) -> None:
        """`grace`: seconds between SIGTERM and SIGKILL when a command is stopped."""
        self.grace = grace
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self.was_stopped = False
        self._guard: subprocess.Popen[bytes] | None = None

    def run(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None,
        output: IO[bytes],
        say: Callable[[str], None],
        keep: Sequence[int] = (),
    ) -> int:
        """Runs `command` to its end; returns its exit code, or 128 + the signal that ended it.

        `output`: file for its stdout. `say`: called with each line of its stderr as it arrives.
        `keep`: file descriptors that it inherits. If an exception is raised meanwhile (a timeout,
        an interrupt), the command is ended first, and the exception propagates afterwards.
        """
        settings = json.dumps({"grace": self.grace, "keep": list(keep)})
        self._guard = subprocess.Popen(  # noqa: S603 - no shell; what a DAG says
            [sys.executable, "-I", "-S", str(_GUARD), settings, *command],
            bufsize=0,  # a buffer has a lock, on which `stop` in a signal handler could block
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
            env=env,
            cwd=cwd,
            start_new_session=True,
            pass_fds=keep,
        )
        try:
            if self.was_stopped:  # `stop` was called before the guard started
                self._close_lifeline()
            self._forward_lines(self._guard, say)
            code = self._guard.wait()
            return code if code >= 0 else 128 - code
        finally:
            self._end(self._guard, say)

    def stop(self) -> None:
        """Ends the command without waiting for it. May be called at any time, repeatedly, and from
        a signal handler."""
        self.was_stopped = True
        self._close_lifeline()

    def _close_lifeline(self) -> None:
        guard = self._guard
        if guard is not None and guard.stdin is not None and not guard.stdin.closed:
            guard.stdin.close()

    def _end(self, guard: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
        self._close_lifeline()
        if guard.poll() is None:
            self._forward_lines(guard, say)
        guard.wait()  # bounded: the guard takes `grace` seconds at most
        assert guard.stderr is not None
        guard.stderr.close()

    def _forward_lines(self, guard: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
        assert guard.stderr is not None
        for line in _lines(guard.stderr.fileno(), lambda: guard.poll() is not None):
            text = line.decode("utf-8", "backslashreplace").rstrip()
            if text:
                self.last_lines.append(text)
                say(text)


def _lines(stream: int, ended: Callable[[], bool]) -> Iterator[bytes]:
    """Yields lines as they arrive, until the stream is closed or `ended()` is true.

    `ended` is needed if a stray process keeps the stream open after the writer has ended. A line of
    more than 64 KiB is yielded in pieces.
    """
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(_LOOK_EVERY):
                if ended():
                    break
                continue
            piece = os.read(stream, _PIECE)
            if not piece:
                break
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) >= _PIECE:
                yield rest
                rest = b""
    if rest:
        yield rest
