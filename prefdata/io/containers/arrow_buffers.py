"""How large the buffers of an Arrow IPC file or stream are once they are decompressed.

Each compressed buffer begins with its length before compression, and pyarrow allocates that much
before it looks at anything. The lengths are read here without decompressing: messages follow each
other, and the metadata of each is a flatbuffer that says where its buffers lie.
Source: the Arrow columnar format, "Serialization and Interprocess Communication".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

_FILE_MAGIC = b"ARROW1\0\0"
_CONTINUES = b"\xff\xff\xff\xff"
_DICTIONARY, _BATCH = 2, 3
_HEADER_TYPE, _HEADER, _BODY_LENGTH = 1, 2, 3
_DICTIONARY_DATA = 1
_BUFFERS, _COMPRESSION = 2, 3
_BUFFER_BYTES = 16
_LARGEST_METADATA = 256 << 20


def expanded_sizes(file: BinaryIO) -> Iterator[int]:
    """The bytes of each batch and dictionary after decompression; 0 where nothing is compressed.

    Ends quietly where the file is damaged: reading it reports that.
    """
    file.seek(len(_FILE_MAGIC) if file.read(len(_FILE_MAGIC)) == _FILE_MAGIC else 0)
    try:
        yield from _sizes(file)
    except (struct.error, IndexError):
        return


def _sizes(file: BinaryIO) -> Iterator[int]:
    while file.read(4) == _CONTINUES:
        (length,) = struct.unpack("<i", file.read(4))
        if not 0 < length < _LARGEST_METADATA:
            return
        message = file.read(length)
        body = file.tell()
        root = _pointed(message, 0)
        yield sum(_lengths(file, body, message, root))
        at = _field(message, root, _BODY_LENGTH)
        file.seek(body + (struct.unpack_from("<q", message, at)[0] if at else 0))


def _lengths(file: BinaryIO, body: int, message: bytes, root: int) -> Iterator[int]:
    """The decompressed lengths of the buffers of a message; none if they are not compressed."""
    kind, header = _field(message, root, _HEADER_TYPE), _field(message, root, _HEADER)
    if not kind or not header or message[kind] not in (_DICTIONARY, _BATCH):
        return
    batch = _pointed(message, header)
    if message[kind] == _DICTIONARY:
        data = _field(message, batch, _DICTIONARY_DATA)
        if not data:
            return
        batch = _pointed(message, data)
    buffers = _field(message, batch, _BUFFERS)
    if not buffers or not _field(message, batch, _COMPRESSION):
        return
    vector = _pointed(message, buffers)
    (count,) = struct.unpack_from("<I", message, vector)
    for index in range(min(count, len(message) // _BUFFER_BYTES)):
        start, length = struct.unpack_from("<qq", message, vector + 4 + index * _BUFFER_BYTES)
        if length >= 8:
            file.seek(body + start)
            yield max(struct.unpack("<q", file.read(8))[0], 0)  # -1: not compressed


def _pointed(message: bytes, at: int) -> int:
    """Where the offset at `at` points to."""
    position: int = at + struct.unpack_from("<I", message, at)[0]
    return position


def _field(message: bytes, table: int, number: int) -> int | None:
    """Where a field of a table lies; None if it is left out."""
    directory = table - struct.unpack_from("<i", message, table)[0]
    (size,) = struct.unpack_from("<H", message, directory)
    if 4 + 2 * number >= size:
        return None
    (offset,) = struct.unpack_from("<H", message, directory + 4 + 2 * number)
    return table + offset if offset else None
