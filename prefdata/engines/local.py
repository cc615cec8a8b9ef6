"""The engine of one machine: worker processes, with memory bounded by the size of their items."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import parent_process
from multiprocessing.context import BaseContext
from pathlib import Path

import polars as pl
import pyarrow as pa

from prefdata.engines.buckets import bucket_count, gather, scatter
from prefdata.engines.engine import Item, Result
from prefdata.engines.server import end_server, may_have_workers, server
from prefdata.errors import RunError, UsageError
from prefdata.startup import leave_pandas_asleep, load_numba_alone

_log = logging.getLogger(__name__)

_AHEAD = 3
"""Items submitted per worker before waiting for the first result."""


@dataclass
class LocalEngine:
    """An engine with `workers` processes on this machine (1: in the current process).

    Processes start when there is work for several, and end with the `with` block. `modules` are
    imported once for all of them.
    """

    workers: int = 1
    modules: tuple[str, ...] = ()
    _pool: ProcessPoolExecutor | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise UsageError(
                f"workers: {self.workers}. Give 1 or more; left out, there is one for each core."
            )

    def __enter__(self) -> LocalEngine:
        if self.workers > 1 and not may_have_workers():
            self.workers = 1
        if self.workers > 1:
            self._context()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._pool is None:
            return
        if kind is not None and not issubclass(
            kind, Exception
        ):  # Ctrl-C, or a termination by the scheduler
            end_server()
            for process in [*(self._pool._processes or {}).values()]:
                process.kill()  # its unfinished files have temporary names
        self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def rest(self) -> None:
        """See `Engine.rest`."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """See `Engine.map`."""
        pool = self._started() if self.workers > 1 and len(items) > 1 else None
        if pool is None:
            yield from map(function, items)
            return
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > _AHEAD * self.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:  # a worker was killed, usually for lack of memory
            raise RunError(_KILLED) from error
        finally:
            for future in waiting:
                future.cancel()

    def group(
        self,
        function: Callable[[pl.DataFrame], pl.DataFrame],
        tables: Sequence[Path],
        *,
        by: str,
        work: Path,
        rows_in_memory: int,
    ) -> Iterator[pl.DataFrame]:
        """See `Engine.group`; if there are many rows, they are first divided into bucket files."""
        count = bucket_count(tables, rows_in_memory)
        if count > 1:
            plans = [
                (table, by, count, work / f"scatter-{i:05d}") for i, table in enumerate(tables)
            ]
            folders = list(self.map(scatter, plans))
            buckets = [[folder / f"{b:05d}.arrow" for folder in folders] for b in range(count)]
        else:
            buckets = [list(tables)]
        yield from self.map(_Grouped(function), buckets)

    def _started(self) -> ProcessPoolExecutor | None:
        """The pool; None where none can be started: no semaphores, as in some containers."""
        if self._pool is None:
            context = self._context()
            if context is None:
                return None
            try:
                self._pool = ProcessPoolExecutor(
                    self.workers, mp_context=context, initializer=_settle
                )
            except (OSError, ImportError) as error:  # no /dev/shm, or nobody may write to it
                self._go_alone(error)
        return self._pool

    def _context(self) -> BaseContext | None:
        """The context that workers start in; None where the server of the workers cannot start."""
        try:
            return server(self.modules)
        except OSError as error:  # TMPDIR is full, or too long a path for the socket of the server
            self._go_alone(error)
            return None

    def _go_alone(self, error: BaseException) -> None:
        self.workers = 1
        _log.warning("one process does all the work, since workers cannot start: %s", error)


_KILLED = (
    "a worker process was ended from outside, most often because memory ran out; "
    "run the same command again: it resumes (fewer --workers need less memory)"
)


@dataclass(frozen=True)
class _Grouped:
    function: Callable[[pl.DataFrame], pl.DataFrame]

    def __call__(self, files: Sequence[Path]) -> pl.DataFrame:
        return self.function(gather(files))


def _settle() -> None:
    """Sets up a worker: one thread, signals ignored (the parent handles them), and an end when the
    parent ends."""
    leave_pandas_asleep()
    load_numba_alone()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    gc.freeze()  # imported modules stay, and lists of keys have no cycles to collect
    gc.set_threshold(100_000, 50, 100)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    # A killed parent cannot end its workers, which would wait for work for ever. Its end of a pipe
    # closes in any case, even while its process number is still in use (an unreaped process).
    parent = parent_process()
    assert parent is not None, "a worker was started by somebody"
    parent.join()
    os._exit(1)
