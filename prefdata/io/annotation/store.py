"""The file of a campaign as a database: one writer that commits for all, and readers beside it.

A change is a function of a connection. Changes that arrive while another is being written are
written together, in one transaction, so that many people share one wait for the disk. Each change
is undone alone if it raises; none is told as done before the transaction is on the disk.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from prefdata.errors import OutputError, PrefdataError, SourceError, UnsavedError
from prefdata.io.annotation.faults import in_words
from prefdata.io.annotation.header import APPLICATION_ID
from prefdata.io.annotation.schema import VERSION, create_tables, migrate, version_of

Result = TypeVar("Result")
Change = Callable[[sqlite3.Connection], Result]

_CACHE_KIB = 4096  # of each connection
_MOST_TOGETHER = 64  # changes in one transaction
_CHECKPOINT_AFTER = 100  # transactions
_MOST_PAGES = 50_000  # beside the file, where nobody gets round to bringing them into it


@dataclass(eq=False)
class _Waiting(Generic[Result]):
    """A change, and what came of it. `is_durable`: the disk is waited for. `leads`: its thread is
    the one that writes, for all that wait. `woken`: it is over, or it leads."""

    change: Change[Result]
    is_durable: bool
    leads: bool = False
    woken: threading.Event = field(default_factory=threading.Event)
    is_over: bool = False
    result: Result | None = None
    error: Exception | None = None

    def end(self, result: Result | None = None, error: Exception | None = None) -> None:
        self.result, self.error, self.is_over = result, error, True
        self.woken.set()


class Database:
    """An open file; threads may share it. `wait`: seconds that another program's lock is awaited.

    `most_bytes`: size that the file may reach; None: that of the disk.
    """

    def __init__(
        self,
        path: Path,
        *,
        wait: float = 5.0,
        most_bytes: int | None = None,
        is_read_only: bool = False,
    ) -> None:
        self.path = path
        self._wait = wait
        self._is_read_only = is_read_only
        self._turn = threading.Lock()  # of the writing connection
        self._guard = threading.Lock()  # of the queue
        self._queue: deque[_Waiting[Any]] = deque()
        self._is_led = False
        self._written = 0
        self._checkpoint: threading.Thread | None = None
        self._readers: deque[sqlite3.Connection] = deque()
        with in_words(path):
            self._writer = self._connected()
            self._writer.execute(f"PRAGMA wal_autocheckpoint = {_MOST_PAGES}")
            if most_bytes is not None:
                size = self._writer.execute("PRAGMA page_size").fetchone()[0]
                self._writer.execute(f"PRAGMA max_page_count = {max(1, most_bytes // size)}")

    def close(self) -> None:
        """Lets go of the file."""
        if self._checkpoint is not None:
            self._checkpoint.join()
        with self._turn:
            self._writer.close()
            while self._readers:
                self._readers.pop().close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees the file as it is now, whatever is written meanwhile."""
        with in_words(self.path):
            try:
                connection = self._readers.pop()
            except IndexError:
                connection = self._connected()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()
                self._readers.append(connection)

    def write(self, change: Change[Result], *, is_durable: bool = True) -> Result:
        """Makes a change; when this returns, it is on the disk.

        `is_durable` False: a power failure may take it back, but the end of this process does not.
        `change` may be called more than once, and undone between. What it raises is raised here.
        """
        mine: _Waiting[Result] = _Waiting(change, is_durable)
        with self._guard:
            self._queue.append(mine)
            mine.leads, self._is_led = not self._is_led, True
        while not mine.is_over:
            if mine.leads:
                self._lead(mine)
            else:
                mine.woken.wait()
        if mine.error is not None:
            raise mine.error
        return mine.result  # type: ignore[return-value]

    def _lead(self, mine: _Waiting[Any]) -> None:
        """Writes what waits until `mine` is over, and hands over to the next one that waits."""
        try:
            while not mine.is_over:
                with self._turn:
                    self._write_waiting()
        finally:
            with self._guard:
                if not mine.is_over:  # this thread was interrupted
                    self._queue.remove(mine)
                self._is_led = bool(self._queue)
                if self._queue:
                    self._queue[0].leads = True
                    self._queue[0].woken.set()

    def _write_waiting(self) -> None:
        with self._guard:
            count = min(len(self._queue), _MOST_TOGETHER)
            together = [self._queue.popleft() for _ in range(count)]
        try:
            if not self._write_together(together):
                for each in together:
                    self._write_together([each])
        finally:
            with self._guard:  # where this thread was interrupted, others write what it took up
                self._queue.extendleft(w for w in reversed(together) if not w.is_over)
        self._written += 1
        if self._written % _CHECKPOINT_AFTER == 0:
            self._bring_into_file()

    def _bring_into_file(self) -> None:
        """Brings what was written beside the file into it, while nobody waits for it."""
        if self._checkpoint is None or not self._checkpoint.is_alive():
            self._checkpoint = threading.Thread(target=self._bring, name="checkpoint", daemon=True)
            self._checkpoint.start()

    def _bring(self) -> None:
        with suppress(sqlite3.Error):  # all is safe beside the file, and the next one tries again
            connection = self._connected()
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                connection.close()

    def _write_together(self, together: list[_Waiting[Any]]) -> bool:
        """Whether all of them are over; of several, False: nothing was changed."""
        try:
            with in_words(self.path), self._transaction(any(w.is_durable for w in together)):
                outcomes = [_undone_alone(self._writer, each.change) for each in together]
        except Exception as error:  # noqa: BLE001 - raised where the change was asked for
            if len(together) > 1:
                return False
            together[0].end(error=error)
            return True
        for each, (result, fault) in zip(together, outcomes, strict=True):
            each.end(result, fault)
        return True

    @contextmanager
    def _transaction(self, is_durable: bool) -> Iterator[None]:
        level = "FULL" if is_durable else "NORMAL"
        self._writer.execute(f"PRAGMA synchronous = {level}")
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has rolled back where it had to
                self._writer.rollback()
            raise

    def _connected(self) -> sqlite3.Connection:
        return connect(self.path, wait=self._wait, is_read_only=self._is_read_only)


