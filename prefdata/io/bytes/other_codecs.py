"""Bzip2 and xz streams in pieces of bounded size, by the standard library.

A decompressor is fed little and asked for little, so that a bomb is met piece by piece. Several
streams that follow one another, and zero bytes after an xz stream, are one content, as for the
tools themselves.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import BinaryIO

from prefdata.config.section import KIB, MIB
from prefdata.io.bytes.zstd_frames import CutOffError, WindowError

_READ_BYTES = 64 * KIB
_OUT_BYTES = MIB
_MEMORY = 256 * MIB
"""Bytes that a decompressor of xz may take: `xz -9` needs 65 MiB."""

_Decompressor = bz2.BZ2Decompressor | lzma.LZMADecompressor


class CorruptError(Exception):
    """A stream that is not as its format says."""


def bzip2_chunks(file: BinaryIO) -> Iterator[bytes]:
    """The content of all bzip2 streams of a file, in pieces of at most 1 MiB.

    Raises CutOffError or CorruptError after everything before the fault was returned.
    """
    return _chunks(file, bz2.BZ2Decompressor, padding=b"")


def xz_chunks(file: BinaryIO) -> Iterator[bytes]:
    """The content of all xz streams of a file, in pieces of at most 1 MiB.

    Raises WindowError if it needs more memory than is accepted, CutOffError or CorruptError after
    everything before the fault was returned.
    """
    return _chunks(
        file, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY), padding=b"\0"
    )


def _chunks(file: BinaryIO, new: Callable[[], _Decompressor], *, padding: bytes) -> Iterator[bytes]:
    held = file.read(_READ_BYTES)
    while held:
        stream = new()
        while not stream.eof:
            yield _piece(stream, held)
            if not stream.eof and stream.needs_input:
                held = file.read(_READ_BYTES)
                if not held:
                    raise CutOffError
            else:
                held = b""
        held = stream.unused_data or file.read(_READ_BYTES)
        while padding and held and not (held := held.lstrip(padding)):
            held = file.read(_READ_BYTES)


def _piece(stream: _Decompressor, held: bytes) -> bytes:
    try:
        return stream.decompress(held, _OUT_BYTES)
    except (OSError, EOFError, lzma.LZMAError) as error:
        if "emory" in str(error):
            raise WindowError(f"more than {_MEMORY:,}") from error
        raise CorruptError(str(error)) from error
