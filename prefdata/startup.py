"""Set-up of a process of prefdata: threads, pandas, SIGTERM, rank under torchrun."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Collection, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader
else:  # a name for type checkers only, and its module imports thirty others
    Loader = object

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
    sys.meta_path.insert(0, _no_pandas)


def wake_pandas() -> None:
    """Undoes `leave_pandas_asleep`, for libraries that need pandas."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _no_pandas]


def load_numba_alone() -> None:
    """Makes Numba load without `scipy.linalg`, which no kernel of ours uses.

    Loading it takes a fifth of a second. Only for processes that run nothing but prefdata.
    """
    sys.meta_path.insert(0, _Wrapper(("numba.np.arraymath",), _LoneLoader))


def load_when_used(*libraries: str) -> None:
    """Makes `import` of these libraries (top-level packages) instant: a library is loaded when
    something of it is asked for first.

    Many modules import Polars for work that a small run never does, and it takes a tenth of a
    second and more. Only for commands: workers are forked from a process that has loaded all.
    """
    sys.meta_path.insert(0, _Wrapper(libraries, _PostponingLoader))


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


class _Postponed(ModuleType):
    """A module that is loaded when an attribute is asked for that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        with _loading:  # other threads wait here while one loads it
            if loader := vars(self).pop(_LOADER, None):
                try:
                    loader.exec_module(self)
                except BaseException:
                    vars(self)[_LOADER] = loader
                    raise
                self.__class__ = ModuleType  # type: ignore[assignment]
        return ModuleType.__getattribute__(self, name)


_LOADER = "__postponed_loader__"
_loading = threading.RLock()


class _WrappedLoader(Loader):
    """The loader of a module, used in another way."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)


class _Wrapper:
    """An import hook that finds some modules, and has them loaded by a wrapped loader."""

    def __init__(self, names: Collection[str], wrap: type[_WrappedLoader]) -> None:
        self._names = names
        self._wrap = wrap

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._names:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = self._wrap(spec.loader)
        return spec


class _PostponingLoader(_WrappedLoader):
    """Makes a `_Postponed`, which is loaded later."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Postponed(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        vars(module)[_LOADER] = self._loader


class _Blocker:
    """An import hook that finds a library, so that it counts as installed, and fails to load it."""

    def __init__(self, library: str, thread: int | None = None) -> None:
        self._library = library
        self._thread = thread

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self._library or self._thread not in (None, threading.get_ident()):
            return None
        return ModuleSpec(name, self)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        raise ImportError(f"{spec.name} is not used in a process of prefdata")

    def exec_module(self, module: ModuleType) -> None:
        raise ImportError(f"{module.__name__} is not used in a process of prefdata")


_no_pandas = _Blocker("pandas")


class _LoneLoader(_WrappedLoader):
    """Lets a module that looks for `scipy.linalg` find none."""

    def exec_module(self, module: ModuleType) -> None:
        blocker = _Blocker("scipy.linalg", threading.get_ident())
        sys.meta_path.insert(0, blocker)
        try:
            self._loader.exec_module(module)
        finally:
            sys.meta_path.remove(blocker)
