"""Zstandard streams in pieces of bounded size: each block is decompressed on its own.

A block of a few bytes expands to 128 KiB at most, whereas a decompressor that is fed some KiB at a
time may return gigabytes at once. So frames are taken apart here (RFC 8878, section 3.1): their
headers say where blocks end. Decompressing block by block also means that everything before a
damaged one is returned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import zstandard

from prefdata.config.section import MIB

WINDOW_LIMIT = 128 * MIB
"""The largest window that is accepted, in bytes: a decompressor holds as much in memory.

It is what `zstd` itself accepts by default; only `--long` and `--ultra` ask for more."""

_CHUNK_BYTES = MIB
_BLOCK_BYTES = 128 * 1024
_MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY_ID_BYTES = (0, 1, 2, 4)
_CONTENT_SIZE_BYTES = (0, 2, 4, 8)
_REPEATED_BYTE = 1


class WindowError(Exception):
    """A frame asks for a larger window than `WINDOW_LIMIT`."""


class CutOffError(Exception):
    """The stream ends in the middle of a frame."""


class _Block(NamedTuple):
    header: bytes
    size: int
    is_last: bool


def zstd_chunks(file: BinaryIO) -> Iterator[bytes]:
    """The content of all frames of a stream, in chunks of about 1 MiB.

    Raises WindowError before anything is decompressed, CutOffError and ZstdError after everything
    before the fault was returned.
    """
    while magic := file.read(4):
        if _is_skippable(magic):
            _skip(file)
        else:
            yield from _gathered(_frame(file, magic))


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size >= _CHUNK_BYTES:
                yield b"".join(held)
                held, size = [], 0
    except (CutOffError, zstandard.ZstdError):
        yield b"".join(held)
        raise
    yield b"".join(held)


def _frame(file: BinaryIO, magic: bytes) -> Iterator[bytes]:
    header, has_checksum = _frame_header(file, magic)
    frame = zstandard.ZstdDecompressor(max_window_size=WINDOW_LIMIT).decompressobj()
    yield frame.decompress(header)
    is_last = False
    while not is_last:
        block = _block(file)
        is_last = block.is_last
        yield from _content(file, frame, block)
    if has_checksum:
        yield frame.decompress(_read(file, 4))


def _content(file: BinaryIO, frame: Any, block: _Block) -> Iterator[bytes]:
    content = file.read(block.size)
    yield frame.decompress(block.header + content)
    if len(content) < block.size:
        raise CutOffError


def _frame_header(file: BinaryIO, magic: bytes) -> tuple[bytes, bool]:
    """The whole header, and whether a checksum follows the blocks."""
    if magic != _MAGIC:
        raise zstandard.ZstdError("what follows does not begin like a frame")
    descriptor = _read(file, 1)
    flags = descriptor[0]
    is_single = bool(flags & 0x20)  # without a window: the content is in memory as a whole
    window = b"" if is_single else _read(file, 1)
    dictionary_id = _read(file, _DICTIONARY_ID_BYTES[flags & 3])
    size = _read(file, _CONTENT_SIZE_BYTES[flags >> 6] or int(is_single))
    needed = _window_bytes(window[0]) if window else int.from_bytes(size, "little")
    if needed > WINDOW_LIMIT:
        raise WindowError(f"{needed:,}")
    return magic + descriptor + window + dictionary_id + size, bool(flags & 4)


def _window_bytes(code: int) -> int:
    """The size of a window by its code: an exponent, and eighths to add."""
    base = 1 << 10 + (code >> 3)
    return base + (base >> 3) * (code & 7)


def _block(file: BinaryIO) -> _Block:
    header = _read(file, 3)
    number = int.from_bytes(header, "little")
    kind, size = number >> 1 & 3, number >> 3
    if size > _BLOCK_BYTES:
        raise zstandard.ZstdError("a block is larger than 128 KiB")
    return _Block(header, 1 if kind == _REPEATED_BYTE else size, bool(number & 1))


def _is_skippable(magic: bytes) -> bool:
    return magic[1:] == b"\x2a\x4d\x18" and 0x50 <= magic[0] <= 0x5F


def _skip(file: BinaryIO) -> None:
    left = int.from_bytes(_read(file, 4), "little")
    while left:
        left -= len(_read(file, min(left, _CHUNK_BYTES)))


def _read(file: BinaryIO, size: int) -> bytes:
    held = file.read(size)
    if len(held) < size:
        raise CutOffError
    return held
