"""Reading JSON documents: an array of rows, concatenated objects, or an array inside an object.

`json_scan` locates rows, which are parsed one by one, so memory holds one row, never the document.
What lies between rows is structure (commas, white space, brackets that are in place) or damage,
which goes to quarantine (`json_found`). After a row that cannot be parsed, reading resumes at the
next position that looks like the start of a row. Which arrays inside an object hold rows, and where
they end, is decided by `json_wrapper`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from prefdata.config.model import ReadConfig
from prefdata.config.section import KIB, MIB
from prefdata.io.bytes.blocks import SHOWN_BYTES
from prefdata.io.bytes.source import RowBlock, Segment
from prefdata.io.bytes.streams import BOM, HEAD_BYTES, BrokenStreamError, byte_chunks, with_head
from prefdata.io.containers.json_found import FoundRows
from prefdata.io.containers.json_resync import RowStarts, text_error
from prefdata.io.containers.json_rows import Fault, RowParser
from prefdata.io.containers.json_scan import ScanState, top_level
from prefdata.io.containers.json_wrapper import Tail, rows_in_wrapper, tail_of, tail_of_array

_MOST_SCANNED, _LEAST_SCANNED = 256 * KIB, 4 * KIB
_FIRST_CHECK = 16 * KIB
_BETWEEN = b" \t\r\n,\xef\xbb\xbf"  # a BOM, byte by byte
_PIECE = re.compile(
    rb'"(?:[^"\\]++|\\(?:.|\Z))*+"?|[^"' + _BETWEEN + rb"]+|[" + _BETWEEN + rb"]+", re.DOTALL
)
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
        self._in_tail = False
        """A bracket at `_at` may close the array; with `_tail_at` bytes, what follows it is looked
        at again."""
        self._tail_at = 0
        self._has_stray_end = False
        self._is_all = self._is_cut = False
        self._broken: str | None = None
        """Is all of the segment in the buffer, does it end within a row, and why too early?"""
        self._usual_gap = b""
        self._usual_size = 0
        """About the largest of the last rows: an open row that is longer looks broken."""
        self._parser = RowParser()
        self._starts = RowStarts()
        self._found = FoundRows()

    def block(self, chunk: bytes) -> RowBlock:
        """The rows that end in a chunk."""
        del self._buffer[: self._at]
        self._scanned -= self._at
        self._at = 0
        self._buffer += chunk
        if self._to_pass:
            self._pass_head()
        self._drain()
        return self._block(len(chunk))

    def _pass_head(self) -> None:
        """Skips everything before the rows if an object wraps them."""
        passed = min(self._to_pass, len(self._buffer))
        self._to_pass -= passed
        self._found.structure("wrapper", passed)
        self._restart(passed)

    def rest(self, broken: str | None) -> RowBlock:
        """The remaining rows at the end of the document, and a fault if it is cut off."""
        self._is_all, self._broken = True, broken
        self._drain()
        while self._at < len(self._buffer):
            self._is_cut = self._is_open
            self._settle()
            self._drain()
        if self._is_open:
            self._emit_oversize(0)
            self._is_cut = True
        if broken is not None and not self._is_cut:
            self._found.fault(b"", ("truncated-file", broken))
        elif self._is_unclosed() and not self._is_cut:
            self._found.fault(b"", ("truncated-file", "the file ends before its array is closed"))
        self._found.finish()
        return self._block(0)

    def _is_unclosed(self) -> bool:
        """Whether the end of an array is missing; damage may have swallowed or displaced it."""
        is_damaged = self._found.last_is_fault or self._has_stray_end
        return self._in_array and self._is_last and not is_damaged

    def _block(self, held: int) -> RowBlock:
        rows, number, structure = self._found.take()
        return RowBlock(rows, number, held, structure)

    def _drain(self) -> None:
        while self._in_tail or self._scanned < len(self._buffer):
            if not self._in_tail:
                self._step()
                self._check()
            elif not self._pass_tail():
                self._scanned = len(self._buffer)
                return

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
        if self._buffer[begin] == _ARRAY and self._opens_array(begin):
            return False
        self._is_open = True
        return True

    def _opens_array(self, begin: int) -> bool:
        """Whether an opening bracket is not the beginning of a row; passes it."""
        begins_array = self._starts.begins_array(self._buffer, begin)
        if not self._in_array and (begins_array or not self._found.is_in_run):
            self._in_array = True
            self._found.structure("brackets", 1)
        elif begins_array:
            self._found.stray(b"[")
        else:
            return False
        self._restart(begin + 1)
        return True

    def _holds_rows(self, end: int) -> bool:
        """Whether rows stand in an array between rows; restarts inside of it."""
        if self._opens_array(self._at):
            return True
        if self._starts.find_whole(self._buffer, self._at + 1, end) is None:
            return False
        self._found.stray(b"[")
        self._restart(self._at + 1)
        return True

    def _take(self, end: int) -> bool:
        """Completes the open row, which ends here; False if reading must restart."""
        size = self._skipped + end - self._at
        if size > self._limit:
            self._emit_oversize(end - self._at)
        else:
            if self._buffer[self._at] == _ARRAY and self._holds_rows(end):
                return False
            row = self._parser.row(self._found.next_number, self._bytes(end))
            if row.fields is not None:
                self._starts.learn(row.fields)
            elif self._resync(end, is_closed=True):
                return False
            if row.fields is None and self._buffer[self._at] == _ARRAY:
                self._found.piece(row.raw)
            else:
                self._found.row(row)
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
            self._found.structure("separators", self._usual_gap)
            return True
        begin = self._starts.find(self._buffer, self._at, stop)
        for match in _PIECE.finditer(self._bytes(stop if begin is None else begin)):
            if match.group()[0] in _BETWEEN:
                self._found.structure("separators", match.group())
            elif holds_last and match.end() == len(gap):
                self._at += match.start()
                self._check_at = max(_FIRST_CHECK, 2 * (stop - self._at))
                return True
            else:
                self._found.piece(match.group())
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
        if self._buffer[bracket] != _ARRAY_END or not self._in_array:
            self._found.stray(bytes(self._buffer[bracket : bracket + 1]))
            self._restart(bracket + 1)
        else:
            self._in_tail, self._tail_at = True, 0
            self._restart(bracket)

    def _pass_tail(self) -> bool:
        """Passes the bracket at `_at` and, if it closes an array of rows, what follows the array.

        False if it depends on bytes that are still to come.
        """
        pending = len(self._buffer) - self._at
        if pending < self._tail_at and not self._is_all:
            return False
        is_end = self._is_all and self._is_last
        tail_after = tail_of if self._is_wrapped else tail_of_array
        tail = tail_after(self._buffer, self._at + 1, is_all=is_end and self._broken is None)
        has_rows = tail.kind != "stray" and self._has_rows(tail)
        if tail.kind == "more" and not (self._is_all or has_rows or pending > self._limit):
            self._tail_at = 2 * pending
            return False
        self._in_tail = False
        is_damage = has_rows or (tail.kind == "rows" and self._found.is_in_damage)
        if tail.kind in ("rows", "end") and not is_damage:
            self._in_array = tail.kind == "rows"
            self._leave_wrapper(tail)
        elif tail.kind == "more" and is_end and not has_rows:
            detail = self._broken or "the file ends before the object around its rows"
            self._emit_open(len(self._buffer), ("truncated-file", detail))
            self._in_array, self._is_cut = False, True
            self._restart(len(self._buffer))
        else:
            self._found.stray(b"]")
            self._has_stray_end = True
            self._restart(self._at + 1)
        return True

    def _has_rows(self, tail: Tail) -> bool:
        """Whether a row stands in a member that would be passed: a bracket of a damaged row may
        have opened what looks like one."""
        stop = len(self._buffer) if tail.kind == "more" else tail.at
        return self._starts.find_whole(self._buffer, self._at + 1, stop) is not None

    def _leave_wrapper(self, tail: Tail) -> None:
        for name, size in tail.members:
            self._found.member(name, size)
        in_members = sum(size for _, size in tail.members)
        what = "wrapper" if self._is_wrapped else "brackets"
        self._found.structure(what, tail.at - self._at - in_members)
        self._restart(tail.at)

    def _check(self) -> None:
        """Checks a row that has been open for long: it may be long, or invalid."""
        pending = self._scanned - self._at
        if self._skipped:
            self._skipped, self._at = self._skipped + pending, self._scanned
        elif self._is_open and pending > min(self._check_at, self._limit):
            self._check_at = 2 * pending
            if self._buffer[self._at] == _ARRAY and self._opens_array(self._at):
                return
            is_too_long = pending > self._limit
            if not self._resync(self._scanned, goes_on=not is_too_long) and is_too_long:
                self._head = self._bytes(self._at + SHOWN_BYTES)
                self._skipped, self._at = pending, self._scanned
        elif pending > self._limit:
            self._emit_oversize(pending)
            self._at = self._scanned

    def _settle(self) -> None:
        """Reports the open row at the end as a fault, or finds a row inside it to continue with."""
        stop = len(self._buffer)
        if not self._is_open:
            self._pass(stop)
        elif self._skipped:
            self._emit_oversize(stop - self._at)
            self._at = stop
        elif not self._resync(stop):
            self._emit_rest(stop)
            self._at = stop
        if self._at == stop:
            self._is_open, self._scanned = False, stop

    def _emit_rest(self, stop: int) -> None:
        """Emits the fault of a row that is open at the end."""
        error = text_error(self._bytes(stop))
        is_cut = error is None or error.is_end
        if self._broken or (is_cut and self._is_last):
            fault = "truncated-file", self._broken or "the file ends inside a row"
        else:
            fault = "invalid-json", error.message if error else "the row is not closed"
        self._emit_open(stop, fault)

    def _emit_open(self, stop: int, fault: Fault) -> None:
        """Emits what is open at the end as a fault, with at most 1 MiB of its bytes."""
        reason, detail = fault
        raw = self._bytes(min(stop, self._at + MIB))
        if len(raw) < stop - self._at:
            detail += f"; the first {len(raw):,} bytes are kept"
        self._found.fault(raw, (reason, detail), stop - self._at)

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
        if begin is not None or not is_closed:  # a row that is whole may lie before the error
            end = begin if begin is not None and self._starts.has_learned else stop
            before = self._starts.find_whole(self._buffer, self._at + 1, end)
            begin = begin if before is None else before
        if begin is None:
            return False
        raw = self._bytes(begin).rstrip(_BETWEEN)
        self._found.fault(raw, ("invalid-json", error.message))
        self._found.structure("separators", begin - self._at - len(raw))
        self._restart(begin)
        return True

    def _restart(self, at: int) -> None:
        self._at = self._scanned = at
        self._state.restart()
        self._is_open, self._stride = False, _LEAST_SCANNED
        self._check_at, self._skipped = max(_FIRST_CHECK, 2 * self._usual_size), 0

    def _bytes(self, stop: int) -> bytes:
        return bytes(memoryview(self._buffer)[self._at : stop])

    def _emit_oversize(self, left: int) -> None:
        size = self._skipped + left
        head = self._head if self._skipped else self._bytes(self._at + min(left, SHOWN_BYTES))
        detail = (
            f"the record has {size:,} bytes, more than read.max_record_bytes ({self._limit:,}); "
            f"its first {len(head):,} are kept"
        )
        self._found.fault(head, ("record-too-large", detail), size)
        self._skipped, self._is_open = 0, False


def _head_of_file(segment: Segment) -> bytes:
    with segment.source.path.open("rb") as file:
        return file.read(HEAD_BYTES).removeprefix(BOM)
