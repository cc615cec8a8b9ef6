"""The bytes of pictures in the workspace of a run, each once in the file of what was read together.

A batch holds one picture, so that a memory-mapped reader loads those that are asked for. Pictures
that were read from files of their own are listed with size and time, to see whether these change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from prefdata.io.files.atomic import atomic_file
from prefdata.records.picture_bytes import digest

PICTURES_SCHEMA = pa.schema(
    [
        ("sha256", pa.string()),
        ("content", pa.large_binary()),
        ("file", pa.string()),
        ("size", pa.int64()),
        ("modified", pa.int64()),
    ]
)
"""`content`: null in a line on a file. `file`: null in a line with bytes. `modified`: nanoseconds;
null for a file that is not there."""


class PictureFile:
    """Takes the bytes of pictures; without `opened`, it knows but does not write them."""

    def __init__(self, opened: Callable[[], pa.RecordBatchWriter] | None = None) -> None:
        self._opened = opened
        self._writer: pa.RecordBatchWriter | None = None
        self._held: set[str] = set()

    def keep(self, content: bytes) -> str:
        """Writes the bytes unless they are there; returns their SHA-256."""
        name = digest(content)
        if name not in self._held:
            self._held.add(name)
            self._write(sha256=name, content=content, size=len(content))
        return name

    def holds(self, name: str) -> bool:
        """Whether the bytes with this SHA-256 are there."""
        return name in self._held

    def note(self, file: Path, status: os.stat_result | None, name: str | None) -> None:
        """Lists a file that was looked for; `name`: the SHA-256 of its bytes if they were taken."""
        times = {} if status is None else {"size": status.st_size, "modified": status.st_mtime_ns}
        self._write(sha256=name, file=str(file), **times)

    def _write(self, **line: object) -> None:
        if self._opened is None:
            return
        if self._writer is None:
            self._writer = self._opened()
        self._writer.write_batch(pa.RecordBatch.from_pylist([line], schema=PICTURES_SCHEMA))


@contextmanager
def picture_file(path: Path) -> Iterator[PictureFile]:
    """A file of pictures, which is made only if there are any."""
    with ExitStack() as stack:

        def opened() -> pa.RecordBatchWriter:
            sink = stack.enter_context(atomic_file(path, checksum=False, durable=False))
            writer: pa.RecordBatchWriter = stack.enter_context(
                pa.ipc.new_file(sink, PICTURES_SCHEMA)
            )
            return writer

        yield PictureFile(opened)


class KeptPictures:
    """The pictures in a file, by their SHA-256."""

    def __init__(self, reader: pa.RecordBatchFileReader) -> None:
        self._reader = reader
        batches = ((n, reader.get_batch(n)) for n in range(reader.num_record_batches))
        self._places: dict[str, int] = {
            batch.column("sha256")[0].as_py(): number
            for number, batch in batches
            if batch.column("content")[0].is_valid
        }

    def bytes_of(self, name: str | None) -> bytes | None:
        """The bytes with this SHA-256, if they are there."""
        if name not in self._places:
            return None
        content: bytes = self._reader.get_batch(self._places[name]).column("content")[0].as_py()
        return content


@contextmanager
def kept_pictures(path: Path) -> Iterator[KeptPictures | None]:
    """The pictures in a file; None if it does not exist, since there are none."""
    if not path.exists():
        yield None
        return
    with pa.memory_map(str(path)) as source:
        yield KeptPictures(pa.ipc.open_file(source))


def have_changed(path: Path) -> bool:
    """Whether a file that pictures were read from, or looked for, is another one by now."""
    return any(_status(file) != status for file, status, _ in _files(path))


def digests_of_files(paths: Iterable[Path]) -> list[str]:
    """The SHA-256 of every picture that was read from a file of its own."""
    return [name for path in paths for _, _, name in _files(path) if name is not None]


def _files(path: Path) -> Iterator[tuple[str, tuple[int, int] | None, str | None]]:
    """(file, (size, time) or None if it was not there, SHA-256 of its bytes if they were taken)."""
    if not path.exists():
        return
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number).drop_columns("content")
            for line in batch.filter(pc.is_valid(batch.column("file"))).to_pylist():
                known = None if line["modified"] is None else (line["size"], line["modified"])
                yield line["file"], known, line["sha256"]


def _status(file: str) -> tuple[int, int] | None:
    try:
        status = Path(file).stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
