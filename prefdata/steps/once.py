"""Completion marks: work whose result is on disk is not repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from prefdata.io.files.atomic import atomic_file
from prefdata.results.sentences import Sentence, packed, unpacked

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


def to_json(value: object) -> bytes:
    """A value for `from_json`; sentences keep their codes and values."""
    return msgspec.json.encode(value, enc_hook=_packed)


def from_json(written: bytes, kind: type[Result]) -> Result:
    """What `to_json` was given, of this type."""
    return msgspec.json.decode(written, type=kind, dec_hook=lambda _, value: unpacked(value))


def _packed(value: Any) -> dict[str, Any]:
    if isinstance(value, Sentence):
        return packed(value)
    raise NotImplementedError(f"no JSON for {type(value).__name__}")
