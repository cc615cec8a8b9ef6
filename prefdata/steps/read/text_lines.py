"""Blocks of lines with three texts each: what the fast reader takes of them, and what is left.

The lines that are left are read by the careful reader, and all rows are put in their order again:

    lines     fast fast LEFT fast LEFT LEFT fast
    rows        0    1    2    3    4    5    6      a line that is left may be no row, or several
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from prefdata.io.bytes.blocks import LineBlock
from prefdata.io.bytes.books import Content, book_block
from prefdata.io.bytes.source import RawRow, RowBlock
from prefdata.io.containers.fast_json import TextLines
from prefdata.records.arrays import Ints
from prefdata.records.columns import text_batch
from prefdata.steps.read.entries import Entries, Piece

MOST_LEFT = 0.25
"""The share of a block's lines that may be left; with more, the careful reader reads them all."""


def text_piece(
    lines: TextLines,
    block: LineBlock,
    before: int,
    rows_of: Callable[[LineBlock], RowBlock],
    convert: Callable[[Entries, RawRow], None],
) -> Piece:
    """The entries of a block, of which `lines` was read, as one piece.

    `before`: the entries before it. `rows_of` reads the lines that are left, and `convert` adds
    the entry of a row of theirs.
    """
    count = len(lines.rows)
    numbers = np.arange(before, before + count, dtype=np.int64)
    content = _content(lines, block)
    entries = Entries(before)
    left_rows = 0
    for left in _left(lines, block):
        found = rows_of(left)
        fast_rows = int(np.searchsorted(lines.rows[:, 0], left.first_line - block.first_line))
        entries.number_on(before + fast_rows + left_rows)
        for raw in found.rows:
            convert(entries, raw)
        numbers[fast_rows:] += len(found.rows)
        left_rows += len(found.rows)
        book_block(content, found, "bytes")
    slow = entries.piece(block.last_line, content, count + left_rows)
    batch, places = _in_order(_batch(lines, block, numbers), slow.batch)
    remarks = tuple((places[index], code, evidence) for index, code, evidence in slow.remarks)
    return replace(slow, batch=batch, remarks=remarks, rows=before + count + left_rows)


def _batch(lines: TextLines, block: LineBlock, numbers: Ints) -> pa.RecordBatch:
    source_rows = lines.rows[:, 0] + block.first_line
    return text_batch(numbers, source_rows, *lines.texts, lines.metadata)


def _content(lines: TextLines, block: LineBlock) -> Content:
    """Where the bytes went of the lines that were read, and of those of white space."""
    in_rows = int((lines.rows[:, 2] - lines.rows[:, 1]).sum())
    breaks = lines.lines - len(lines.others)
    if not block.data.endswith(b"\n") and not _is_left(lines, lines.lines - 1):
        breaks -= 1
    separators = breaks + lines.blanks
    return Content(in_rows + separators, in_rows, {"separators": separators})


def _is_left(lines: TextLines, number: int) -> bool:
    return len(lines.others) > 0 and int(lines.others[-1, 0]) == number


def _left(lines: TextLines, block: LineBlock) -> Iterator[LineBlock]:
    """The lines that are left, those that follow one another as one block."""
    numbers, starts, ends = lines.others.T
    begins_run = np.diff(numbers, prepend=-2) != 1
    ends_run = np.roll(begins_run, -1)
    for first, last in zip(np.flatnonzero(begins_run), np.flatnonzero(ends_run), strict=True):
        data = block.data[starts[first] : ends[last] + 1]
        count = int(numbers[last] - numbers[first]) + 1
        yield LineBlock(block.first_line + int(numbers[first]), data, count)


def _in_order(fast: pa.RecordBatch, slow: pa.RecordBatch) -> tuple[pa.RecordBatch, list[int]]:
    """One batch of both, by the numbers of the rows; and the places in it of the rows of `slow`."""
    if not len(slow):
        return fast, []
    both = pa.concat_batches([fast, slow])
    order = both.column("row").to_numpy().argsort()
    places = order.argsort()[len(fast) :]
    return both.take(pa.array(order)), places.tolist()
