"""What a process of our own does before it starts to work."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType

_AGAIN = 1.0
"""Seconds in which further signals are taken for the same one: to the group, and to its leader."""


def is_first_process() -> bool:
    """Whether nobody else runs this command, or torchrun has started this process first."""
    return int(os.environ.get("WORLD_SIZE", "1")) == 1 or os.environ.get("RANK", "0") == "0"


def share_cores() -> None:
    """Lets threads that wait for one another sleep, unless somebody has asked for anything else.

    By default they spin: on cores that other processes want too, products of matrices then take
    several times as long. To be called before the first library that starts threads is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def leave_pandas_asleep() -> None:
    """Makes `import pandas` an ImportError in this process, unless it has been imported already.

    pyarrow imports pandas wherever it is installed, to ask of every value whether it is one of
    its own: a quarter of a second at the start of each process, for a library that is not used
    here. Only for processes that run nothing but prefdata: commands and workers.
    """
    sys.meta_path.insert(0, _Asleep())


def wake_pandas() -> None:
    """Lets `import pandas` be again what it was: for libraries that do not work without it."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Asleep)]


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


class _Asleep:
    """Finds pandas, so that it counts as installed, and fails to load it."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == "pandas" else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        raise ImportError(f"{spec.name} is not used in a process of prefdata")

    def exec_module(self, module: ModuleType) -> None:
        raise ImportError(f"{module.__name__} is not used in a process of prefdata")
