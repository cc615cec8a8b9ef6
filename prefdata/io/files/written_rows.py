"""Reading single rows of an output folder back, by their ledger lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from prefdata.io.files.ledger import scan_ledger
from prefdata.results.layout import DROPPED, JUDGEMENTS, QUARANTINE
from prefdata.results.ledger import PAIRS

Line = Mapping[str, Any]
"""A line of the ledger."""


def texts_of_rows(root: Path, lines: Iterable[Line]) -> dict[int, dict[str, Any]]:
    """Row number to the record as written, or to the raw text of a row without one.

    Every file is opened once. A row that is not where the ledger says is missing in the result.
    """
    by_row: dict[int, dict[str, Any]] = {}
    for (home, file), group in groupby(sorted(lines, key=_home), _home):
        wanted = list(group)
        if home == "data":
            by_row |= _kept(root, file, wanted)
            continue
        rows = {line["row"] for line in wanted}
        records = _records(root / DROPPED, wanted) if home == "drop" else _raw(root / file, rows)
        by_row |= {record["row"]: record for record in records if record["row"] in rows}
    return by_row


def _home(line: Line) -> tuple[str, str]:
    """The folder of raw texts, dropped records, or the file of the dataset that holds a row."""
    if line["file"]:
        return "data", line["file"]
    if line["verdict"] == "drop" and line["step"] != PAIRS:
        return "drop", ""
    return "raw", DROPPED if line["verdict"] == "drop" else QUARANTINE


def _kept(root: Path, file: str, lines: Sequence[Line]) -> dict[int, dict[str, Any]]:
    """Records of the dataset, which are known by their place, and several of one by their order."""
    rows: dict[tuple[str, int], list[int]] = {}
    for line in _of_the_same_rows(root, file, lines):
        rows.setdefault((line["source"], line["source_row"]), []).append(line["row"])
    wanted = {line["row"] for line in lines}
    found = {}
    for record in _records(root / file, lines):
        numbers = rows.get((record["source"], record["source_row"]))
        if numbers and (row := numbers.pop(0)) in wanted:
            found[row] = record
    return found


def _of_the_same_rows(root: Path, file: str, lines: Sequence[Line]) -> Iterable[Line]:
    """The lines of all pairs in a file that were made of the same rows as some, in their order."""
    if not (root / JUDGEMENTS).is_dir():
        return lines
    places = pl.DataFrame([{k: line[k] for k in ("source", "source_row")} for line in lines])
    there = scan_ledger(root).filter(pl.col("file") == file)
    same = there.join(places.lazy().unique(), on=["source", "source_row"], how="semi")
    return same.select("row", "source", "source_row").sort("row").collect().to_dicts()


def _records(path: Path, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """The records of some lines, possibly with others of the same source row in other sources."""
    sources = pa.array(sorted({line["source"] for line in lines}))
    places = pa.array(sorted({line["source_row"] for line in lines}))
    if path.is_dir() or path.suffix == ".parquet":
        is_wanted = pc.field("source").isin(sources) & pc.field("source_row").isin(places)
        files = sorted(path.glob("*.parquet")) if path.is_dir() else path  # others stand beside
        dataset = pyarrow.dataset.dataset(files, format="parquet")
        for batch in dataset.to_batches(filter=is_wanted):
            yield from batch.to_pylist()
        return
    with pa.memory_map(str(path)) as stream:
        for batch in pa.ipc.open_stream(stream):
            is_here = pc.and_(
                pc.is_in(batch.column("source"), sources),
                pc.is_in(batch.column("source_row"), places),
            )
            if pc.any(is_here).as_py():
                yield from batch.filter(is_here).to_pylist()


def _raw(folder: Path, rows: set[int]) -> Iterator[dict[str, Any]]:
    """The lines of rows that have no record."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as file:
            for text in file:
                entry = msgspec.json.decode(text)
                if entry["row"] in rows:
                    yield entry
