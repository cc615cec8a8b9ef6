"""Reading single rows of an output folder back, by their ledger lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from prefdata.results.layout import DROPPED, QUARANTINE

Line = Mapping[str, Any]
"""A line of the ledger."""


def texts_of_rows(root: Path, lines: Iterable[Line]) -> dict[int, dict[str, Any]]:
    """Row number to the record as written, or to the raw text of a quarantined row.

    Every file is opened once. A row that is not where the ledger says is missing in the result.
    """
    by_row = {}
    for (verdict, file), group in groupby(sorted(lines, key=_home), _home):
        wanted = list(group)
        rows = {(line["source"], line["source_row"]): line["row"] for line in wanted}
        if verdict == "quarantine":
            records = _quarantined(root, set(rows.values()))
        else:
            records = _records(root / DROPPED if verdict == "drop" else root / file, wanted)
        for record in records:
            row = rows.get((record["source"], record["source_row"]))
            if row is not None:
                by_row[row] = record
    return by_row


def _home(line: Line) -> tuple[str, str]:
    return line["verdict"], line["file"] or ""


def _records(path: Path, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    """The records of some lines, possibly with others of the same source row in other sources."""
    sources = pa.array(sorted({line["source"] for line in lines}))
    places = pa.array(sorted({line["source_row"] for line in lines}))
    if path.is_dir() or path.suffix == ".parquet":
        is_wanted = pc.field("source").isin(sources) & pc.field("source_row").isin(places)
        dataset = pyarrow.dataset.dataset(path, format="parquet")
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


def _quarantined(root: Path, rows: set[int]) -> Iterator[dict[str, Any]]:
    for path in sorted((root / QUARANTINE).glob("*.jsonl")):
        with path.open("rb") as file:
            for text in file:
                entry = msgspec.json.decode(text)
                if entry["row"] in rows:
                    yield entry