def _undone_alone(
    connection: sqlite3.Connection, change: Change[Any]
) -> tuple[Any, PrefdataError | None]:
    connection.execute("SAVEPOINT one")
    try:
        result = change(connection)
    except PrefdataError as error:
        connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")
        return None, error
    connection.execute("RELEASE one")
    return result, None


def connect(path: Path, *, wait: float = 5.0, is_read_only: bool = False) -> sqlite3.Connection:
    """A connection to a file, without a look at what it is. Raises sqlite3.Error."""
    mode = "ro" if is_read_only else "rw"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=wait,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def create_file(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Makes a file of this version; `fill` writes its first rows. Raises OutputError: it exists."""
    if path.exists():
        raise OutputError(f"{path}: exists already. Choose another name, or open it as it is.")
    beside = path.with_name(f".{path.name}.unfinished")
    beside.unlink(missing_ok=True)
    try:
        beside.touch()
    except OSError as error:
        raise OutputError(f"{path}: cannot be made ({error.strerror})") from error
    try:
        with in_words(path):
            connection = connect(beside)
            try:
                connection.execute("BEGIN IMMEDIATE")
                create_tables(connection)
                migrate(connection)
                fill(connection)
                connection.execute("COMMIT")
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
        beside.rename(path)
    except UnsavedError as error:  # nothing is there yet that could be lost, or be tried again
        beside.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be made: {error}") from error
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def open_file(
    path: Path, *, wait: float = 5.0, most_bytes: int | None = None, is_read_only: bool = False
) -> Database:
    """Opens a campaign; one of an older version is brought to this one first.

    Raises SourceError: there is none, it is no campaign, or it is of a newer version.
    """
    demand_campaign(path, wait)
    database = Database(path, wait=wait, most_bytes=most_bytes, is_read_only=is_read_only)
    try:
        with database.reading() as connection:
            version = version_of(connection)
        if version > VERSION:
            raise SourceError(
                f"{path}: was written by a newer prefdata (tables of version {version}, this one "
                f"knows {VERSION}). Install a newer prefdata."
            )
        if version < VERSION:
            if is_read_only:
                raise SourceError(
                    f"{path}: is of an older prefdata. Open it once with `prefdata annotate "
                    f"--project {path}`, which brings it up to date."
                )
            database.write(migrate)
    except BaseException:
        database.close()
        raise
    return database


def demand_campaign(path: Path, wait: float = 5.0) -> None:
    """Raises SourceError if a file is not there, or is no campaign of prefdata."""
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file")
    with in_words(path):
        connection = connect(path, wait=wait, is_read_only=True)
        try:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
        finally:
            connection.close()
    if found != APPLICATION_ID:
        raise SourceError(
            f"{path}: is no campaign of annotation. `prefdata annotate SOURCES --project FILE` "
            "makes one."
        )
