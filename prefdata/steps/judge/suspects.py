"""The rows whose labels an audit suspects, as places in sources."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl

from prefdata.errors import DataError, SourceError
from prefdata.records.judgement import Judgement
from prefdata.results.layout import REPORT, ROWS_TABLE

SUSPECTED = ("model-disagrees", "likely-flipped")
"""The classes of rows whose label models speak against."""

Place = tuple[str, int]
"""The name of a source, and a row of it."""


def suspected_places(out: Path) -> frozenset[Place]:
    """The places of suspected rows, by the table of an audit in a dataset or a report folder.

    Raises SourceError if there is no table, DataError if the audit judges no single rows, or
    suspects none.
    """
    tables = (out / REPORT / ROWS_TABLE, out / ROWS_TABLE)
    table = next((path for path in tables if path.is_file()), None)
    if table is None:
        raise SourceError(
            f"--suspects {out}: has no table of audited rows ({REPORT}/{ROWS_TABLE}). `prefdata "
            f"audit {out}` or `prefdata build ... --audit` makes one."
        )
    try:
        rows = pl.read_parquet(table, columns=["source", "source_row", "class"])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{table}: is no table of an audit ({error})") from error
    if rows["class"].null_count() == len(rows):
        raise DataError(
            f"--suspects {out}: its audit does not judge single rows, so that none is suspected. "
            "Its report says why."
        )
    found = rows.filter(pl.col("class").is_in(SUSPECTED))
    if found.is_empty():
        raise DataError(
            f"--suspects {out}: its audit suspects no label. There is nothing to judge."
        )
    return frozenset(zip(found["source"].to_list(), found["source_row"].to_list(), strict=True))


def is_suspected(judgement: Judgement, source: str, row: int, places: frozenset[Place]) -> bool:
    """Whether a row is among these places: by itself, or by where a build had it from."""
    if (source, row) in places:
        return True
    fields = msgspec.json.decode(judgement.metadata)
    before = fields.get("source"), fields.get("source_row")
    return isinstance(before[0], str) and isinstance(before[1], int) and before in places
