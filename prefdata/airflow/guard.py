"""Runs a command, and ends it and its workers when the task that started it is gone.

Started by `child.py` as a script: `guard.py SETTINGS COMMAND...`. Its standard input is a pipe, the
other end of which is held by the process of the task. When that end closes, on purpose or because
the process has died, the command gets SIGTERM and, after `grace` seconds, its whole process group
gets SIGKILL. Standard library only: it starts in a few milliseconds.

Started by `deferred.py` it outlives the process of the task. Then the command is ended when a file
`stop` appears in `folder`, or when nobody has touched `waited-for` there for `patience` seconds.

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
from pathlib import Path

CANNOT_START = 127
_SIGN_EVERY = 2.0
_LIFELINE = 0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Folder:
    """What a guard and those who wait for its command leave for each other in a folder."""

    def __init__(self, path: str, patience: float) -> None:
        self.path = Path(path)
        self.patience = patience
        self._seen = (0.0, time.monotonic())

    def is_left_alone(self) -> bool:
        """Gives a sign of life; whether the command is to end, since it was told to or nobody waits
        for it. Times of two machines are not compared."""
        with suppress(OSError):  # a folder that was removed is one that nobody waits beside
            (self.path / "alive").touch()
        with suppress(OSError):
            touched = (self.path / "waited-for").stat().st_mtime
            if touched != self._seen[0]:
                self._seen = (touched, time.monotonic())
        is_told = (self.path / "stop").exists()
        return is_told or time.monotonic() - self._seen[1] > self.patience

    def ended(self, code: int) -> None:
        """Leaves the exit code."""
        with suppress(OSError):
            (self.path / "ended.new").write_text(str(code))
            (self.path / "ended.new").rename(self.path / "ended")


def guarded(
    command: Sequence[str], *, grace: float, keep: Sequence[int] = (), folder: Folder | None = None
) -> int:
    """Runs `command`; returns its exit code, or 128 + the signal that ended it.

    `grace`: seconds between SIGTERM and SIGKILL. `keep`: file descriptors that it inherits.
    `folder`: says when to end it, instead of standard input.
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
    _wait(child, wake, grace, folder)
    _kill_group(child.pid)  # workers that it left behind
    code = child.wait()
    return code if code >= 0 else 128 - code


def _wait(child: subprocess.Popen[bytes], wake: int, grace: float, folder: Folder | None) -> None:
    """Waits until the child has ended, or until `grace` seconds after it got SIGTERM."""
    deadline: float | None = None
    while child.poll() is None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            message = f"Still there {grace:g} s after it was asked to stop: killed."
            with suppress(OSError):  # the reader may be gone
                print(message, file=sys.stderr, flush=True)  # noqa: T201
            return
        watched = [wake] if deadline or folder else [wake, _LIFELINE]
        ready = select.select(watched, [], [], min(left or _SIGN_EVERY, _SIGN_EVERY))[0]
        signals = os.read(wake, 64) if wake in ready else b""
        is_alone = folder.is_left_alone() if folder else _LIFELINE in ready
        if deadline is None and (is_alone or signal.SIGTERM in signals):
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
    place = settings.get("folder")
    if place and os.fork():
        os._exit(0)  # who started it waits for this process, and not for the guard
    folder = Folder(place, settings["patience"]) if place else None
    code = guarded(sys.argv[2:], grace=settings["grace"], keep=settings["keep"], folder=folder)
    if folder is not None:
        folder.ended(code)
    sys.exit(code)
