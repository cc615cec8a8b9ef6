"""Cutting sources into segments that processes can read independently.

The cuts depend on content and config only, never on the number of workers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from prefdata.config.model import ReadConfig
from prefdata.config.section import KIB, MIB
from prefdata.io.bytes.blocks import next_line_start
from prefdata.io.bytes.source import Segment, Source
from prefdata.io.bytes.streams import BOM, HEAD_BYTES
from prefdata.io.containers.json_scan import ScanState, top_level
from prefdata.io.containers.json_wrapper import rows_in_wrapper

_SCANNED_BYTES = MIB
_UNDIVIDED = ("json-columns", "csv", "xlsx", "arrow-stream")
_LONGEST_NAME = 4 * KIB
_ARRAY = re.compile(rb"\s*\[")
_FIRST_NAME = re.compile(rb'\{\s*("(?:[^"\\]|\\.)*")\s*:')


def segments(source: Source, config: ReadConfig) -> list[Segment]:
    """The segments of a source, in order, of about `segment_bytes` each.

    Plain UTF-8 JSON Lines and JSON arrays are cut between rows, Parquet between row groups, Arrow
    files between record batches; any other source is one segment.
    """
    is_plain = source.compression == "none" and source.encoding == "utf-8"
    if not is_plain or source.container in _UNDIVIDED:
        return [Segment(source)]
    if source.container in ("parquet", "arrow-file"):
        from prefdata.io.containers.columnar import part_sizes

        cuts = _part_cuts(part_sizes(source), config.segment_bytes)
    elif source.size <= config.segment_bytes:
        cuts = []
    else:
        with source.path.open("rb", buffering=0) as file:
            find = _line_cuts if source.container == "jsonl" else _array_cuts
            cuts = list(find(file, config.segment_bytes))
    return [
        Segment(source, start, stop) for start, stop in zip([0, *cuts], [*cuts, None], strict=True)
    ]


def _part_cuts(sizes: list[int], segment_bytes: int) -> list[int]:
    cuts, size = [], 0
    for index, part in enumerate(sizes):
        if size and size + part > segment_bytes:
            cuts.append(index)
            size = 0
        size += part
    return cuts


def _line_cuts(file: BinaryIO, segment_bytes: int) -> Iterator[int]:
    size = file.seek(0, os.SEEK_END)
    at = segment_bytes
    while at < size:
        cut = next_line_start(file, at - 1, size, _SCANNED_BYTES)
        if cut < size:
            yield cut
        at = cut + segment_bytes


def _array_cuts(file: BinaryIO, segment_bytes: int) -> Iterator[int]:
    """Offsets of rows of an array, about `segment_bytes` apart, up to the end of the array.

    A cut needs a row that begins with the same name as the first one, which guards against wrong
    bracket counts in a damaged file.
    """
    at = _rows_at(file)
    if at is None:
        return
    first, wanted = b"", segment_bytes
    state = ScanState()
    while window := _read(file, at, _SCANNED_BYTES):
        begins, _, surplus = top_level(window, 0, len(window), state)
        for begin in begins if not first or at + len(window) > wanted else ():
            first = first or _name_at(file, at + begin)
            if at + begin >= wanted and first and _name_at(file, at + begin) == first:
                yield at + begin
                wanted = at + begin + segment_bytes
        if surplus is not None:
            return
        at += len(window)


def _rows_at(file: BinaryIO) -> int | None:
    """The offset from which to search the first row of an array; None if there is no array."""
    head = _read(file, 0, HEAD_BYTES)
    text = head.removeprefix(BOM)
    bracket = _ARRAY.match(text)
    at = bracket.end() if bracket else rows_in_wrapper(text)
    return None if at is None else at + len(head) - len(text)


def _name_at(file: BinaryIO, at: int) -> bytes:
    match = _FIRST_NAME.match(_read(file, at, _LONGEST_NAME))
    return match.group(1) if match else b""


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)
