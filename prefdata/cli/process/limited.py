"""Runs a command where its memory is limited (`ulimit -v`).

There a library that gets no memory may abort its process, from which no code of ours can save it,
and Python may go round in a circle for ever, since it needs memory to get to the handler of a
MemoryError. So the command runs in a process of its own, and this one says what has happened to it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

_ABORTED = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP})
_FAILED = 1
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LOOKS_S = 1.0
_LOOKS = 10
"""A process that has not one page left at so many looks one after the other will not go on."""


def within(limit: int, run: Callable[[], int]) -> int:
    """Runs `run` in a child process; returns its exit code.

    `limit`: bytes that a process may have, for the message if the child is aborted.
    """
    parent_end, child_end = os.pipe()  # closes when this process ends, however it does
    child = os.fork()
    if child == 0:
        os.close(child_end)
        threading.Thread(target=_follow, args=(parent_end,), daemon=True).start()
        try:
            return run()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException:  # noqa: BLE001  `run` tells errors, if there is memory to do so
            os.abort()
    os.close(parent_end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child as well
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    ended = threading.Event()
    threading.Thread(target=_abort_if_stuck, args=(child, limit, ended), daemon=True).start()
    _, status = os.waitpid(child, 0)
    ended.set()
    if os.WIFSIGNALED(status):
        from prefdata.io.files.scratch import sweep_scratch

        sweep_scratch(child)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in _ABORTED:
        click.echo(
            f"Error: memory ran out, of which this process may have {limit >> 20:,} MB: a library "
            "has ended it. Raise the limit (ulimit -v), or use fewer --workers, and run the same "
            "command again: it resumes.",
            err=True,
        )
        return _FAILED
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _follow(parent_end: int) -> None:
    os.read(parent_end, 1)
    os.kill(os.getpid(), signal.SIGKILL)


def _abort_if_stuck(child: int, limit: int, ended: threading.Event) -> None:
    """Ends a process that stays without a page of memory (Linux tells how much it has)."""
    without = 0
    while without < _LOOKS and not ended.wait(_LOOKS_S):
        try:
            pages = int(Path(f"/proc/{child}/statm").read_text().split()[0])
        except OSError:  # it has ended, or the system does not tell
            return
        without = without + 1 if limit - pages * _PAGE < _PAGE else 0
    if not ended.is_set():
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGABRT)
