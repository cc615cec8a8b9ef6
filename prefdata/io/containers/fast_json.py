"""The fast path for the most common files: JSON Lines with three texts per row.

A block of lines is parsed at once into three columns. Any irregularity (an invalid line, an extra
field, a duplicate name, a blank line) sends the block to the careful reader, which reports it. To
detect duplicate names, which the parser accepts, every byte of a block is accounted for: texts +
the extra bytes of their escapes + the same overhead for every row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.json

_WINDOW_BYTES = 1 << 17
_BACKSLASH, _U = ord("\\"), ord("u")
_OPENING = np.isin(np.arange(256), np.frombuffer(b"[{", np.uint8))
"""First bytes of a text that could be messages written as JSON."""

_HEX = np.zeros(256, np.int64)
_HEX[np.frombuffer(b"0123456789", np.uint8)] = np.arange(10)
_HEX[np.frombuffer(b"abcdef", np.uint8)] = np.arange(10, 16)
_HEX[np.frombuffer(b"ABCDEF", np.uint8)] = np.arange(10, 16)

_FEW_BYTES = 4096

Decoded = tuple[list[pa.StringArray], list[list[bytes]]]
"""Three columns of texts, and for each of the other fields the raw values."""


_ESCAPED = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')


@dataclass(frozen=True)
class TextLines:
    """The rows of one block: three texts each, and their other fields as JSON text."""

    prompts: pa.StringArray
    chosen: pa.StringArray
    rejected: pa.StringArray
    metadata: list[str] | None


@dataclass(frozen=True)
class TextReader:
    """Reads blocks whose rows have exactly the fields `texts` (strings) and `others` (any type)."""

    texts: tuple[str, str, str]
    others: tuple[str, ...]
    decode: Callable[[bytes], Decoded]

    def read(self, block: bytes, is_structured: Callable[[str], bool]) -> TextLines | None:
        """The rows of a block, or None if it needs the careful reader.

        `is_structured(text)`: whether a string is a list of messages in JSON text.
        """
        try:
            columns, raws = self.decode(block)
        except (msgspec.DecodeError, pa.ArrowInvalid, UnicodeDecodeError, RecursionError):
            return None
        prompts, chosen, rejected = columns
        if not len(prompts) or not _accounted(block, columns, raws):
            return None
        if any(_any_structured(column, is_structured) for column in columns):
            return None
        return TextLines(
            prompts, chosen, rejected, _metadata(self.others, raws) if self.others else None
        )


def text_reader(texts: tuple[str, str, str], fields: Sequence[str]) -> TextReader | None:
    """A reader for rows with these fields; `texts` names prompt, chosen and rejected.

    None if a name needs an escape in JSON, which the decoder does not support.
    """
    if any(_ESCAPED.search(name) for name in fields):
        return None
    others = tuple(sorted(set(fields) - set(texts)))
    decode = _raw_decoder(texts, others) if others else partial(_decode_texts, texts)
    return TextReader(texts, others, decode)


def _decode_texts(texts: tuple[str, str, str], block: bytes) -> Decoded:
    """Decodes rows of texts only: Arrow's parser builds the columns without Python strings.

    For a few rows starting it takes longer than decoding them one by one.
    """
    if len(block) < _FEW_BYTES:
        return _raw_decoder(texts, ())(block)
    schema = pa.schema([(name, pa.string()) for name in texts])
    table = pa.json.read_json(
        pa.BufferReader(block),
        read_options=pa.json.ReadOptions(use_threads=False, block_size=len(block) + 1),
        parse_options=pa.json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="error"
        ),
    )
    table.validate(full=True)  # the parser itself accepts invalid UTF-8
    if any(column.null_count for column in table.columns):
        raise pa.ArrowInvalid("a text is null or absent")
    return [_one_chunk(table.column(name)) for name in texts], []


def _one_chunk(column: pa.ChunkedArray) -> pa.StringArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


@lru_cache(maxsize=64)  # many files have the same fields
def _raw_decoder(
    texts: tuple[str, str, str], others: tuple[str, ...]
) -> Callable[[bytes], Decoded]:
    """A decoder of rows with other fields, which are kept as raw JSON."""
    names = {f"text_{i}": name for i, name in enumerate(texts)}
    names |= {f"other_{i}": name for i, name in enumerate(others)}
    line = msgspec.defstruct(
        "Line",
        [(name, str if name.startswith("text_") else msgspec.Raw) for name in names],
        rename=names,
        forbid_unknown_fields=True,
        gc=False,
    )
    decoder = msgspec.json.Decoder(line)

    def decode(block: bytes) -> Decoded:
        rows = decoder.decode_lines(block)
        columns = [pa.array([getattr(r, f"text_{i}") for r in rows], pa.string()) for i in range(3)]
        raws = [[bytes(getattr(r, f"other_{i}")) for r in rows] for i in range(len(others))]
        return columns, raws

    return decode


def _accounted(block: bytes, columns: list[pa.StringArray], raws: list[list[bytes]]) -> bool:
    """Whether every byte of the block is text, escape, raw value, or equal overhead per row."""
    if block.count(b"\n") + (not block.endswith(b"\n")) != len(columns[0]):
        return False  # blank lines, or rows across lines
    stop = block.find(b"\n") + 1 or len(block) + 1
    first = block[:stop].rstrip(b"\n")
    if _names_twice(first):
        return False
    overhead = stop - _held(first, [column[:1] for column in columns], [r[:1] for r in raws])
    whole = len(block) + (not block.endswith(b"\n"))
    return whole == _held(block, columns, raws) + overhead * len(columns[0])


def escape_surplus(block: bytes) -> int:
    r"""By how many bytes JSON escapes exceed the UTF-8 of the characters they stand for.

    >>> escape_surplus(rb'\n \" \\ \u4e2d')  # 1 + 1 + 1 + 3
    6
    """
    data = np.frombuffer(block, np.uint8)
    slashes = np.concatenate(
        [  # in windows that fit into the cache
            np.flatnonzero(data[at : at + _WINDOW_BYTES] == _BACKSLASH) + at
            for at in range(0, max(len(data), 1), _WINDOW_BYTES)
        ]
    )
    if not len(slashes):
        return 0
    order = np.arange(len(slashes))
    run_starts = np.diff(slashes, prepend=-2) != 1
    in_run = order - np.maximum.accumulate(np.where(run_starts, order, 0))
    openers = slashes[in_run % 2 == 0]
    is_unicode = data[np.minimum(openers + 1, len(data) - 1)] == _U
    return int(np.count_nonzero(~is_unicode)) + _unicode_surplus(data, openers[is_unicode])


def _unicode_surplus(data: np.ndarray, openers: np.ndarray) -> int:
    openers = openers[openers + 5 < len(data)]
    digits = [_HEX[data[openers + 2 + i]] for i in range(4)]
    code = (digits[0] << 12) | (digits[1] << 8) | (digits[2] << 4) | digits[3]
    is_surrogate = (code >= 0xD800) & (code < 0xE000)  # a pair of them is four bytes
    width = np.where(code < 0x80, 1, np.where((code < 0x800) | is_surrogate, 2, 3))
    return int((6 - width).sum())


def _held(block: bytes, columns: list[pa.StringArray], raws: list[list[bytes]]) -> int:
    values = [raw for column in raws for raw in column]
    in_raws = sum(escape_surplus(raw) for raw in values if b"\\" in raw)
    texts = sum(_bytes_in(column) for column in columns)
    return texts + escape_surplus(block) - in_raws + sum(map(len, values))


def _bytes_in(column: pa.StringArray) -> int:
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    return int(offsets[column.offset + len(column)]) - int(offsets[column.offset])


def _names_twice(line: bytes) -> bool:
    try:
        pairs = len(msgspec.json.decode(line, type=dict[str, msgspec.Raw]))
    except msgspec.DecodeError:
        return True
    return pairs != _count_pairs(line)


def _count_pairs(line: bytes) -> int:
    return len(json.loads(line, object_pairs_hook=list))


def _any_structured(column: pa.StringArray, is_structured: Callable[[str], bool]) -> bool:
    _, offsets, values = column.buffers()
    if values is None or not values.size:
        return False
    starts = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column)]
    data = np.frombuffer(values, np.uint8)
    suspects = np.flatnonzero(_OPENING[data[np.minimum(starts, len(data) - 1)]])
    return any(is_structured(column[int(index)].as_py()) for index in suspects)


def _metadata(others: tuple[str, ...], raws: list[list[bytes]]) -> list[str]:
    names = [msgspec.json.encode(name) + b":" for name in others]
    return [
        (b"{" + b",".join(map(bytes.__add__, names, row)) + b"}").decode()
        for row in zip(*raws, strict=True)
    ]
