"""The process that workers are copies of. Light: a command starts it before it imports the rest."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import BaseContext

_FIRST = "prefdata.engines.first"  # by name: importing it is not for this process

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_WORKER_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # a worker is one core wide
    "POLARS_MAX_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),  # blocks come and go: their pages are kept
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}


def server(modules: tuple[str, ...]) -> BaseContext:
    """Starts the server, where there is none yet, and returns at once; what makes workers of it.

    Workers start clean, as a copy of a process with threads may never wake up: the server has
    imported `modules` and done nothing else. It keeps the modules of the first call.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    forkserver.set_forkserver_preload([_FIRST, *modules])
    with _worker_environment(), _signals_ignored():  # a process starts with both as they are
        forkserver.ensure_running()
    return multiprocessing.get_context("forkserver")


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
    """Ctrl-C reaches every process of a terminal, and schedulers signal to whole groups.

    What is to be said and done about it, the command says and does.
    """
    if threading.current_thread() is not threading.main_thread():  # only that one may set it
        yield
        return
    before = {each: signal.signal(each, signal.SIG_IGN) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
