"""Blocks of whole lines, the input of every line-based reader.

A plain UTF-8 file is read by seeking: the last line end of a block is located first, then the block
is read in one piece, so no byte is copied twice. Any other source is a stream of (decompressed,
decoded) chunks that are collected into blocks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np

from prefdata.config.model import ReadConfig
from prefdata.config.section import KIB
from prefdata.io.bytes.source import Segment
from prefdata.io.bytes.streams import BOM, HEAD_BYTES, BrokenStreamError, byte_chunks, with_head
from prefdata.kernels.compiled import pays

SHOWN_BYTES = 64 * KIB
"""How many bytes of an oversize line are kept."""

_TAIL_BYTES = 64 * KIB
_SECONDS_A_BYTE = 3e-10
_NEWLINE = 10

Fault = tuple[str, str]


class LineBlock(msgspec.Struct, frozen=True, gc=False):
    """Whole lines as UTF-8 bytes, each ended by `\\n` (except perhaps the last one of a file).

    `first_line` counts from 1 at the start of the segment; `lines`: how many. `oversize`: if not 0,
    the block is one line longer than `max_record_bytes`, with this length in bytes, and `data` is
    its beginning. `fault`: the stream broke off here, and `data` is the unfinished line.
    """

    first_line: int
    data: bytes
    lines: int
    oversize: int = 0
    fault: Fault | None = None

    @property
    def last_line(self) -> int:
        """The number of the last line in the block."""
        return self.first_line + self.lines - 1

    def head(self, size: int = 0) -> LineBlock:
        """The lines of the first `size` bytes as a block, and at least the first line."""
        cut = self.data.rfind(b"\n", 0, size) + 1 or self.data.find(b"\n") + 1
        data = self.data[:cut] or self.data
        return LineBlock(self.first_line, data, _count_lines(data))


class _Piece(NamedTuple):
    data: bytes
    oversize: int = 0
    fault: Fault | None = None


def line_blocks(segment: Segment, config: ReadConfig) -> Iterator[LineBlock]:
    """The lines of a segment in blocks of about `block_bytes`.

    Lines end with a newline, or with carriage returns alone if a source has no newline in its first
    MiB. BOMs are not removed (see `without_boms`): it is faster to let a parser fail on one than to
    search all bytes for them.
    """
    line = 1
    for data, oversize, fault in _pieces(segment, config):
        lines = 1 if oversize or fault else _count_lines(data)
        yield LineBlock(line, data, lines, oversize, fault)
        line += lines


def _pieces(segment: Segment, config: ReadConfig) -> Iterator[_Piece]:
    source = segment.source
    if source.compression == "none" and source.encoding == "utf-8":
        with source.path.open("rb", buffering=0) as file:
            file.seek(segment.start)
            if not _ends_in_cr(file.read(HEAD_BYTES)):
                yield from _seek_pieces(file, segment, config)
                return
    chunks = byte_chunks(source, config, start=segment.start, stop=segment.stop)
    yield from _gathered(_with_newlines(chunks), config)


def _ends_in_cr(head: bytes) -> bool:
    return b"\n" not in head and b"\r" in head[:-1]


def _seek_pieces(file: BinaryIO, segment: Segment, config: ReadConfig) -> Iterator[_Piece]:
    size = file.seek(0, os.SEEK_END)
    at, stop = segment.start, size if segment.stop is None else min(segment.stop, size)
    while at < stop:
        end = _end_of_block(file, at, stop, config.block_bytes)
        if end - at > max(config.max_record_bytes, config.block_bytes):
            yield _Piece(_read(file, at, at + SHOWN_BYTES), oversize=end - at)
        else:
            yield from _cut_oversize(_read(file, at, end), config.max_record_bytes)
        at = end


def _end_of_block(file: BinaryIO, at: int, stop: int, block_bytes: int) -> int:
    """The end of the last line that ends in this block, or of the first line if none does."""
    limit = min(at + block_bytes, stop)
    if limit == stop:
        return stop
    end, width = limit, _TAIL_BYTES
    while end > at:
        begin = max(at, end - width)
        if cut := _read(file, begin, end).rfind(b"\n") + 1:
            return begin + cut
        end, width = begin, width * 4
    return next_line_start(file, limit, stop, block_bytes)


def next_line_start(file: BinaryIO, at: int, stop: int, block_bytes: int) -> int:
    """The offset after the first newline at `at` or later, or `stop`."""
    while at < stop:
        data = _read(file, at, min(at + block_bytes, stop))
        if not data:
            break
        if cut := data.find(b"\n") + 1:
            return at + cut
        at += len(data)
    return stop


def _read(file: BinaryIO, start: int, stop: int) -> bytes:
    file.seek(start)
    return file.read(stop - start)


def _cut_oversize(data: bytes, max_record_bytes: int) -> Iterator[_Piece]:
    """The data as one piece, or cut so that each oversize line is a piece of its own."""
    if len(data) <= max_record_bytes:
        yield _Piece(data)
        return
    ends = np.append(np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE) + 1, len(data))
    lengths = np.diff(ends, prepend=0)
    at = 0
    for index in np.flatnonzero(lengths > max_record_bytes):
        end = int(ends[index])
        start = end - int(lengths[index])
        if start > at:
            yield _Piece(data[at:start])
        yield _Piece(data[start : min(start + SHOWN_BYTES, end)], oversize=end - start)
        at = end
    if at < len(data):
        yield _Piece(data[at:])


def _with_newlines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks with carriage returns replaced by newlines."""
    head, chunks = with_head(chunks)
    if _ends_in_cr(head):
        return (chunk.replace(b"\r", b"\n") for chunk in chunks)
    return chunks


