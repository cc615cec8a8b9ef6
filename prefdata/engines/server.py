"""The fork server of worker processes. Imports little, since commands start it before the rest."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, spawn
from multiprocessing.context import (
    BaseContext,
    ForkServerContext,
    ForkServerProcess,
    SpawnContext,
    SpawnProcess,
)
from typing import Any

from prefdata.foreign_errors import memory_limit

_FIRST = "prefdata.engines.first"  # only its name: this process must not import it

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_WORKER_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # a worker uses one core
    "POLARS_MAX_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(
        64 << 20
    ),  # blocks are freed and allocated often: their pages are kept
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}


LEAST_MEMORY = 4 << 30
"""Bytes of address space that a process must be allowed (`ulimit -v`) for workers to start."""


def may_have_workers() -> bool:
    """Whether workers can be started at all; else the process of the command does all the work."""
    limit = memory_limit()
    return limit is None or limit >= LEAST_MEMORY


def server(modules: tuple[str, ...]) -> BaseContext:
    """Starts the fork server if it is not running; returns its multiprocessing context at once.

    Workers are forked from a process that has only imported `modules`, since forking a process with
    threads may deadlock. The modules of the first call are kept.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return _Spawned()
    _server.set_forkserver_preload([_FIRST, *modules])
    with _worker_environment(), _signals_ignored():  # the server inherits both
        _server.ensure_running()
    return _Forked()


_server = forkserver.ForkServer()
"""Of prefdata alone: the processes that a script starts itself inherit nothing of it."""

_preparing = threading.Lock()


@contextmanager
def _as_worker() -> Iterator[None]:
    """A context in which this thread starts processes from our server, which do not run the script
    of their parent.

    `multiprocessing` runs it again in each, for what it defines; workers do only what prefdata
    defines. So a script needs no `if __name__ == "__main__":` for them, and is run once.
    """
    with _preparing:
        here = threading.get_ident()
        prepared, connected = spawn.get_preparation_data, forkserver.connect_to_new_process

        def data(name: str) -> dict[str, Any]:
            found = prepared(name)
            if threading.get_ident() == here:
                for key in ("init_main_from_name", "init_main_from_path"):
                    found.pop(key, None)
            return found

        def connect(fds: Sequence[int]) -> tuple[int, int]:
            is_ours = threading.get_ident() == here
            return (_server.connect_to_new_process if is_ours else connected)(fds)

        spawn.get_preparation_data = data
        forkserver.connect_to_new_process = connect
        try:
            yield
        finally:
            spawn.get_preparation_data = prepared
            forkserver.connect_to_new_process = connected


class _ForkedProcess(ForkServerProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802  the name is that of multiprocessing
        with _as_worker():
            return ForkServerProcess._Popen(process_obj)


class _SpawnedProcess(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802
        with _as_worker():
            return SpawnProcess._Popen(process_obj)


class _Forked(ForkServerContext):
    Process = _ForkedProcess


class _Spawned(SpawnContext):
    Process = _SpawnedProcess


def end_server() -> None:
    """Kills the fork server at once, before it starts workers that it has been asked for.

    They would find that the process they work for has tidied up, and print that as a traceback.
    """
    process = _server._forkserver_pid  # type: ignore[attr-defined]
    if process is not None:
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)


@contextmanager
def _worker_environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _WORKER_ENVIRONMENT}
    os.environ.update(_WORKER_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """A context in which processes are started that ignore signals.

    Ctrl-C reaches every process of a terminal, and schedulers signal whole process groups; only the
    command handles them.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set it
        yield
        return
    before = {each: signal.signal(each, signal.SIG_IGN) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
