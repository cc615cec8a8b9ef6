"""Runs a command, and ends it, workers and all, as soon as nobody waits for it any more.

Started by `child.py` as a script: `guard.py SETTINGS COMMAND...`. Its standard input is a pipe
whose other end the process of the task holds. When that end closes, on purpose or because the
process is gone, however it went, the command gets SIGTERM, some seconds to leave, then SIGKILL,
together with all that it has started. Standard library only: it starts in a few milliseconds.

`PR_SET_PDEATHSIG` alone would not do: it goes to one process and not to its workers, it fires when
the *thread* that started it ends, and it leaves no time. Here it is the second rope, for the case
that the guard itself is killed; the guard has but one thread.
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
    """Runs `command`; its exit code, or 128 + the signal that ended it.

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
    """Until the child has ended, or `grace` is over after it had been asked to."""
    deadline: float | None = None
    while child.poll() is None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            said = f"Still there {grace:g} s after it was asked to stop: killed."
            with suppress(OSError):  # nobody may be there to read it
                print(said, file=sys.stderr, flush=True)  # noqa: T201
            return
        watched = [wake] if deadline else [wake, _LIFELINE]
        ready = select.select(watched, [], [], left)[0]
        signals = os.read(wake, 64) if wake in ready else b""
        if deadline is None and (_LIFELINE in ready or signal.SIGTERM in signals):
            child.terminate()  # it ends its workers itself, in good order
            deadline = time.monotonic() + grace


def _wake_on(*signals: int) -> int:
    """A file descriptor that holds the number of each of these signals as it comes."""
    read, write = os.pipe()
    for end in (read, write):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in signals:
        signal.signal(number, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the lifeline says when it is over
    return read


def _end_with_parent() -> Callable[[], None] | None:
    """What a child of this process runs first: SIGTERM to it when this process dies. Linux only."""
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
    with suppress(ProcessLookupError, PermissionError):  # macOS: none is left but the dead
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    sys.exit(guarded(sys.argv[2:], grace=settings["grace"], keep=settings["keep"]))
