"""What the tests of readers share: a file to a Source, a Source to rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.source import RawRow, Source
from prefdata.io.containers.json_rows import decode_value
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.read import read_rows, segments

SMALL = ReadConfig(block_bytes=16 * 1024, segment_bytes=64 * 1024)


def source_of(path: Path, config: ReadConfig = SMALL) -> Source:
    [source], _ = find_sources([str(path)], spool=path.parent / "spool", config=config)
    return source


def read(path: Path, config: ReadConfig = SMALL) -> list[RawRow]:
    """All rows of a file, segment after segment."""
    source = source_of(path, config)
    return [
        row
        for segment in segments(source, config)
        for block in read_rows(segment, config)
        for row in block.rows
    ]


def read_bytes(folder: Path, content: bytes, name: str = "a.jsonl") -> list[RawRow]:
    (folder / name).write_bytes(content)
    return read(folder / name)


def values(rows: list[RawRow]) -> list[Any]:
    """Of each row its values, or the reason why it has none."""
    return [
        row.fault[0]
        if row.fault
        else {name: decode_value(value) for name, value in (row.fields or {}).items()}
        for row in rows
    ]
