"""A command as a child process under guard: its lines as they come, its end when it is due."""

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
"""Lines on stderr that are kept, for the message of an error."""


class GuardedChild:
    """Runs one command at a time, and never leaves it alone: it ends when this process does."""

    def __init__(self, *, grace: float) -> None:
        """`grace`: seconds that a command has to leave when it is asked to, before it is killed."""
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
        """Runs `command` to its end; its exit code, or 128 + the signal that ended it.

        `output` takes its stdout, `say` each line of its stderr as it comes; `keep` are file
        descriptors that it inherits. Whatever is raised meanwhile (a timeout, an interrupt) ends
        the command first, and is raised when it is gone.
        """
        settings = json.dumps({"grace": self.grace, "keep": list(keep)})
        self._guard = subprocess.Popen(  # noqa: S603 - no shell; what a DAG says
            [sys.executable, "-I", "-S", str(_GUARD), settings, *command],
            bufsize=0,  # what `stop` closes has no lock that a signal could find taken
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
            env=env,
            cwd=cwd,
            start_new_session=True,
            pass_fds=keep,
        )
        try:
            if self.was_stopped:  # before there was anything to stop
                self._let_go()
            self._listen(self._guard, say)
            code = self._guard.wait()
            return code if code >= 0 else 128 - code
        finally:
            self._end(self._guard, say)

    def stop(self) -> None:
        """Ends the command, and does not wait for it. May be called at any time, also by a handler
        of a signal, and again."""
        self.was_stopped = True
        self._let_go()

    def _let_go(self) -> None:
        guard = self._guard
        if guard is not None and guard.stdin is not None and not guard.stdin.closed:
            guard.stdin.close()

    def _end(self, guard: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
        self._let_go()
        if guard.poll() is None:
            self._listen(guard, say)
        guard.wait()  # bounded: the guard takes `grace` seconds at most
        assert guard.stderr is not None
        guard.stderr.close()

    def _listen(self, guard: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
        assert guard.stderr is not None
        for line in _lines(guard.stderr.fileno(), lambda: guard.poll() is not None):
            text = line.decode("utf-8", "backslashreplace").rstrip()
            if text:
                self.last_lines.append(text)
                say(text)


def _lines(stream: int, ended: Callable[[], bool]) -> Iterator[bytes]:
    """Lines as they come, until the stream is closed or, at the latest, its writer has ended.

    The second matters where a stray process still holds the stream. A line of more than 64 KiB
    comes in pieces.
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
