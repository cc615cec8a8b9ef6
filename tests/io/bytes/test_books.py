from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import SMALL, source_of

from prefdata.errors import RunError
from prefdata.io.bytes.books import Content, booked, close
from prefdata.io.bytes.source import RawRow, RowBlock, Segment
from prefdata.io.sources.read import read_rows, segments


def content_of(path: Path) -> Content:
    """The books of a file that was read to its end."""
    content = Content()
    source = source_of(path)
    for segment in segments(source, SMALL):
        for _ in booked(read_rows(segment, SMALL), segment, content):
            pass
    return content


@pytest.mark.parametrize(
    ("name", "text", "structure"),
    [
        ("a.jsonl", b'{"a": 1}\r\n\n  \n{"a": 2}', {"separators": 5}),
        (
            "a.jsonl",
            b'\xef\xbb\xbf{"a": 1}\n{"a": 2}{"a": 3}\n',
            {"separators": 2, "byte order marks": 3},
        ),
        ("a.json", b'[{"a": 1}, {"a": 2}]\n', {"brackets": 3, "separators": 2}),
        (
            "a.json",
            b'{"n": 1, "data": [{"a": 1}],\n "info": {"b": [2]}}',
            {"wrapper": 20, 'member "info"': 21},
        ),
        ("a.csv", b'\na,b\n1,2\n\n"x\ny",3\r\n', {"header": 5, "separators": 4}),
    ],
)
def test_all_bytes_are_booked_by_name(
    tmp_path: Path, name: str, text: bytes, structure: dict[str, int]
) -> None:
    (tmp_path / name).write_bytes(text)
    content = content_of(tmp_path / name)
    assert content.structure == structure
    assert content.balance() == 0
    assert content.held == len(text)
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(text))
    assert content_of(packed).in_rows == content.in_rows


def test_quotes_alone_are_a_row_and_no_blank_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\n1,2\n""\n""""\n3,4\n')
    rows = [row for block in read_rows(Segment(source_of(path)), SMALL) for row in block.rows]
    assert [(row.raw, bool(row.fault)) for row in rows] == [
        (b"1,2", False),
        (b'""', True),
        (b'""""', True),
        (b"3,4", False),
    ]


def test_rows_too_long_to_be_kept_are_booked_in_full(tmp_path: Path) -> None:
    tight = SMALL.model_copy(update={"max_record_bytes": 100_000})
    for name, text in {
        "a.jsonl": b'{"a": 1}\n{"a": "%s"}\n{"a": 2}\n',
        "a.json": b'[{"a": 1},\n{"a": "%s"},\n{"a": 2}]\n',
    }.items():
        path = tmp_path / name
        path.write_bytes(text % (b"x" * 3_000_000))
        content = Content()
        segment = Segment(source_of(path))
        rows = [r for b in booked(read_rows(segment, tight), segment, content) for r in b.rows]
        assert [bool(row.fault) for row in rows] == [False, True, False]
        assert content.held == path.stat().st_size
        assert content.balance() == 0


def test_rows_of_a_part_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"a": [f"text {n} " * 20 for n in range(3_000)]})
    pq.write_table(table, path, row_group_size=1_000, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    read = content_of(path)
    assert read.held == 3_000
    assert read.balance() == 0


def test_a_reader_that_skips_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n')
    segment = Segment(source_of(path))
    rows = [RawRow(1, b'{"a": 1}'), RawRow(2, b'{"a": 2}')]
    sound = RowBlock(rows, 2, 18, {"separators": 2})
    assert list(booked([sound], segment, Content())) == [sound]
    for skipping in (
        RowBlock(rows[:1], 2, 18, {"separators": 2}),
        RowBlock(rows, 2, 18, {"separators": 1}),
        RowBlock(rows[:1], 1, 9, {"separators": 1}),
    ):
        with pytest.raises(RunError, match="unaccounted for"):
            list(booked([skipping], segment, Content()))


def test_a_segment_that_nobody_reads_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": "%s"}\n' % (b"x" * 90) * 3_000)
    source = source_of(path)
    parts = segments(source, SMALL)
    assert len(parts) > 3
    whole, without_one = Content(), Content()
    for number, part in enumerate(parts):
        for block in read_rows(part, SMALL):
            for content in (whole, without_one) if number != 1 else (whole,):
                in_rows = sum(len(row.raw) for row in block.rows)
                content.book(block.held, in_rows, block.structure)
    close(whole, Segment(source))
    with pytest.raises(RunError, match="were read of"):
        close(without_one, Segment(source))
