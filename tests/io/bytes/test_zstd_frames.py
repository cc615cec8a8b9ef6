"""Zstandard streams are read in pieces of bounded size, as the library reads them."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest
import zstandard
from reading import read

from prefdata.config.model import ReadConfig
from prefdata.errors import SourceError
from prefdata.io.bytes.streams import BrokenStreamError, decompress
from prefdata.io.bytes.zstd_frames import WINDOW_LIMIT, CutOffError, WindowError, zstd_chunks

MIB = 1 << 20
BLOCK = 128 * 1024
MAGIC = b"\x28\xb5\x2f\xfd"
PIECE = 2 * MIB


def block(kind: int, size: int, content: bytes, *, last: bool = False) -> bytes:
    return struct.pack("<I", size << 3 | kind << 1 | last)[:3] + content


def bomb(blocks: int, window: int = 0x50) -> bytes:
    """A frame of blocks of one repeated byte: four bytes each, 128 KiB expanded."""
    repeated = block(1, BLOCK, b"\n")
    return MAGIC + bytes([0, window]) + repeated * (blocks - 1) + block(1, BLOCK, b"\n", last=True)


def content_of(packed: bytes) -> bytes:
    return b"".join(zstd_chunks(io.BytesIO(packed)))


def texts() -> list[bytes]:
    chance = random.Random(5)
    words = [chance.randbytes(chance.randint(1, 9)) for _ in range(500)]
    mixed = b" ".join(chance.choices(words, k=200_000))
    return [b"", b"a", b"a" * 3_000_000, chance.randbytes(700_000), mixed]


@pytest.mark.parametrize("level", [-5, 1, 3, 19])
def test_frames_hold_what_the_library_says(level: int) -> None:
    for text in texts()[: 5 if level < 19 else 3]:
        for checksum in (False, True):
            pack = zstandard.ZstdCompressor(level=level, write_checksum=checksum)
            assert content_of(pack.compress(text)) == text
            stream = pack.compressobj()
            flushed = [
                stream.compress(text[:1000]),
                stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK),
                stream.compress(text[1000:]),
                stream.flush(),
            ]
            assert content_of(b"".join(flushed)) == text


def test_several_frames_and_what_is_skipped() -> None:
    skipped = b"\x55\x2a\x4d\x18" + struct.pack("<I", 5) + b"hello"
    packed = [zstandard.compress(text) for text in (b"one", b"", b"two")]
    assert content_of(skipped + skipped.join(packed) + skipped) == b"onetwo"


def test_a_bomb_comes_in_small_pieces() -> None:
    packed = bomb(10_000) * 3  # 120 KB for almost 4 GB
    tracemalloc.start()
    sizes = [len(piece) for piece in islice(zstd_chunks(io.BytesIO(packed)), 100)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(sizes) == 100 * MIB
    assert max(sizes) <= PIECE
    assert peak < 8 * MIB


@pytest.mark.parametrize("frames", [1, 20_000], ids=["one frame", "many frames"])
def test_a_bomb_is_refused(frames: int, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(bomb(20_000 // frames) * frames)
    with pytest.raises(SourceError, match=r"more than 268,435,456 bytes.*decompression bomb"):
        read(path, ReadConfig())


def test_a_window_larger_than_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    for exponent in (28, 31, 41):
        path.write_bytes(bomb(1, window=(exponent - 10) << 3))
        with pytest.raises(SourceError, match=r"zstd window.*134,217,728"):
            list(decompress(path, "zstd"))
    single = MAGIC + bytes([0xE0]) + struct.pack("<Q", WINDOW_LIMIT + 1)
    with pytest.raises(WindowError):
        content_of(single + bomb(1)[6:])
    assert len(content_of(bomb(1, window=(27 - 10) << 3))) == BLOCK


def test_all_before_the_end_of_a_cut_off_stream_is_returned() -> None:
    text = b"".join(b"%d\n" % number for number in range(60_000))
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(text)
    for stop in (0, 3, 5, 6, 10, 20_000, len(packed) - 4, len(packed) - 1):
        got = bytearray()
        pieces = zstd_chunks(io.BytesIO(packed[:stop]))
        if stop == 0:
            assert list(pieces) == []
            continue
        with pytest.raises((CutOffError, zstandard.ZstdError)):
            for piece in pieces:
                got += piece
        assert text.startswith(got)
        assert len(got) >= (0, BLOCK, len(text))[(stop >= 20_000) + (stop > len(packed) - 5)] - MIB


def test_all_before_a_damaged_block_is_returned(tmp_path: Path) -> None:
    text = random.Random(3).randbytes(5 * BLOCK)
    packed = bytearray(zstandard.ZstdCompressor().compress(text))
    path = tmp_path / "a.zst"
    third = len(packed) - 3 * (BLOCK + 3)
    packed[third] |= 0b110  # a kind of block that does not exist
    path.write_bytes(packed)
    got = bytearray()
    with pytest.raises(BrokenStreamError, match="the zstd stream is corrupt"):
        for piece in decompress(path, "zstd"):
            got += piece
    assert got == text[: 2 * BLOCK]


def test_bytes_after_a_frame_that_begin_none_are_a_fault() -> None:
    with pytest.raises((CutOffError, zstandard.ZstdError)):
        content_of(zstandard.compress(b"text") + b"rest")


def test_flipped_bits_are_a_fault_or_give_bytes_but_never_more() -> None:
    chance = random.Random(11)
    text = b"".join(b'{"a": %d}\n' % chance.randint(1, 99) for _ in range(3000))
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(text)
    ended = 0
    for _ in range(300):
        flipped = bytearray(packed)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        try:
            content_of(bytes(flipped))
        except (CutOffError, WindowError, zstandard.ZstdError):
            ended += 1
    assert ended > 290
