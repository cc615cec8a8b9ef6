"""Writing JSON Lines and CSV for `convert`: one object or record per row, content unchanged.

Content is never altered: cells that a spreadsheet would run as a formula, and line breaks in
quotes, are written as they are. UTF-8 without a byte order mark. A file named `.gz` or `.zst` is
compressed.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import msgspec
import pyarrow as pa

from prefdata.io.files.atomic import ChecksumFile, WrittenFile, atomic_file

METADATA = "metadata"

_encode = msgspec.json.Encoder().encode


class _Sink(Protocol):
    def write(self, content: bytes, /) -> int: ...


def write_jsonl(path: Path, batches: Iterable[pa.RecordBatch]) -> WrittenFile:
    """Writes one JSON object per line.

    The fields of `metadata` are written at the top level, where they were when the row was read.
    Fields with the name of a column are written inside an object `metadata`, together with a field
    `metadata` of the row. Null columns are left out. Raises OutputError if the disk is full or not
    writable.
    """
    rows = 0
    with atomic_file(path) as file, _compressed(file, path.suffix) as sink:
        for batch in batches:
            sink.write(b"".join(_lines(batch)))
            rows += batch.num_rows
    return file.written(rows=rows)


def write_csv(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> WrittenFile:
    """Writes a header and one record per row; lists and structs become JSON text in their cell.

    A null is an empty cell, an empty text is `""`. Raises OutputError if the disk is full or not
    writable.
    """
    rows = 0
    with atomic_file(path) as file, _compressed(file, path.suffix) as sink:
        sink.write(_csv_text([map(_quoted, schema.names)]))
        for batch in batches:
            cells = [_csv_cells(batch.column(name)) for name in schema.names]
            sink.write(_csv_text(zip(*cells, strict=True)))
            rows += batch.num_rows
    return file.written(rows=rows)


@contextmanager
def _compressed(file: ChecksumFile, suffix: str) -> Iterator[_Sink]:
    if suffix == ".gz":  # no name and no time in the header, so that bytes depend on rows only
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as sink:
            yield sink
    elif suffix == ".zst":
        import zstandard

        compressor = zstandard.ZstdCompressor(level=3)
        with compressor.stream_writer(cast(BinaryIO, file), closefd=False) as sink:
            yield sink
    else:
        yield file


def _lines(batch: pa.RecordBatch) -> Iterator[bytes]:
    names = [name for name in batch.schema.names if name != METADATA]
    columns = [_json_values(batch.column(name)) for name in names]
    rows = zip(*columns, strict=True)
    if METADATA not in batch.schema.names:
        for values in rows:
            yield _encode(_present(names, values)) + b"\n"
        return
    for values, metadata in zip(rows, batch.column(METADATA).to_pylist(), strict=True):
        fields = _present(names, values)
        if metadata != "{}":
            _spread(metadata, fields, frozenset(names))
        yield _encode(fields) + b"\n"


def _present(names: Sequence[str], values: Iterable[object]) -> dict[str, object]:
    pairs = zip(names, values, strict=True)
    return {name: value for name, value in pairs if value is not None}


def _spread(metadata: str, fields: dict[str, object], names: frozenset[str]) -> None:
    kept = {}
    for key, raw in msgspec.json.decode(metadata, type=dict[str, msgspec.Raw]).items():
        value = _one_line(bytes(raw).decode())
        if key in names or key == METADATA:
            kept[key] = value
        else:
            fields[key] = value
    if kept.keys() == {METADATA}:  # the row itself has a field of that name
        fields[METADATA] = kept[METADATA]
    elif kept:
        fields[METADATA] = kept


def _one_line(text: str) -> msgspec.Raw:
    # A line break in valid JSON can only be white space between tokens.
    return msgspec.Raw(text.replace("\r", " ").replace("\n", " "))


def _json_values(column: pa.Array) -> list[object]:
    """The values of a column for the encoder; JSON text is passed through unchanged."""
    kind = column.type
    if isinstance(kind, pa.JsonType):
        texts = column.storage.to_pylist()
        return [None if text is None else _one_line(text) for text in texts]
    if pa.types.is_list(kind):
        values = _json_values(column.flatten())
        offsets = column.offsets.to_pylist()
        first = offsets[0]
        pairs = pairwise(offsets)
        return [values[start - first : stop - first] for start, stop in pairs]
    if pa.types.is_struct(kind):
        names = [field.name for field in kind]
        children = (_json_values(child) for child in column.flatten())
        return [dict(zip(names, row, strict=True)) for row in zip(*children, strict=True)]
    if pa.types.is_floating(kind):
        return [_json_number(value) for value in column.to_pylist()]
    return list(column.to_pylist())


def _json_number(value: float | None) -> float | str | None:
    # JSON has no NaN and no infinity, so they are written as strings.
    return value if value is None or math.isfinite(value) else str(value)


def _csv_cells(column: pa.Array) -> list[str]:
    """The cells of a column. Texts are always quoted, so that an empty text differs from a null."""
    if pa.types.is_nested(column.type) or isinstance(column.type, pa.JsonType):
        return [_quoted(_encode(value).decode()) for value in _json_values(column)]
    if pa.types.is_string(column.type):
        return ["" if text is None else _quoted(text) for text in column.to_pylist()]
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _quoted(text: str) -> str:
    # The csv module examines every character, and takes ten times as long.
    return '"' + text.replace('"', '""') + '"'


def _csv_text(rows: Iterable[Iterable[str]]) -> bytes:
    return "".join(f"{','.join(cells)}\n" for cells in rows).encode()
