"""Reading JSON documents: an array of rows, concatenated objects, or an array inside an object.

`json_scan` locates rows, which are parsed one by one, so memory holds one row, never the document.
Commas, white space, BOMs and stray closing brackets between rows are skipped. After a row that
cannot be parsed, reading resumes at the next position that looks like the start of a row. In
`{"data": [...], ...}` only arrays under the names `json_scan.WRAPPERS` hold rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from prefdata.config.model import ReadConfig
from prefdata.config.section import KIB, MIB
from prefdata.io.bytes.blocks import SHOWN_BYTES
from prefdata.io.bytes.source import RawRow, RowBlock, Segment
from prefdata.io.bytes.streams import BOM, HEAD_BYTES, BrokenStreamError, byte_chunks, with_head
from prefdata.io.containers.json_resync import RowStarts, text_error
from prefdata.io.containers.json_rows import RowParser, careful_row
from prefdata.io.containers.json_scan import (
    ScanState,
    next_rows,
    rows_in_wrapper,
    settled,
    top_level,
)

_MOST_SCANNED, _LEAST_SCANNED = 256 * KIB, 4 * KIB
_FIRST_CHECK = 16 * KIB
_BETWEEN = b" \t\r\n,\xef\xbb\xbf"  # a BOM, byte by byte
_SCALAR = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+"?|[^"' + _BETWEEN + rb"]+", re.DOTALL)
_ROW_FOLLOWS = re.compile(rb"\s*,\s*\{")
_QUOTE, _ARRAY, _ARRAY_END = b'"[]'


def read_json_document(segment: Segment, config: ReadConfig) -> Iterator[RowBlock]:
    """The rows of a JSON document, or of a part of its array, in blocks of about 1 MiB."""
    chunks = byte_chunks(segment.source, config, start=segment.start, stop=segment.stop)
    head, chunks = with_head(chunks)
    reader = _Reader(segment, config, head)
    broken = None
    try:
        for chunk in chunks:
            yield reader.block(chunk)
    except BrokenStreamError as error:
        broken = str(error)
    yield reader.rest(broken)


class _Reader:
    """The state of reading.

    `_at`: the offset where the open row begins, else where the last one ended. `_scanned`: the
    offset up to which brackets were scanned. `_skipped`: bytes of the open row, which is too long,
    that were discarded.
    """

    def __init__(self, segment: Segment, config: ReadConfig, head: bytes) -> None:
        self._limit = config.max_record_bytes
        self._is_last = segment.stop is None
        self._buffer = bytearray()
        self._at = self._scanned = 0
        self._stride = _MOST_SCANNED
        self._state = ScanState()
        self._is_open = False
        self._skipped = 0
        self._head = b""
        self._check_at = _FIRST_CHECK
        rows_at = rows_in_wrapper(_head_of_file(segment) if segment.start else head)
        self._is_wrapped = rows_at is not None
        self._in_array = self._is_wrapped or segment.start > 0
        self._to_pass = (rows_at or 0) if segment.start == 0 else 0
        self._is_outside = False
        self._usual_gap = b""
        self._usual_size = 0
        """About the largest of the last rows: an open row that is longer looks broken."""
        self._parser = RowParser()
        self._starts = RowStarts()
        self._rows: list[RawRow] = []
        self._number = 0
        self._after_fault = False
        """A bad row may have swallowed the bracket that closes the array."""

    def block(self, chunk: bytes) -> RowBlock:
        """The rows that end in a chunk."""
        del self._buffer[: self._at]
        self._scanned -= self._at
        self._at = 0
        self._buffer += chunk
        if self._to_pass:
            self._pass_head()
        self._drain()
        return self._block()

    def _pass_head(self) -> None:
        """Skips everything before the rows if an object wraps them."""
        passed = min(self._to_pass, len(self._buffer))
        self._to_pass -= passed
        self._restart(passed)

    def rest(self, broken: str | None) -> RowBlock:
        """The remaining rows at the end of the document, and a fault if it is cut off."""
        is_cut = False
        while not self._is_outside and self._at < len(self._buffer):
            is_cut = self._is_open
            self._settle(broken)
            self._drain()
        if self._is_open:
            self._emit_oversize(0)
            is_cut = True
        if broken is not None and not is_cut:
            self._emit(b"", ("truncated-file", broken))
        elif self._in_array and self._is_last and not is_cut and not self._after_fault:
            self._emit(b"", ("truncated-file", "the file ends before its array is closed"))
        return self._block()

    def _block(self) -> RowBlock:
        rows, self._rows = self._rows, []
        return RowBlock(rows, self._number)

    def _drain(self) -> None:
        while self._scanned < len(self._buffer):
            if self._is_outside:
                self._find_array()
            else:
                self._step()
                self._check()

    def _step(self) -> None:
        """Scans one stride; stops early if reading must restart."""
        stop = min(self._scanned + self._stride, len(self._buffer))
        begins, ends, surplus = top_level(self._buffer, self._scanned, stop, self._state)
        self._scanned, self._stride = stop, min(2 * self._stride, _MOST_SCANNED)
        if self._is_open and ends and not self._take(ends.pop(0)):
            return
        for begin, end in zip_longest(begins, ends):
            if not self._open(begin) or (end is not None and not self._take(end)):
                return
        if surplus is not None:
            self._close(surplus)
        elif not self._is_open and not self._is_inside_scalar():
            self._pass(stop, holds_last=True)

    def _open(self, begin: int) -> bool:
        if not self._pass(begin):
            return False
        if self._buffer[begin] == _ARRAY and not self._in_array:
            self._in_array = True
            self._restart(begin + 1)
            return False
        self._is_open = True
        return True

    def _take(self, end: int) -> bool:
        """Completes the open row, which ends here; False if reading must restart."""
        size = self._skipped + end - self._at
        if size > self._limit:
            self._emit_oversize(end - self._at)
        else:
            row = self._parser.row(self._number + 1, self._bytes(end))
            if row.fields is not None:
                self._starts.learn(row.fields)
            elif self._resync(end, is_closed=True):
                return False
            self._add(row)
        self._at, self._is_open = end, False
        self._usual_size = max(size, self._usual_size - self._usual_size // 16)
        self._check_at = max(_FIRST_CHECK, 2 * self._usual_size)
        return True

    def _pass(self, stop: int, *, holds_last: bool = False) -> bool:
        """Skips the bytes between rows; False if reading must restart within them.

        `holds_last`: a value at the end of the gap may continue after it, and is held back.
        """
        gap = self._buffer[self._at : stop]
        if gap == self._usual_gap or not gap.strip(_BETWEEN):
            self._usual_gap, self._at = bytes(gap), stop
            return True
        begin = self._starts.find(self._buffer, self._at, stop)
        for match in _SCALAR.finditer(self._bytes(stop if begin is None else begin)):
            if holds_last and match.end() == len(gap):
                self._at += match.start()
                self._check_at = max(_FIRST_CHECK, 2 * (stop - self._at))
                return True
            self._add(careful_row(self._number + 1, match.group()))
        if begin is not None:
            self._restart(begin)
            return False
        self._at = stop
        return True

    def _is_inside_scalar(self) -> bool:
        """Whether a held-back string is still open, and so long that scanning again should wait."""
        is_kept = self._state.in_string and self._buffer[self._at] == _QUOTE
        return is_kept and self._scanned - self._at < self._check_at

    def _close(self, bracket: int) -> None:
        if not self._pass(bracket):
            return
        is_stray = self._buffer[bracket] != _ARRAY_END or not self._in_array
        if not is_stray and not (
            self._is_wrapped and _ROW_FOLLOWS.match(self._buffer, bracket + 1)
        ):
            self._in_array, self._is_outside = False, bool(self._is_wrapped)
        self._restart(bracket + 1)

    def _find_array(self) -> None:
        begin = next_rows(self._buffer, self._at)
        if begin is None:
            self._at, self._scanned = settled(self._buffer, self._at), len(self._buffer)
        else:
            self._in_array, self._is_outside = True, False
            self._restart(begin)

    def _check(self) -> None:
        """Checks a row that has been open for long: it may be long, or invalid."""
        pending = self._scanned - self._at
        if self._skipped:
            self._skipped, self._at = self._skipped + pending, self._scanned
        elif self._is_open and pending > min(self._check_at, self._limit):
            self._check_at = 2 * pending
            is_too_long = pending > self._limit
            if not self._resync(self._scanned, goes_on=not is_too_long) and is_too_long:
                self._head = self._bytes(self._at + SHOWN_BYTES)
                self._skipped, self._at = pending, self._scanned
        elif pending > self._limit:
            self._emit_oversize(pending)
            self._at = self._scanned

    def _settle(self, broken: str | None) -> None:
        """Reports the open row at the end as a fault, or finds a row inside it to continue with."""
        stop = len(self._buffer)
        if not self._is_open:
            self._pass(stop)
        elif self._skipped:
            self._emit_oversize(stop - self._at)
            self._at = stop
        elif not self._resync(stop):
            self._emit_rest(stop, broken)
            self._at = stop
        if self._at == stop:
            self._is_open, self._scanned = False, stop

    def _emit_rest(self, stop: int, broken: str | None) -> None:
        """Emits the fault of a row that is open at the end, with at most 1 MiB of its bytes."""
        error = text_error(self._bytes(stop))
        is_cut = error is None or error.is_end
        reason, detail = "invalid-json", error.message if error else "the row is not closed"
        if broken or (is_cut and self._is_last):
            reason, detail = "truncated-file", broken or "the file ends inside a row"
        raw = self._bytes(min(stop, self._at + MIB))
        if len(raw) < stop - self._at:
            detail += f"; the first {len(raw):,} bytes are kept"
        self._emit(raw, (reason, detail))

    def _resync(self, stop: int, *, goes_on: bool = False, is_closed: bool = False) -> bool:
        """Gives up the open row if another seems to begin inside it, and restarts there.

        `goes_on`: the row may still be completed, so only a certain error counts.
        """
        error = text_error(self._bytes(stop))
        if error is None:
            return False
        if goes_on and (error.is_end or error.suspect is None):
            return False  # so far this may be one long row
        begin = None
        if error.suspect is not None:
            begin = self._starts.find(self._buffer, self._at + error.suspect + 1, stop)
        if begin is None and not is_closed:
            begin = self._starts.find_whole(self._buffer, self._at + 1, stop)
        if begin is None:
            return False
        self._emit(self._bytes(begin).rstrip(_BETWEEN), ("invalid-json", error.message))
        self._restart(begin)
        return True

    def _restart(self, at: int) -> None:
        self._at = self._scanned = at
        self._state.restart()
        self._is_open, self._stride = False, _LEAST_SCANNED
        self._check_at, self._skipped = max(_FIRST_CHECK, 2 * self._usual_size), 0

    def _bytes(self, stop: int) -> bytes:
        return bytes(memoryview(self._buffer)[self._at : stop])

    def _add(self, row: RawRow) -> None:
        self._rows.append(row)
        self._number += 1
        self._after_fault = row.fault is not None

    def _emit(self, raw: bytes, fault: tuple[str, str]) -> None:
        self._add(RawRow(self._number + 1, raw, fault=fault))

    def _emit_oversize(self, left: int) -> None:
        size = self._skipped + left
        head = self._head if self._skipped else self._bytes(self._at + min(left, SHOWN_BYTES))
        detail = (
            f"the record has {size:,} bytes, more than read.max_record_bytes ({self._limit:,}); "
            f"its first {len(head):,} are kept"
        )
        self._emit(head, ("record-too-large", detail))
        self._skipped, self._is_open = 0, False


def _head_of_file(segment: Segment) -> bytes:
    with segment.source.path.open("rb") as file:
        return file.read(HEAD_BYTES).removeprefix(BOM)
