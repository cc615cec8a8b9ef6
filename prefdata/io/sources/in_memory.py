"""Rows that somebody has in memory, as sources: written to a file, and read like any other."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import msgspec
import pyarrow as pa

from prefdata.errors import UsageError
from prefdata.foreign_errors import printable

NAME = "rows"
"""What rows in memory are called in outputs, where nobody gives them a name."""

TAKEN = (
    "Sources are paths or URLs (text or Path), rows (a list or iterator of dicts) and tables (of "
    "pandas, polars, pyarrow or datasets); several in a list, or rows by name in a dict"
)
_BATCH = 1000
T = TypeVar("T")


@runtime_checkable
class ArrowStream(Protocol):
    """What hands out its columns by the Arrow stream interface: frames of pandas and polars, tables
    of pyarrow, relations of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """See https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html."""


Rows: TypeAlias = Iterable[Mapping[str, Any]] | ArrowStream


@dataclass(frozen=True)
class InMemory:
    """Rows in memory under the `name` that they have in outputs; those of an iterator are taken
    from it once."""

    name: str
    rows: Any

    def __str__(self) -> str:
        return self.name

    def written(self, folder: Path) -> Path:
        """A file in `folder` with the rows, in their order; row n is its row n.

        Raises UsageError for a row that is no dict, or holds what no file of data can hold.
        """
        folder.mkdir(parents=True, exist_ok=True)
        batches = _batches(self.rows)
        if batches is None:
            path = folder / "rows.jsonl"
            _write_rows(self.name, self.rows, path)
            return path
        path = folder / "rows.arrow"
        schema, tables = batches
        with pa.ipc.new_file(path, schema) as file:
            for table in tables:
                file.write(table)
        return path


Place: TypeAlias = str | InMemory
"""A source as it was given: a path, a pattern or a URL, or rows in memory."""

Sources: TypeAlias = (
    str
    | os.PathLike[str]
    | ArrowStream
    | InMemory
    | Iterable[str | os.PathLike[str] | ArrowStream | InMemory | Mapping[str, Any] | Rows]
    | Mapping[str, Rows]
)
"""What functions take as sources: one or several; of a dict, the keys are names of rows."""


def given_places(sources: Sources) -> list[Place]:
    """The places that Python code gives, one or several.

    Raises UsageError for anything that is none.
    """
    if isinstance(sources, str | os.PathLike) or _is_table(sources):
        return [_place(sources, NAME, "sources")]
    if isinstance(sources, Mapping):
        if sources and all(isinstance(value, str) for value in sources.values()):
            raise UsageError(
                f"sources: a dict of text is given, one row: put it in a list. {TAKEN}."
            )
        return [_named(name, rows) for name, rows in sources.items()]
    if isinstance(sources, bytes) or not isinstance(sources, Iterable):
        raise _refused("sources", sources)
    first, every = _peeked(sources)
    if isinstance(first, Mapping):
        return [InMemory(NAME, every)]
    return [
        _place(source, f"{NAME}-{number}", f"source {number}")
        for number, source in enumerate(every, start=1)
    ]


def _place(source: Any, name: str, what: str) -> Place:
    if isinstance(source, InMemory):
        return source
    if isinstance(source, str | os.PathLike):
        return os.fsdecode(source)
    if _is_table(source):
        return InMemory(name, source)
    if isinstance(source, bytes | Mapping) or not isinstance(source, Iterable):
        raise _refused(what, source)
    first, every = _peeked(source)
    if first is not None and not isinstance(first, Mapping):
        raise _refused(f"row 1 of {what}", first)
    return InMemory(name, every)


def _named(name: object, rows: Any) -> Place:
    if not isinstance(name, str) or not name.strip("/ ") or name.startswith("/"):
        raise UsageError(f"{name!r:.100} is no name of rows. {TAKEN}.")
    if isinstance(rows, str | os.PathLike) or not isinstance(rows, Iterable | ArrowStream):
        raise UsageError(
            f"{printable(name)}: rows belong to a name, and {_type(rows)} is given. {TAKEN}."
        )
    return _place(rows, name, printable(name))


