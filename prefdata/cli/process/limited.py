"""Runs a command where its memory is limited (`ulimit -v`).

There a library that gets no memory may abort its process or end it by `exit`, or ask again and
again for ever (OpenBLAS does both), from which no code of ours can save it; and Python may go round
in a circle, since it needs memory to get to the handler of a MemoryError. So the command runs in a
process of its own, and this one says what has happened to it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import click

_ABORTED = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP})
_FAILED = 1
_BY_ITSELF = b"."
_PAGE = os.sysconf("SC_PAGE_SIZE")
_BLOCK = 64 << 20
"""More than a library asks for at a time (OpenBLAS: 32 MiB)."""
_OF_KERNEL = 0.75
"""The share of its time (0 to 1) that a process which asks in vain spends in the kernel."""
_LOOKS_S = 1.0
_LOOKS = 10
"""A process that is stuck at so many looks one after the other will not go on."""


def within(limit: int, run: Callable[[], int]) -> int:
    """Runs `run` in a child process; returns its exit code.

    `limit`: bytes that a process may have, for the message if a library ends the child.
    """
    parent_end, child_end = os.pipe()  # closes when this process ends, however it does
    told, tell = os.pipe()  # the child writes to it before it ends by itself
    child = os.fork()
    if child == 0:
        os.close(child_end)
        threading.Thread(target=_follow, args=(parent_end,), daemon=True).start()
        try:
            code = run()
            os.write(tell, _BY_ITSELF)
            return code
        except (SystemExit, KeyboardInterrupt):
            os.write(tell, _BY_ITSELF)
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
    by_itself = _has_told(told)
    if os.WIFSIGNALED(status) or not by_itself:
        from prefdata.io.files.scratch import sweep_scratch

        sweep_scratch(child)
    aborted = os.WIFSIGNALED(status) and os.WTERMSIG(status) in _ABORTED
    if aborted or (os.WIFEXITED(status) and not by_itself):
        click.echo(
            f"Error: memory ran out, of which this process may have {limit >> 20:,} MB: a library "
            "has ended it. Raise the limit (ulimit -v), or use fewer --workers, and run the same "
            "command again: it resumes.",
            err=True,
        )
        return _FAILED
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _has_told(told: int) -> bool:
    os.set_blocking(told, False)
    try:
        return os.read(told, len(_BY_ITSELF)) == _BY_ITSELF
    except BlockingIOError:
        return False


def _follow(parent_end: int) -> None:
    os.read(parent_end, 1)
    os.kill(os.getpid(), signal.SIGKILL)


class _Seen(NamedTuple):
    """What Linux tells of a process: page faults, ticks of its time, and bytes of addresses."""

    faults: int
    own_ticks: int
    kernel_ticks: int
    size: int

    @classmethod
    def of(cls, process: int) -> _Seen:
        """Raises OSError if it has ended, or the system does not tell."""
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return cls(*(int(told[place]) for place in (7, 11, 12, 20)))


def _abort_if_stuck(child: int, limit: int, ended: threading.Event) -> None:
    """Ends a process that asks for memory in vain, look after look."""
    stuck = 0
    try:
        before = _Seen.of(child)
        while stuck < _LOOKS and not ended.wait(_LOOKS_S):
            now = _Seen.of(child)
            stuck = stuck + 1 if _is_stuck(before, now, limit) else 0
            before = now
    except OSError:
        return
    if not ended.is_set():
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGABRT)


def _is_stuck(before: _Seen, now: _Seen, limit: int) -> bool:
    """Whether a process has not one page left, or goes round in a circle: it has little left,
    touches no new page, and its time goes to the kernel, which refuses it more."""
    if limit - now.size < _PAGE:
        return True
    kernel, own = now.kernel_ticks - before.kernel_ticks, now.own_ticks - before.own_ticks
    stays = (now.faults, now.size) == (before.faults, before.size)
    return stays and limit - now.size < _BLOCK and 0 < kernel >= _OF_KERNEL * (kernel + own)
