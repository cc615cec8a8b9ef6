"""Completion marks: work whose result is on disk is not repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from prefdata.io.files.atomic import atomic_file
from prefdata.results.sentences import from_json, to_json

Result = TypeVar("Result")


def once(mark: Path, kind: type[Result], work: Callable[[], Result]) -> Result:
    """Reads the result of `work` from the file `mark`, or runs `work` and writes its result there.

    The mark is written atomically and last, so a run that is killed at any moment either finds a
    complete mark or repeats the work.
    """
    if mark.exists():
        return from_json(mark.read_bytes(), kind)
    result = work()
    with atomic_file(mark, checksum=False, durable=False) as sink:
        sink.write(to_json(result))
    return result
