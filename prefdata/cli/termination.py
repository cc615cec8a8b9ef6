"""The signal by which schedulers end a process, as an exception like that of Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType

_AGAIN = 1.0
"""Seconds in which further signals are taken for the same one: to the group, and to its leader."""


class Terminated(BaseException):
    """Somebody asks this process to end; what is under way is cleaned up on the way out."""


def end_when_told() -> None:
    """Raises `Terminated` in the main thread on SIGTERM, unless it is ignored or taken already."""
    if threading.current_thread() is not threading.main_thread():  # only that one may ask
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return
    told = -_AGAIN

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal told
        before, told = told, time.monotonic()
        if told - before >= _AGAIN:
            raise Terminated

    signal.signal(signal.SIGTERM, end)
