"""The fast path for the most common files: JSON Lines with three texts and any other fields.

A block of lines is read by compiled code into columns. Lines of another shape, which that code does
not take, are named, for the careful reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prefdata.records.arrays import Bytes, Flags, Ints

_ESCAPED = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
_MOST_FIELDS = 60
MOST_BYTES = 1 << 30
"""The largest block that is read in one piece."""

_OPENING = np.isin(np.arange(256), np.frombuffer(b"[{", np.uint8))
"""First bytes of a text that could be messages written as JSON."""

Texts = tuple[str, str, str]


@dataclass(frozen=True)
class TextLines:
    """The rows of a block that were read, and its lines that were not.

    `texts`: the columns of prompt, chosen and rejected (n rows each). `metadata` (n): the other
    fields as JSON text; None if the file has none. `rows` (n, 3): number, start and end of the line
    of each row, the number from 0, the end without the line break; `others` (k, 3): of the lines
    that are left. `lines`: of the block, those of white space among them, which have `blanks`
    bytes.
    """

    texts: tuple[pa.StringArray, pa.StringArray, pa.StringArray]
    metadata: pa.StringArray | None
    rows: Ints
    others: Ints
    lines: int
    blanks: int


class _Scratch:
    """Memory for the marks of a block, kept from one to the next."""

    def __init__(self) -> None:
        self._marks = np.empty(0, np.int32)

    def marks_of(self, raw: Bytes) -> tuple[npt.NDArray[np.int32], int]:
        """The marks of a block, and their number."""
        from prefdata.kernels.json_lines import MARGIN, STRETCH, mark

        if len(self._marks) < len(raw) + MARGIN:
            self._marks = np.empty(len(raw) + MARGIN, np.int32)
        hits = np.empty(STRETCH, np.uint8)
        return self._marks, mark(raw, hits, hits.view(np.uint64), self._marks)


@dataclass(frozen=True)
class TextReader:
    """Reads blocks whose rows have the fields `texts` (strings), and any of `others` (any type)."""

    texts: Texts
    others: tuple[str, ...]
    _scratch: _Scratch = field(default_factory=_Scratch, repr=False, compare=False)

    @property
    def _least_bytes(self) -> int:
        """The bytes of the shortest line with three texts."""
        return len('{"":"","":"","":""}\n') + sum(len(name.encode()) for name in self.texts)

    def read(self, block: bytes, is_structured: Callable[[str], bool]) -> TextLines:
        """The rows of a block (at most `MOST_BYTES`).

        `is_structured(text)`: whether a string is a list of messages in JSON text; lines with such
        a text are left.
        """
        from prefdata.kernels.json_lines import TEXTS, count_lines, gather, read

        data = block if block.endswith(b"\n") else block + b"\n"
        raw = np.frombuffer(data, np.uint8)
        marks, count = self._scratch.marks_of(raw)
        breaks = count_lines(raw, marks, count)
        most = min(breaks, len(raw) // self._least_bytes)
        texts = np.empty((TEXTS, len(raw)), np.uint8)
        offsets = np.zeros((TEXTS, most + 1), np.int32)
        spans = np.empty((most + 1, len(self.others), 2), np.int32)
        rows, others = np.empty((most, 3), np.int64), np.empty((breaks, 3), np.int64)
        names = _joined([name.encode() for name in (*self.texts, *self.others)])
        found, left, blanks = read(raw, marks, *names, texts, offsets, spans, rows, others)
        columns = [
            _strings(text, ends[: found + 1]) for text, ends in zip(texts, offsets, strict=True)
        ]
        metadata = None
        if self.others:
            keys = _joined([msgspec.json.encode(name) + b":" for name in self.others])
            objects, ends = np.empty(len(raw), np.uint8), np.zeros(found + 1, np.int32)
            gather(raw, spans[:found], *keys, objects, ends)
            metadata = _strings(objects, ends)
        read_ = TextLines(
            (columns[0], columns[1], columns[2]),
            metadata,
            rows[:found],
            others[:left],
            breaks,
            blanks,
        )
        read_ = _without(read_, _not_utf8(data, read_.rows))
        for place in range(TEXTS):
            read_ = _without(read_, _structured(read_.texts[place], is_structured))
        return read_


def text_reader(texts: Texts, fields: Sequence[str]) -> TextReader | None:
    """A reader for rows with these fields; `texts` names prompt, chosen and rejected.

    None if a name needs an escape in JSON, which the reader does not support, or if there are too
    many.
    """
    if any(_ESCAPED.search(name) for name in fields) or len(fields) > _MOST_FIELDS:
        return None
    return TextReader(texts, tuple(sorted(set(fields) - set(texts))))


def _joined(names: Sequence[bytes]) -> tuple[Bytes, Ints]:
    """Names one after the other, and the places where they begin and end."""
    bounds = np.cumsum([0, *map(len, names)]).astype(np.int64)
    return np.frombuffer(b"".join(names), np.uint8), bounds


def _strings(values: Bytes, offsets: npt.NDArray[np.int32]) -> pa.StringArray:
    buffers = pa.py_buffer(offsets), pa.py_buffer(values[: offsets[-1]])
    return pa.StringArray.from_buffers(len(offsets) - 1, *buffers)


def _not_utf8(data: bytes, rows: Ints) -> Flags:
    """Which rows have a line that is not UTF-8."""
    faulty = np.zeros(len(rows), np.bool_)
    whole = _strings(np.frombuffer(data, np.uint8), np.array([0, len(data)], np.int32))
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        faulty[:] = [not _is_utf8(data[start:end]) for _, start, end in rows.tolist()]
    return faulty


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _structured(column: pa.StringArray, is_structured: Callable[[str], bool]) -> Flags:
    _, offsets, values = column.buffers()
    starts = np.frombuffer(offsets, np.int32)[: len(column)]
    data = np.frombuffer(values, np.uint8)
    found = np.zeros(len(column), np.bool_)
    if data.size:
        for index in np.flatnonzero(_OPENING[data[np.minimum(starts, data.size - 1)]]).tolist():
            found[index] = is_structured(column[index].as_py())
    return found


def _without(lines: TextLines, leave: Flags) -> TextLines:
    """The same block with more of its lines left."""
    if not leave.any():
        return lines
    keep = pa.array(~leave)
    prompts, chosen, rejected = (column.filter(keep) for column in lines.texts)
    others = np.concatenate([lines.others, lines.rows[leave]])
    return TextLines(
        (prompts, chosen, rejected),
        None if lines.metadata is None else lines.metadata.filter(keep),
        lines.rows[~leave],
        others[others[:, 0].argsort()],
        lines.lines,
        lines.blanks,
    )