def _refused(what: str, found: object) -> UsageError:
    more = ": put one row in a list" if isinstance(found, Mapping) else ""
    return UsageError(f"{what}: {_type(found)} is given{more}. {TAKEN}.")


def _type(found: object) -> str:
    return f"something of type {type(found).__name__}"


def _peeked(items: Iterable[T]) -> tuple[T | None, Iterable[T]]:
    """The first item, or None, and all items: of an iterator, one that gives the first again."""
    if isinstance(items, Sequence):
        return (items[0] if len(items) else None), items
    iterator = iter(items)
    try:
        first = next(iterator)
    except StopIteration:
        return None, ()
    return first, (items if iterator is not items else chain([first], iterator))


def _is_table(found: object) -> bool:
    return isinstance(found, ArrowStream) or _is_dataset(found) or _is_lazy(found)


def _is_dataset(found: object) -> bool:
    """Whether it is a Dataset or IterableDataset of `datasets`, which nobody has to import."""
    datasets = sys.modules.get("datasets")
    return datasets is not None and isinstance(found, datasets.Dataset | datasets.IterableDataset)


def _is_lazy(found: object) -> bool:
    """Whether it is a LazyFrame of Polars, which this need not load to know."""
    return any(
        kind.__name__ == "LazyFrame" and kind.__module__.startswith("polars.")
        for kind in type(found).__mro__
    )


def _batches(rows: Any) -> tuple[pa.Schema, Iterable[pa.RecordBatch | pa.Table]] | None:
    """The schema and the parts of a table; None of what is no table, or mixes types in a column."""
    if _is_lazy(rows):
        rows = rows.collect()
    if _is_dataset(rows):
        if rows.features is None:  # of a stream, whose columns may have other types later
            return None
        tables = rows.with_format("arrow").iter(batch_size=_BATCH)
        first = next(tables, None)
        return (pa.schema([]), ()) if first is None else (first.schema, chain([first], tables))
    if not isinstance(rows, ArrowStream):
        return None
    if _is_of_pandas(rows):
        try:  # by itself it would hand out its index as well
            table = pa.Table.from_pandas(rows, preserve_index=False)
        except (pa.ArrowException, UnicodeEncodeError):
            return None
        return table.schema.remove_metadata(), table.replace_schema_metadata(None).to_batches()
    reader = pa.RecordBatchReader.from_stream(rows)
    return reader.schema, reader


def _is_of_pandas(rows: object) -> bool:
    return type(rows).__module__.partition(".")[0] == "pandas"


def _write_rows(name: str, rows: Any, path: Path) -> None:
    if _is_of_pandas(rows):
        rows = rows.to_dict("records")
    encoder = msgspec.json.Encoder(enc_hook=_plain)
    with path.open("wb") as file:
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, Mapping):
                raise UsageError(f"{name}:{number}: a row is a dict, and this is {_type(row)}")
            try:
                line = _encoded(row, encoder)
            except (TypeError, ValueError, OverflowError, RecursionError) as error:
                raise UsageError(
                    f"{name}:{number}: holds what JSON has no form for ({error}). A row holds "
                    "text, numbers, lists and dicts."
                ) from error
            file.write(line + b"\n")


def _encoded(row: Mapping[str, Any], encoder: msgspec.json.Encoder) -> bytes:
    try:
        return encoder.encode(row if isinstance(row, dict) else dict(row))
    except UnicodeEncodeError:  # halves of characters: the reader puts the row into quarantine
        return json.dumps(row, default=_plain).encode()


def _plain(value: Any) -> Any:
    """A value of numpy, pyarrow or another mapping, as JSON knows it. Raises TypeError."""
    if isinstance(value, Mapping):
        return dict(value)
    for name in ("tolist", "as_py"):
        if callable(turn := getattr(value, name, None)):
            return turn()
    raise TypeError(_type(value))
