"""Measures a campaign beside the answering: in a process of its own, seldom, and one at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial

import msgspec

from prefdata.config.annotation import AnnotationConfig
from prefdata.errors import PrefdataError, RunError
from prefdata.io.annotation.standing import write_ranks
from prefdata.io.annotation.store import Database
from prefdata.io.annotation.votes import last_vote
from prefdata.results.annotation import MeasuredVotes

_REST = 5.0
"""Rests between two measurements, by the time that the last one took: a sixth of the time at most
is spent on it."""

_LEAST_REST = 2.0  # seconds
_MOST_SECONDS = 900.0  # of one measurement
_STEP = 0.02  # share of new votes after which the order of items is computed anew
_RANKS_TOGETHER = 200

_decode = msgspec.json.Decoder(MeasuredVotes).decode


class Measuring:
    """The last figures of a campaign, and the process that makes the next ones."""

    def __init__(self, database: Database, config: AnnotationConfig) -> None:
        self._database = database
        self._is_active = config.choice == "active"
        self._one_at_a_time = threading.Lock()
        self._last: MeasuredVotes | None = None
        self._not_before = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def latest(self) -> MeasuredVotes | None:
        """The last figures; newer ones are made in the background if there are new votes."""
        with self._database.reading() as db:
            newest = last_vote(db)
        if newest and (self._last is None or self._last.upto != newest):
            self._start()
        return self._last

    def note(self, seq: int) -> None:
        """A vote was saved: from time to time the order of items is computed anew."""
        measured = 0 if self._last is None else self._last.upto
        if self._is_active and seq - measured > max(10, _STEP * measured):
            self._start()

    def measure(self) -> None:
        """Measures now, and waits for it. Raises RunError if it fails."""
        with self._one_at_a_time:
            self._measure()

    def close(self) -> None:
        """Ends a measurement that is going on."""
        self._is_closed = True
        child = self._child
        if child is not None:
            child.kill()
        with self._one_at_a_time:  # until the one that waited for the process has seen its end
            pass

    def _start(self) -> None:
        if self._is_closed or time.monotonic() < self._not_before:
            return
        if self._one_at_a_time.acquire(blocking=False):
            threading.Thread(target=self._in_background, name="measuring", daemon=True).start()

    def _in_background(self) -> None:
        try:
            with suppress(PrefdataError):  # the figures stay as they were, and say up to which vote
                self._measure()
        finally:
            self._one_at_a_time.release()

    def _measure(self) -> None:
        started = time.monotonic()
        try:
            found = _decode(self._computed())
            self._put_in_order(found)
            self._last = found
        finally:
            took = time.monotonic() - started
            self._not_before = time.monotonic() + max(_LEAST_REST, _REST * took)

    def _computed(self) -> bytes:
        code = (
            f"import sys; sys.path[:] = {[*map(str, sys.path)]!r}\n"
            "from prefdata.pipeline.annotation.measured import main\n"
            "main(sys.argv[1])"
        )
        child = subprocess.Popen(  # noqa: S603 - nothing of it comes from outside
            [sys.executable, "-c", code, str(self._database.path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self._child = child
        if self._is_closed:
            child.kill()
        try:
            written, said = child.communicate(timeout=_MOST_SECONDS)
        except subprocess.TimeoutExpired as error:
            child.kill()
            child.communicate()
            raise RunError(f"figures: not ready after {_MOST_SECONDS:g} seconds") from error
        finally:
            self._child = None
        if child.returncode:
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise RunError(f"figures: the process that makes them ended early ({''.join(last)})")
        return written

    def _put_in_order(self, found: MeasuredVotes) -> None:
        for at in range(0, len(found.ranks), _RANKS_TOGETHER):
            ranks = found.ranks[at : at + _RANKS_TOGETHER]
            self._database.write(partial(write_ranks, ranks=ranks), is_durable=False)
