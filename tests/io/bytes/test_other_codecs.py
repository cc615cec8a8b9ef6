"""Bzip2 and xz: all streams of a file, in bounded pieces, and everything before a fault."""

from __future__ import annotations

import bz2
import json
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from reading import read, source_of, values

from prefdata.config.model import ReadConfig
from prefdata.errors import SourceError
from prefdata.io.bytes.streams import BrokenStreamError, decompress

TEXT = b"".join(
    b'{"prompt": "p%d", "chosen": "\xe5\xa5\xbd", "rejected": "r"}\n' % n for n in range(3000)
)
BOTH = pytest.mark.parametrize(
    ("pack", "name", "codec"),
    [(bz2.compress, "a.jsonl.bz2", "bzip2"), (lzma.compress, "a.jsonl.xz", "xz")],
)


@BOTH
def test_several_streams_are_one_content(
    tmp_path: Path, pack: Callable[[bytes], bytes], name: str, codec: str
) -> None:
    path = tmp_path / name
    padding = b"\0" * 8 if codec == "xz" else b""
    path.write_bytes(pack(TEXT) + padding + pack(b"") + pack(TEXT) + padding)
    assert source_of(path).compression == codec
    assert len(read(path)) == 6000
    assert values(read(path))[0] == json.loads(TEXT.splitlines()[0])


@BOTH
def test_the_content_decides_and_not_the_name(
    tmp_path: Path, pack: Callable[[bytes], bytes], name: str, codec: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(pack(TEXT))
    assert (source_of(path).compression, len(read(path))) == (codec, 3000)
    path.write_bytes(pack(b""))
    assert read(path) == []


@BOTH
def test_a_stream_that_is_cut_or_corrupt_is_said(
    tmp_path: Path, pack: Callable[[bytes], bytes], name: str, codec: str
) -> None:
    path = tmp_path / name
    whole = pack(TEXT)
    path.write_bytes(pack(TEXT) + whole[: len(whole) // 2])
    rows = read(path)
    assert len(rows) >= 3001 and rows[-1].fault is not None
    assert rows[-1].fault[0] == "truncated-file"
    for spoiled in (whole + b"tail", whole[:40] + b"\xff" * 9 + whole[49:]):
        path.write_bytes(spoiled)
        with pytest.raises(BrokenStreamError):
            list(decompress(path, codec))  # type: ignore[arg-type]


@BOTH
def test_a_bomb_is_refused_piece_by_piece(
    tmp_path: Path, pack: Callable[[bytes], bytes], name: str, codec: str
) -> None:
    path = tmp_path / name
    path.write_bytes(pack(b"a" * (300 << 20)))
    assert max(map(len, decompress(path, codec))) <= 1 << 20  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="decompression bomb"):
        read(path, ReadConfig(max_expansion_ratio=2.0))


def test_an_xz_that_needs_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.xz"
    path.write_bytes(_with_large_dictionary())
    with pytest.raises(SourceError, match="xz window"):
        list(decompress(path, "xz"))


def _with_large_dictionary() -> bytes:
    """An xz stream whose header asks for a dictionary of 3 GiB."""
    packed = bytearray(lzma.compress(b"a", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 4096}]))
    size = (packed[12] + 1) * 4
    header = packed[12 : 12 + size - 4]
    at = header.index(b"\x21\x01") + 2
    header[at] = 39
    packed[12 : 12 + size] = header + zlib.crc32(header).to_bytes(4, "little")
    return bytes(packed)
