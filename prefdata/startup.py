"""Set-up of a process of prefdata: threads, pandas, SIGTERM, rank under torchrun."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType

_SAME_SIGNAL_SECONDS = 1.0
"""Seconds within which a second SIGTERM counts as the same one: a signal to the process group and
one to its leader arrive as two."""


def is_first_process() -> bool:
    """Whether this is the only process of the command, or the one of rank 0 under torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1")) == 1 or os.environ.get("RANK", "0") == "0"


def share_cores() -> None:
    """Sets OMP_WAIT_POLICY=PASSIVE, unless the variable is set, so that waiting threads sleep.

    By default OpenMP threads spin: on cores that other processes use as well, products of matrices
    then take several times as long. Call it before the first import of a library that starts
    threads.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def leave_pandas_asleep() -> None:
    """Makes `import pandas` raise ImportError in this process, unless it is already imported.

    pyarrow imports pandas, if installed, to check values for pandas types: this costs a quarter of
    a second at the start of each process, and prefdata does not use pandas. Only for processes that
    run nothing but prefdata: commands and workers.
    """
    sys.meta_path.insert(0, _PandasBlocker())


def wake_pandas() -> None:
    """Undoes `leave_pandas_asleep`, for libraries that need pandas."""
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if not isinstance(finder, _PandasBlocker)
    ]


class Terminated(BaseException):
    """SIGTERM was received. A BaseException, so that no `except Exception` catches it."""


def end_when_told() -> None:
    """Raises `Terminated` in the main thread on SIGTERM, unless SIGTERM is ignored or handled.

    A watcher ends the process if it does not get there within some seconds.
    """
    if threading.current_thread() is not threading.main_thread():  # others may not set handlers
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return
    from prefdata.watcher import watch  # `prefdata --help` has no need of it

    watcher = watch()
    last_signal = -_SAME_SIGNAL_SECONDS

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal last_signal
        before, last_signal = last_signal, time.monotonic()
        if last_signal - before >= _SAME_SIGNAL_SECONDS:
            if watcher is not None:
                watcher.noticed()
            raise Terminated

    signal.signal(signal.SIGTERM, end)


class _PandasBlocker:
    """An import hook that finds pandas, so that it counts as installed, and fails to load it."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == "pandas" else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        raise ImportError(f"{spec.name} is not used in a process of prefdata")

    def exec_module(self, module: ModuleType) -> None:
        raise ImportError(f"{module.__name__} is not used in a process of prefdata")
