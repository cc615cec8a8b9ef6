from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import ReadConfig
from prefdata.errors import SourceError
from prefdata.io.bytes import streams
from prefdata.io.bytes.blocks import SHOWN_BYTES, LineBlock, line_blocks, without_boms
from prefdata.io.bytes.source import Segment, Source

SMALL = ReadConfig(block_bytes=16 * 1024, segment_bytes=64 * 1024, max_record_bytes=40_000)


def blocks(
    path: Path, compression: str = "none", encoding: str = "utf-8", config: ReadConfig = SMALL
) -> list[LineBlock]:
    size = path.stat().st_size
    source = Source(path.name, path, "jsonl", compression, encoding, size, 0)  # type: ignore[arg-type]
    return list(line_blocks(Segment(source), config))


def written(folder: Path, content: bytes) -> Path:
    (folder / "a").write_bytes(content)
    return folder / "a"


def joined(found: list[LineBlock]) -> bytes:
    return b"".join(block.data for block in found)


LINES = b"".join(b'{"n": %d, "text": "%s"}\n' % (n, b"x" * (n * 37 % 900)) for n in range(300))


@pytest.mark.parametrize("content", [b"", b"\n", b"a", b"a\n", b"\n\na\r\nb", LINES, LINES[:-1]])
@pytest.mark.parametrize("pack", ["none", "gzip", "zstd"])
def test_blocks_hold_every_byte_and_number_every_line(
    tmp_path: Path, content: bytes, pack: str
) -> None:
    packed = {
        "none": content,
        "gzip": gzip.compress(content),
        "zstd": zstandard.compress(content),
    }[pack]
    found = blocks(written(tmp_path, packed), pack)
    assert joined(found) == content
    line = 1
    for block in found:
        assert (block.first_line, block.lines) == (line, len(block.data.splitlines(keepends=True)))
        assert len(block.data) < 2 * SMALL.block_bytes + streams.HEAD_BYTES
        line = block.last_line + 1


@given(
    content=st.lists(st.integers(0, 60_000).map(lambda size: b"x" * size + b"\n"), max_size=12).map(
        b"".join
    ),
    cut=st.integers(0, 1),
)
def test_long_lines_come_alone(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    content = content[: len(content) - cut]
    folder = tmp_path_factory.mktemp("long")
    plain = blocks(written(folder, content))
    packed = blocks(written(folder, gzip.compress(content, 1)), "gzip")
    for found in (plain, packed):
        assert sum(block.oversize or len(block.data) for block in found) == len(content)
        assert all(block.oversize > SMALL.max_record_bytes for block in found if block.oversize)
        assert all(len(block.data) <= SHOWN_BYTES for block in found if block.oversize)
    assert [b.oversize for b in plain if b.oversize] == [b.oversize for b in packed if b.oversize]
    assert plain[-1:] == [] or plain[-1].last_line == packed[-1].last_line


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "gb18030"])
def test_other_encodings_come_as_utf8(tmp_path: Path, encoding: str) -> None:
    text = '{"a": "你好\u2028😀"}\n' * 5000
    bom = b"" if encoding == "gb18030" else "\ufeff".encode(encoding)
    found = blocks(written(tmp_path, bom + text.encode(encoding)), encoding=encoding)
    assert joined(found).decode() == text
    assert found[-1].last_line == 5000


def test_malformed_sequences_are_not_utf8_afterwards(tmp_path: Path) -> None:
    path = written(tmp_path, "好\n坏".encode("gb18030") + b"\xff\n" + "好\n".encode("gb18030"))
    good, bad, last = joined(blocks(path, encoding="gb18030")).splitlines()
    assert (good.decode(), last.decode()) == ("好", "好")
    with pytest.raises(UnicodeDecodeError):
        bad.decode()


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_byte_order_marks_go_also_where_files_were_joined(tmp_path: Path, compress: type) -> None:
    part = b"\xef\xbb\xbf" + b'{"a": 1}\n' * 3
    path = written(tmp_path, compress(part + part))
    found = blocks(path, "none" if compress is bytes else "gzip")
    assert without_boms(joined(found)) == b'{"a": 1}\n' * 6


def test_carriage_returns_end_lines_where_there_are_no_newlines(tmp_path: Path) -> None:
    assert joined(blocks(written(tmp_path, b"a\rb\r"))) == b"a\nb\n"
    assert joined(blocks(written(tmp_path, b"a\r\nb\rc\r\n"))) == b"a\r\nb\rc\r\n"


@pytest.mark.parametrize(
    ("pack", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)]
)
def test_members_follow_one_another(tmp_path: Path, pack: str, compress: type) -> None:
    path = written(tmp_path, compress(b"a\n") + compress(b"") + compress(b"b\n"))
    assert joined(blocks(path, pack)) == b"a\nb\n"


def test_padding_after_gzip_is_no_fault(tmp_path: Path) -> None:
    [block] = blocks(written(tmp_path, gzip.compress(b"a\n") + bytes(600_000)), "gzip")
    assert (block.data, block.fault) == (b"a\n", None)


@pytest.mark.parametrize("pack", ["gzip", "zstd"])
@pytest.mark.parametrize("spoil", ["cut", "garbage", "checksum"])
def test_what_comes_before_a_break_is_read(tmp_path: Path, pack: str, spoil: str) -> None:
    content = b"".join(b"%d %s\n" % (n, os.urandom(20).hex().encode()) for n in range(2000))
    if pack == "gzip":
        packed = gzip.compress(content)
    else:
        packed = zstandard.ZstdCompressor(write_checksum=True).compress(content)
    whole = {
        "cut": packed[: len(packed) * 3 // 4],
        "garbage": packed + b"garbage",
        "checksum": packed[:-6] + bytes([packed[-6] ^ 255]) + packed[-5:]
        if pack == "gzip"
        else packed[:-1] + bytes([packed[-1] ^ 255]),
    }[spoil]
    *good, last = blocks(written(tmp_path, whole), pack)
    text = joined([*good, last])
    assert content.startswith(text)
    assert last.fault is not None and last.fault[0] == "truncated-file"
    assert b"\n" not in last.data
    if pack == "gzip" or spoil == "garbage":
        assert len(text) > len(content) // 2


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "EXPANSION_FLOOR", 1 << 20)
    path = written(tmp_path, zlib.compress(bytes(1 << 23), 9, wbits=31))
    with pytest.raises(SourceError, match="max_expansion_ratio"):
        blocks(path, "gzip")
    modest = ReadConfig(max_expansion_ratio=1100)
    assert sum(len(b.data) or b.oversize for b in blocks(path, "gzip", config=modest)) == 1 << 23


def test_a_part_of_a_file_counts_from_its_own_start(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\nbb\nccc\n")
    source = Source("a", path, "jsonl", "none", "utf-8", 9, 0)
    [block] = line_blocks(Segment(source, 2, 5), SMALL)
    assert (block.first_line, block.data, block.head().data) == (1, b"bb\n", b"bb\n")
