"""Reading the rows of a source in any container."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from prefdata.config.model import ReadConfig
from prefdata.errors import RowFault
from prefdata.io.bytes.books import Content, booked
from prefdata.io.bytes.source import RowBlock, Segment, Source
from prefdata.io.containers.delimited import read_delimited
from prefdata.io.containers.json_columns import read_json_columns
from prefdata.io.containers.json_document import read_json_document
from prefdata.io.containers.json_lines import read_json_lines
from prefdata.io.containers.json_rows import decode_value
from prefdata.io.sources.segments import segments
from prefdata.records.picture_bytes import Keep, digest

__all__ = ["read_rows", "sample_rows", "segments"]


def read_rows(segment: Segment, config: ReadConfig, keep: Keep = digest) -> Iterator[RowBlock]:
    """All rows of a segment in blocks; a row that cannot be read has a fault.

    `keep` takes the bytes of media in Parquet and Arrow, which rows only refer to.

    Raises SourceError only if a source is refused as a whole (a decompression bomb), and RunError
    if at the end of the segment something of it is unaccounted for.
    """
    return booked(_rows_of(segment, config, keep), segment, Content())


def _rows_of(segment: Segment, config: ReadConfig, keep: Keep) -> Iterator[RowBlock]:
    match segment.source.container:
        case "jsonl":
            return read_json_lines(segment, config)
        case "json":
            return read_json_document(segment, config)
        case "json-columns":
            return read_json_columns(segment, config)
        case "csv":
            return read_delimited(segment, config)
        case "xlsx":
            from prefdata.io.containers.xlsx import read_xlsx

            return read_xlsx(segment, config)
        case _:  # Parquet takes longer to import than a few rows to read
            from prefdata.io.containers.columnar import read_columnar

            return read_columnar(segment, config, keep)


def sample_rows(source: Source, config: ReadConfig) -> list[dict[str, object]]:
    """The first `config.sample_rows` readable rows of a source, as Python values."""
    return list(islice(_readable_rows(source, config), config.sample_rows))


def _readable_rows(source: Source, config: ReadConfig) -> Iterator[dict[str, object]]:
    for segment in segments(source, config):
        for block in read_rows(segment, config):
            for row in block.rows:
                if row.fields is not None:
                    with suppress(RowFault):
                        yield {name: decode_value(value) for name, value in row.fields.items()}
