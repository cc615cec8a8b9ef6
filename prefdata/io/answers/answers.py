"""A file that keeps each completion that came, by request and number, from one run to the next."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, get_args

import msgspec

from prefdata.errors import BusyFileError, LockedError, OutputError, SourceError
from prefdata.io.annotation.faults import in_words
from prefdata.io.answers.schema import APPLICATION_ID, TABLES, VERSION
from prefdata.records.chat import ChatAnswer, ChatFailure, FailureReason, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

Outcome = ChatAnswer | ChatFailure

_SAFE_EVERY = 1.0
"""Seconds between commits that wait for the disk. Others outlive the end of the process, and only
a power failure may take them back."""

_CACHE_KIB = 8192
_REASONS = frozenset(get_args(FailureReason))
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ChatAnswer).decode


class AnswerStore:
    """An open file of answers. One process at a time works with it; it is made if there is none.

    Raises LockedError: another run works with it; SourceError: it is something else, or of a newer
    version; OutputError: it cannot be made. Reading and writing raise what `in_words` says.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._synced = 0.0
        self._has_failures = True
        if not self.path.exists():
            try:
                self.path.touch()
            except OSError as error:
                raise OutputError(f"{self.path}: cannot be made ({error.strerror})") from error
        self._connection = sqlite3.connect(
            self.path, timeout=0.5, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Brings all into the one file, and lets go of it."""
        with suppress(sqlite3.Error):  # all is safe beside the file
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def get(self, key: str, number: int) -> Outcome | None:
        """What is known of one completion: the answer, else the last failure, else None."""
        return self.get_many(key, number + 1)[number]

    def get_many(self, key: str, count: int) -> list[Outcome | None]:
        """What is known of the completions 0 to count - 1 of a request."""
        known: list[Outcome | None] = [None] * count
        digest = bytes.fromhex(key)
        with in_words(self.path):
            answers = self._connection.execute(
                "SELECT number, answer FROM answer WHERE key = ? AND number < ?", (digest, count)
            ).fetchall()
            if len(answers) < count and self._has_failures:
                for number, reason, said in self._connection.execute(
                    "SELECT number, reason, said FROM failure WHERE key = ? AND number < ? "
                    "ORDER BY id",
                    (digest, count),
                ):
                    known[number] = ChatFailure(self._reason(reason), said)
        for number, answer in answers:
            known[number] = self._answer(answer)
        return known

    def put(self, key: str, number: int, outcome: Outcome) -> None:
        """Keeps one outcome; see `put_all`."""
        self.put_all([Reply(key, number, outcome)])

    def put_all(self, replies: Iterable[Reply]) -> int:
        """Keeps outcomes together; when this returns, they outlive the process.

        The first answer to a completion stays; of failures the last one counts, and none counts
        beside an answer. Returns how many answers were new.
        """
        answers, failures = [], []
        for reply in replies:
            digest, outcome = bytes.fromhex(reply.key), reply.outcome
            if isinstance(outcome, ChatFailure):
                failures.append((digest, reply.number, outcome.reason, outcome.said))
            else:
                answers.append((digest, reply.number, _encode(outcome)))
        if not answers and not failures:
            return 0
        self._has_failures |= bool(failures)
        with self._transaction():
            before = self._connection.total_changes
            self._connection.executemany(
                "INSERT OR IGNORE INTO answer(key, number, answer) VALUES(?, ?, ?)", answers
            )
            new = self._connection.total_changes - before
            self._connection.executemany(
                "INSERT INTO failure(key, number, reason, said) VALUES(?, ?, ?, ?)", failures
            )
        return new

    def _prepare(self) -> None:
        try:
            with in_words(self.path):
                self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                # the lock is held until the file is closed, also by the end of the process
                self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._connection.execute("BEGIN EXCLUSIVE")
                self._demand_ours()
                self._connection.execute("COMMIT")
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("BEGIN IMMEDIATE")
                (self._has_failures,) = self._connection.execute(
                    "SELECT EXISTS(SELECT 1 FROM failure)"
                ).fetchone()
                self._connection.execute("COMMIT")
        except BusyFileError:
            raise LockedError(
                f"{self.path}: another run works with it. Wait for its end, or name another file "
                "for the answers (--answers FILE)."
            ) from None

    def _demand_ours(self) -> None:
        """Makes the tables of an empty file. Raises SourceError if it holds anything else."""
        (found,) = self._connection.execute("PRAGMA application_id").fetchone()
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if found == 0 and tables == 0:
            statement = ""
            for line in TABLES.splitlines():  # executescript would end the transaction
                statement += line + "\n"
                if sqlite3.complete_statement(statement):
                    self._connection.execute(statement)
                    statement = ""
        elif found != APPLICATION_ID:
            raise SourceError(
                f"{self.path}: is no file of answers. Name another one (--answers FILE)."
            )
        elif version > VERSION:
            raise SourceError(
                f"{self.path}: was written by a newer prefdata (tables of version {version}, this "
                f"one knows {VERSION}). Install a newer prefdata."
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        now = time.monotonic()
        is_durable = now - self._synced >= _SAFE_EVERY
        with in_words(self.path):
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite has rolled back where it had to
                    self._connection.rollback()
                raise
        if is_durable:
            self._synced = now

    def _answer(self, content: bytes) -> ChatAnswer:
        try:
            return _decode(content)
        except (msgspec.DecodeError, RecursionError) as error:
            raise SourceError(
                f"{self.path}: an answer in it is damaged ({error}). Copy the file away, and name "
                "another one (--answers FILE)."
            ) from error

    def _reason(self, reason: str) -> FailureReason:
        if reason not in _REASONS:
            raise SourceError(f"{self.path}: a failure in it has an unknown reason ({reason:.40}).")
        return reason  # type: ignore[return-value]
