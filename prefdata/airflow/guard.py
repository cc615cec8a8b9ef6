"""Runs a command, and ends it and its workers when the task that started it is gone.

Started by `child.py` as a script: `guard.py SETTINGS COMMAND...`. Its standard input is a pipe, the
other end of which is held by the process of the task. When that end closes, on purpose or because
the process has died, the command gets SIGTERM and, after `grace` seconds, its whole process group
gets SIGKILL. Standard library only: it starts in a few milliseconds.

`PR_SET_PDEATHSIG` alone would not suffice: it signals one process and not its workers, it fires
when the *thread* that started it ends, and it allows no grace period. Here it is a fallback for the
case that the guard itself is killed; the guard has a single thread.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

CANNOT_START = 127
_LIFELINE = 0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def guarded(command: Sequence[str], *, grace: float, keep: Sequence[int] = ()) -> int:
    """Runs `command`; returns its exit code, or 128 + the signal that ended it.

    `grace`: seconds between SIGTERM and SIGKILL. `keep`: file descriptors that it inherits.
    """
    wake = _wake_on(signal.SIGCHLD, signal.SIGTERM)
    try:
        child = subprocess.Popen(  # noqa: S603 - no shell; what a DAG says
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=keep,
            preexec_fn=_end_with_parent(),  # safe: one thread
        )
    except OSError as error:
        print(f"{command[0]} cannot be started: {error.strerror}", file=sys.stderr)  # noqa: T201
        return CANNOT_START
    for fd in keep:
        os.close(fd)
    _wait(child, wake, grace)
    _kill_group(child.pid)  # workers that it left behind
    code = child.wait()
    return code if code >= 0 else 128 - code


def _wait(child: subprocess.Popen[bytes], wake: int, grace: float) -> None:
    """Waits until the child has ended, or until `grace` seconds after it got SIGTERM."""
    deadline: float | None = None
    while child.poll() is None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            message = f"Still there {grace:g} s after it was asked to stop: killed."
            with suppress(OSError):  # the reader may be gone
                print(message, file=sys.stderr, flush=True)  # noqa: T201
            return
        watched = [wake] if deadline else [wake, _LIFELINE]
        ready = select.select(watched, [], [], left)[0]
        signals = os.read(wake, 64) if wake in ready else b""
        if deadline is None and (_LIFELINE in ready or signal.SIGTERM in signals):
            child.terminate()  # it ends its workers itself
            deadline = time.monotonic() + grace


def _wake_on(*signals: int) -> int:
    """A file descriptor to which the number of each of these signals is written when it arrives."""
    read, write = os.pipe()
    for end in (read, write):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in signals:
        signal.signal(number, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the closed pipe ends the command instead
    return read


def _end_with_parent() -> Callable[[], None] | None:
    """A `preexec_fn` that sends the child SIGTERM when this process dies; None if not on Linux."""
    if not sys.platform.startswith("linux"):
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def end_with_parent() -> None:
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(CANNOT_START)

    return end_with_parent


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS: only dead processes are left
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    sys.exit(guarded(sys.argv[2:], grace=settings["grace"], keep=settings["keep"]))
