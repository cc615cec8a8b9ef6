"""The bytes of a source, decompressed and decoded to UTF-8."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

from prefdata.config.model import ReadConfig
from prefdata.config.section import MIB
from prefdata.errors import SourceError
from prefdata.io.bytes.other_codecs import CorruptError, bzip2_chunks, xz_chunks
from prefdata.io.bytes.source import Compression, Source
from prefdata.io.bytes.zstd_frames import WINDOW_LIMIT, CutOffError, WindowError, zstd_chunks

BOM = codecs.BOM_UTF8
EXPANSION_FLOOR = 256 * MIB
"""Up to this many bytes a compressed source may expand without limit."""

HEAD_BYTES = MIB
"""How many bytes of a text are examined to detect its format."""

_PLAIN_BYTES = MIB
_GZIP_BYTES, _GZIP_OUT = 256 * 1024, MIB

_MALFORMED = "prefdata-malformed"
_DECODING_ERRORS = (zlib.error, zstandard.ZstdError, CorruptError)
_DECOMPRESSORS: dict[Compression, Callable[[BinaryIO], Iterator[bytes]]] = {
    "zstd": zstd_chunks,
    "bzip2": bzip2_chunks,
    "xz": xz_chunks,
}


class BrokenStreamError(Exception):
    """A compressed stream is cut off or corrupt; everything before the error was returned."""


def byte_chunks(
    source: Source, config: ReadConfig, *, start: int = 0, stop: int | None = None
) -> Iterator[bytes]:
    """The text of a source as UTF-8, in chunks of about 1 MiB, without a BOM at its start.

    `start` and `stop`: byte offsets in a plain file. Bytes that are invalid in the encoding of the
    source become bytes that are invalid in UTF-8, so that the row is quarantined. Raises
    BrokenStreamError if a compressed stream is cut off.
    """
    if source.compression == "none":
        chunks = _plain(source.path, start, stop)
    else:
        chunks = limit_size(decompress(source.path, source.compression), source, config)
    if source.encoding != "utf-8":
        chunks = as_utf8(chunks, source.encoding)
    return _without_bom(chunks) if start == 0 else chunks


def decompress(path: Path, compression: Compression) -> Iterator[bytes]:
    """The content of a compressed file, of all members, frames or streams, in pieces.

    Pieces have about 1 MiB, however far the input expands. Raises BrokenStreamError if it is cut
    off, SourceError if its window would take too much memory.
    """
    with path.open("rb") as file:
        try:
            yield from _DECOMPRESSORS.get(compression, _gzip)(file)
        except _DECODING_ERRORS as error:
            raise BrokenStreamError(f"the {compression} stream is corrupt: {error}") from error
        except CutOffError as error:
            raise BrokenStreamError(
                f"the file ends in the middle of its {compression} stream"
            ) from error
        except WindowError as error:
            raise SourceError(
                f"{path} needs a {compression} window of {error} bytes of memory, and prefdata "
                f"accepts up to {WINDOW_LIMIT:,}: compress it again without --long and --ultra, or "
                "with a smaller dictionary"
            ) from error


def limit_size(chunks: Iterator[bytes], source: Source, config: ReadConfig) -> Iterator[bytes]:
    """The same chunks; raises SourceError if they expand more than the config allows."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        refuse_bomb(total, source, config)
        yield chunk


def refuse_bomb(size: int, source: Source, config: ReadConfig) -> None:
    """Raises SourceError if a source expands to so many bytes and the config does not allow it."""
    limit = max(EXPANSION_FLOOR, int(source.size * config.max_expansion_ratio))
    if size > limit:
        raise SourceError(
            f"{source.name} expands from {source.size:,} to more than {limit:,} bytes: it may be a "
            "decompression bomb. If it is not, raise read.max_expansion_ratio "
            f"({config.max_expansion_ratio:g} now)"
        )


def as_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Chunks decoded to UTF-8; a malformed sequence becomes an encoded lone surrogate."""
    codecs.register_error(_MALFORMED, _lone_surrogate)
    decoder = codecs.getincrementaldecoder(encoding)(_MALFORMED)
    for chunk in chunks:
        if text := decoder.decode(chunk):
            yield text.encode("utf-8", "surrogatepass")
    if text := decoder.decode(b"", final=True):
        yield text.encode("utf-8", "surrogatepass")


def with_head(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first MiB of a stream (or less, if it ends), and the whole stream again."""
    head: list[bytes] = []
    size = 0
    broken: BrokenStreamError | None = None
    try:
        while size < HEAD_BYTES and (chunk := next(chunks, None)) is not None:
            head.append(chunk)
            size += len(chunk)
    except BrokenStreamError as error:
        broken = error
    return b"".join(head), chain(head, _raising(broken) if broken else chunks)


def _raising(error: BrokenStreamError) -> Iterator[bytes]:
    yield b""
    raise error


def _lone_surrogate(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


def _without_bom(chunks: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(BOM):
            break
    if head := head.removeprefix(BOM):
        yield head
    yield from chunks


def _plain(path: Path, start: int, stop: int | None) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        at = file.seek(start)
        while chunk := file.read(_PLAIN_BYTES if stop is None else min(_PLAIN_BYTES, stop - at)):
            at += len(chunk)
            yield chunk


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    held = file.read(_GZIP_BYTES)
    while held:
        member = zlib.decompressobj(wbits=31)
        yield from _inflated(member, held)
        while not member.eof:
            yield from _inflated(member, _more(file, _GZIP_BYTES))
        held = member.unused_data or file.read(_GZIP_BYTES)
        while held and not (held := held.lstrip(b"\0")):  # zero padding after a member
            held = file.read(_GZIP_BYTES)


def _inflated(member: Any, held: bytes) -> Iterator[bytes]:
    before = member.copy()
    try:
        while held and not member.eof:
            yield member.decompress(held, _GZIP_OUT)
            held, before = member.unconsumed_tail, member.copy()
    except zlib.error:
        yield _up_to_the_error(before, held)
        raise


def _up_to_the_error(decoder: Any, held: bytes) -> bytes:
    """The output of corrupt input up to the error: decompresses byte by byte."""
    pieces: list[bytes] = []
    with suppress(*_DECODING_ERRORS):
        pieces.extend(decoder.decompress(held[at : at + 1]) for at in range(len(held)))
    return b"".join(pieces)


def _more(file: BinaryIO, size: int) -> bytes:
    held = file.read(size)
    if not held:
        raise CutOffError
    return held