def _gathered(chunks: Iterator[bytes], config: ReadConfig) -> Iterator[_Piece]:
    gather = _Gatherer(config)
    try:
        for chunk in chunks:
            yield from gather.add(chunk)
    except BrokenStreamError as error:
        yield from gather.rest(("truncated-file", str(error)))
    else:
        yield from gather.rest(None)


class _Gatherer:
    """Holds the bytes since the last whole block: never more than a record and a block."""

    def __init__(self, config: ReadConfig) -> None:
        self._config = config
        self._held: list[bytes] = []
        self._size = 0
        self._has_line = False
        self._oversize = 0

    def add(self, chunk: bytes) -> Iterator[_Piece]:
        if self._oversize:
            cut = chunk.find(b"\n") + 1
            self._oversize += cut or len(chunk)
            if not cut:
                return
            yield _Piece(self._held[0], oversize=self._oversize)
            self._hold(chunk[cut:])
        else:
            self._held.append(chunk)
            self._size += len(chunk)
            self._has_line = self._has_line or b"\n" in chunk
        if self._size >= self._config.block_bytes and self._has_line:
            whole, rest = self._cut()
            self._hold(rest)
            yield from _cut_oversize(whole, self._config.max_record_bytes)
        if not self._has_line and self._size > self._config.max_record_bytes:
            beginning = b"".join(self._held)[:SHOWN_BYTES]
            self._held, self._oversize, self._size = [beginning], self._size, 0

    def rest(self, fault: Fault | None) -> Iterator[_Piece]:
        if self._oversize:
            yield _Piece(self._held[0], oversize=self._oversize)
            whole, last = b"", b""
        else:
            whole, last = self._cut()
        if fault is None:
            whole += last
        if whole:
            yield from _cut_oversize(whole, self._config.max_record_bytes)
        if fault is not None:
            yield _Piece(last, fault=fault)

    def _hold(self, rest: bytes) -> None:
        self._held, self._size, self._oversize = [rest], len(rest), 0
        self._has_line = b"\n" in rest

    def _cut(self) -> tuple[bytes, bytes]:
        data = b"".join(self._held)
        cut = data.rfind(b"\n") + 1
        return data[:cut], data[cut:]


def _count_lines(data: bytes) -> int:
    if not pays(len(data) * _SECONDS_A_BYTE):
        newlines = data.count(b"\n")
    else:
        from prefdata.kernels.characters import count_byte

        newlines = count_byte(np.frombuffer(data, np.uint8), np.uint8(_NEWLINE))
    return newlines + (not data.endswith(b"\n"))


def without_boms(data: bytes) -> bytes:
    """Lines without the BOMs that remain when files are concatenated."""
    if data.isascii():
        return data
    if b"\n" + BOM in data:
        data = data.replace(b"\n" + BOM, b"\n")
    return data.removeprefix(BOM)
