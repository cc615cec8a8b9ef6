"""Completion marks: a piece of work that left its result on disk is not done twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from prefdata.io.files.atomic import atomic_file

Result = TypeVar("Result")


def once(mark: Path, kind: type[Result], work: Callable[[], Result]) -> Result:
    """The result of `work`: read from its mark where there is one, else computed and marked.

    The mark is written after everything else, under a temporary name, and renamed: a run that
    was killed at any moment either has it, or does the work again from the start.
    """
    if mark.exists():
        return msgspec.json.decode(mark.read_bytes(), type=kind)
    result = work()
    with atomic_file(mark, checksum=False, durable=False) as sink:
        sink.write(msgspec.json.encode(result))
    return result
