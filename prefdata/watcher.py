"""A small process that ends a command which was told to end but cannot hear it.

Python handles a signal between two instructions of its main thread, so a command that is within one
long call of a library (a sort, a product of large numbers) would go on as if nothing had happened.
What does arrive at once is a byte in a pipe, written by the interpreter itself. The watcher waits
for it, and then for the end of the command: first it asks a thread to end it, which is possible
wherever the library lets other threads run, and at last it kills it.

That is safe at any moment: an output folder is there as a whole or not at all, locks end with the
process that holds them, and the next run resumes.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time

UNHEARD_SECONDS = 5.0
"""Seconds within which the command has to notice that it was told to end."""

CLEAN_UP_SECONDS = 60.0
"""Seconds that it may take to end once it has noticed."""

_LAST_SECONDS = 2.0
_NOTICED, _END = b"\x00", b"\x01"

TERMINATED = 128 + signal.SIGTERM


class Watcher:
    """The command's side: `noticed` tells the watcher that the command is about to end."""

    def __init__(self, told: int) -> None:
        self._told = told

    def noticed(self) -> None:
        """Gives the command more time, to end in an orderly way."""
        os.write(self._told, _NOTICED)


def watch() -> Watcher | None:
    """Starts the watcher of this process; None where processes cannot be forked.

    Call it before any thread is started, in the main thread.
    """
    if not hasattr(os, "fork"):
        return None
    heard, told = os.pipe()
    asked, ask = os.pipe()
    command = os.getpid()
    if os.fork() == 0:
        try:
            os.close(told)
            os.close(asked)
            _watch(command, heard, ask)
        finally:  # whatever happens, this copy of the command must not go on as the command
            os._exit(0)
    os.close(heard)
    os.close(ask)
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_end_when_asked, args=(asked,), daemon=True).start()
    return Watcher(told)


def _watch(command: int, heard: int, ask: int) -> None:
    """The life of the watcher. `heard` is at its end when the command has ended."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):  # whoever reads what the command prints must not wait for this process
        os.dup2(nowhere, stream)
    while byte := os.read(heard, 1):
        if byte == bytes([signal.SIGTERM]) and not _ends(heard):
            os.write(ask, _END)
            if not _ends_within(heard, _LAST_SECONDS):
                _kill_all(command)
            return


def _ends(heard: int) -> bool:
    """Whether the command ends in time, of which it has more once it has noticed."""
    limit = time.monotonic() + UNHEARD_SECONDS
    while (left := limit - time.monotonic()) > 0:
        if not select.select([heard], [], [], left)[0]:
            break
        byte = os.read(heard, 1)
        if not byte:
            return True
        if byte == _NOTICED:
            limit = time.monotonic() + CLEAN_UP_SECONDS
    return False


def _ends_within(heard: int, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while (left := limit - time.monotonic()) > 0 and select.select([heard], [], [], left)[0]:
        if not os.read(heard, 1):
            return True
    return False


def _end_when_asked(asked: int) -> None:
    """Ends this process if the watcher asks for it, with all that it has started."""
    if os.read(asked, 1) == _END:
        kill_descendants(os.getpid())
        os.write(2, b"Stopped in the middle of a long call. The same command resumes.\n")
        os._exit(TERMINATED)


def _kill_all(command: int) -> None:
    kill_descendants(command)
    os.kill(command, signal.SIGKILL)


def kill_descendants(process: int) -> None:
    """Kills all that a process has started, except this process; on Linux only."""
    if not sys.platform.startswith("linux"):
        return  # they end when a pipe to their parent is closed
    parents = dict(_parents())
    found, before = {process}, 0
    while len(found) > before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    for each in found - {process, os.getpid()}:
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _parents() -> list[tuple[int, int]]:
    """Every process and its parent."""
    pairs = []
    from pathlib import Path  # not needed to start

    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(place.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        pairs.append((int(place.parent.name), parent))
    return pairs
