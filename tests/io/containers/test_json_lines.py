from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from reading import SMALL, read, read_bytes, source_of, values

from prefdata.io.bytes.blocks import line_blocks
from prefdata.io.bytes.source import Segment
from prefdata.io.containers.json_lines import rows_of

GOOD = b'{"a": 1}'


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n \n", b"\xef\xbb\xbf", b"\n" * 9])
def test_nothing_is_no_row(tmp_path: Path, content: bytes) -> None:
    assert read_bytes(tmp_path, content) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"a": ', "invalid-json"),
        (b'{"a": "\xff\xfe"}', "invalid-utf8"),
        (b"[1]", "not-an-object"),
        (b"\x00\x00", "invalid-json"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "invalid-json"),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b",\n"])
def test_the_rows_around_a_bad_one_survive(
    tmp_path: Path, bad: bytes, reason: str, end: bytes
) -> None:
    rows = read_bytes(tmp_path, end.join([GOOD, GOOD, b"\n" + bad, GOOD]))
    assert values(rows) == [{"a": 1}, {"a": 1}, reason, {"a": 1}]
    assert [row.source_row for row in rows] == [1, 2, 4, 5]
    assert bad in rows[2].raw


def test_line_separators_of_unicode_end_no_line(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, '{"a": "x\u2028y\u0085z"}\n{"a": 1}'.encode())
    assert values(rows) == [{"a": "x\u2028y\u0085z"}, {"a": 1}]


def test_a_long_record_is_read_and_a_longer_one_is_named(tmp_path: Path) -> None:
    long = b'{"a": "%s"}' % (b"x" * 50_000_000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([GOOD, long, GOOD]))
    assert [len(row.raw) for row in read(path)] == [8, len(long), 8]
    tight = SMALL.model_copy(update={"max_record_bytes": 1_000_000})
    rows = read(path, tight)
    assert values(rows) == [{"a": 1}, "record-too-large", {"a": 1}]
    assert f"{len(long) + 1:,}" in (rows[1].fault or ("", ""))[1]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl"])
def test_a_cut_stream_costs_one_entry(tmp_path: Path, name: str) -> None:
    packed = gzip.compress(b"".join(b'{"a": %d}\n' % n for n in range(9999)))
    rows = read_bytes(tmp_path, packed[:-3000], name)
    good, faults = [row for row in rows if row.fields], [row for row in rows if row.fault]
    assert [row.source_row for row in good] == list(range(1, len(good) + 1))
    assert [row.fault[0] for row in faults if row.fault] == ["truncated-file"]
    assert faults[0].source_row == len(good) + 1


def test_a_last_line_that_is_whole_survives_the_cut(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, gzip.compress(GOOD + b"\n" + GOOD)[:-8])
    assert values(rows) == [{"a": 1}, {"a": 1}, "truncated-file"]


def test_rows_of_a_block_are_the_rows_of_the_file(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, b"\n".join([GOOD] * 5000))
    blocks = line_blocks(Segment(source_of(tmp_path / "a.jsonl")), SMALL)
    assert [row.raw for block in blocks for row in rows_of(block).rows] == [row.raw for row in rows]
