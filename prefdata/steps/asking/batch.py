"""Asking by files: what is missing is written to one, and results are taken from others."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from prefdata.clients.batch_files import BatchResult, read_results, write_requests
from prefdata.config.asking import LimitsConfig
from prefdata.config.section import MIB
from prefdata.errors import OutputError
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.chat import ChatAnswer, Reply
from prefdata.steps.asking.ask import AskTotals, Wanted, balanced, missing_of

_TOGETHER = 256


@dataclass
class BatchTaken:
    """What files of results held, by line and by completion.

    `new`: answers that were missing; `again`: completions that were known already, or came twice;
    `failed`: by reason; `short`: completions that a server left out of its answer; `unwanted`: of
    requests that this run does not want, which are left aside; `faults`: lines that could not be
    read, by reason, with `first_fault` to look at.
    """

    lines: int = 0
    new: int = 0
    again: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    short: int = 0
    unwanted: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    first_fault: str | None = None


def batch_out(
    wanted: Callable[[], Iterable[Wanted]],
    answers: AnswerStore,
    path: Path,
    limits: LimitsConfig,
    *,
    is_native: bool = True,
) -> int:
    """Writes what is wanted and not known as a file of requests; returns its lines.

    The file is there when it is complete. `is_native`: ask for several completions in one line.
    Raises OutputError: it exists, or cannot be written.
    """
    if path.exists():
        raise OutputError(f"{path}: exists already. Choose another name, or move it away.")
    beside = path.with_name(f".{path.name}.unfinished")
    try:
        with beside.open("wb") as file:
            lines = write_requests(file, missing_of(wanted(), answers, limits), is_native=is_native)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return lines


def batch_in(
    paths: Iterable[Path],
    wanted: Callable[[], Iterable[Wanted]],
    answers: AnswerStore,
    *,
    most_mib: int = 64,
) -> tuple[BatchTaken, AskTotals]:
    """Keeps what files of results hold of what is wanted: any part of it, in any order.

    `most_mib`: size that a line may have. Returns what the files held, and the books. Raises
    SourceError: a file cannot be read.
    """
    counts: dict[bytes, int] = {}
    for each in wanted():
        key = bytes.fromhex(each.request.key)
        counts[key] = max(each.count, counts.get(key, 0))
    taken = BatchTaken()
    for path in paths:
        pending: dict[tuple[str, int], Reply] = {}
        for result in read_results(path, most_bytes=most_mib * MIB):
            _take(result, path, counts, answers, pending, taken)
            if len(pending) >= _TOGETHER:
                answers.put_all(pending.values())
                pending.clear()
        answers.put_all(pending.values())
    totals = AskTotals(stopped_by="no-result")
    return taken, balanced(wanted(), answers, totals)


def _take(
    result: BatchResult,
    path: Path,
    counts: dict[bytes, int],
    answers: AnswerStore,
    pending: dict[tuple[str, int], Reply],
    taken: BatchTaken,
) -> None:
    taken.lines += 1
    taken.short += result.short
    if result.fault is not None:
        taken.faults[result.fault] += 1
        taken.first_fault = taken.first_fault or f"{path}:{result.line}: {result.fault}"
    for reply in result.replies:
        if reply.number >= counts.get(bytes.fromhex(reply.key), 0):
            taken.unwanted += 1
            continue
        place = reply.key, reply.number
        before = pending.get(place)
        known = before.outcome if before is not None else answers.get(*place)
        if isinstance(known, ChatAnswer) or (known is not None and known == reply.outcome):
            taken.again += 1
            continue
        pending[place] = reply
        if isinstance(reply.outcome, ChatAnswer):
            taken.new += 1
        else:
            taken.failed[reply.outcome.reason] += 1
