from __future__ import annotations

import datetime
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import SMALL, read, source_of, values

from prefdata.config.model import ReadConfig
from prefdata.errors import SourceError
from prefdata.io.bytes.source import MOST_FIELDS
from prefdata.io.containers.arrow_buffers import expanded_sizes
from prefdata.io.sources.read import sample_rows, segments

TOOLS = pa.list_(pa.struct([("role", pa.string()), ("tools", pa.struct([("x", pa.int64())]))]))


def write(path: Path, table: pa.Table, **options: Any) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table, path, **options)
    else:
        new = pa.ipc.new_stream if path.suffix == ".stream" else pa.ipc.new_file
        with new(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=options.get("row_group_size"))
    return path


FORMATS = pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.stream"])


@FORMATS
@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["x", None, ""]), ["x", None, ""]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        (pa.array(["x"], pa.large_string()), ["x"]),
        (pa.array([b"\xe4\xbd\xa0", b"\xff"]), ["你", {"base64": "/w=="}]),
        (pa.array([Decimal("1.50"), Decimal("2.00")]), [1.5, 2]),
        (pa.array([datetime.datetime(2026, 1, 2, 3)]), ["2026-01-02T03:00:00"]),
        (pa.array([datetime.date(2026, 1, 2)]), ["2026-01-02"]),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), [{"k": 1}]),
        (pa.array([2**62 + 1, None]), [2**62 + 1, None]),
        (pa.array([1.5], pa.float32()), [1.5]),
        (pa.array([None, None]), [None, None]),
        (
            pa.array(
                [[{"role": "user", "tools": None}, {"role": "tool", "tools": {"x": 1}}]], TOOLS
            ),
            [[{"role": "user"}, {"role": "tool", "tools": {"x": 1}}]],
        ),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_values(tmp_path: Path, name: str, column: pa.Array, expected: list[Any]) -> None:
    rows = read(write(tmp_path / name, pa.table({"a": column})))
    assert values(rows) == [{"a": value} for value in expected]


@pytest.mark.parametrize("name", ["a.arrow", "a.stream"])
def test_string_views_are_text(tmp_path: Path, name: str) -> None:
    column = pa.array(["x"], pa.string_view())
    assert values(read(write(tmp_path / name, pa.table({"a": column})))) == [{"a": "x"}]


@FORMATS
def test_columns_of_json_are_what_they_say(tmp_path: Path, name: str) -> None:
    dataset = datasets.Dataset.from_dict(
        {"a": [{"b": None}, "x", [1]]}, features=datasets.Features({"a": datasets.Json()})
    )
    path = write(tmp_path / name, dataset.data.table)
    assert values(read(path)) == [{"a": {"b": None}}, {"a": "x"}, {"a": [1]}]


@FORMATS
def test_no_rows(tmp_path: Path, name: str) -> None:
    assert read(write(tmp_path / name, pa.table({"a": pa.array([], pa.string())}))) == []


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_parts_are_segments_of_bounded_size(tmp_path: Path, name: str) -> None:
    table = pa.table({"a": [f"{n:0500}" for n in range(2000)]})
    path = write(tmp_path / name, table, row_group_size=100)
    parts = segments(source_of(path), SMALL)
    assert len(parts) > 5
    assert [int(row["a"]) for row in values(read(path))] == list(range(2000))
    assert len(sample_rows(source_of(path), SMALL)) == SMALL.sample_rows


@FORMATS
def test_cut_files_are_one_entry_and_no_exception(tmp_path: Path, name: str) -> None:
    table = pa.table({"a": [f"{n:0500}" for n in range(2000)]})
    path = write(tmp_path / name, table, row_group_size=500)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    rows = values(read(path))
    assert rows[-1] == "truncated-file"
    assert all(isinstance(row, dict) for row in rows[:-1])
    assert len(rows) == 1 or name == "a.stream"


def test_a_corrupt_row_group_leaves_the_others(tmp_path: Path) -> None:
    table = pa.table({"a": [f"{n:0500}" for n in range(2000)]})
    path = write(tmp_path / "a.parquet", table, row_group_size=500, write_page_checksum=True)
    start = pq.read_metadata(path).row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[start + 2000] ^= 255
    path.write_bytes(content)
    rows = values(read(path))
    assert rows.count("truncated-file") == 1
    assert len([row for row in rows if isinstance(row, dict)]) >= 1500


def test_invalid_utf8_costs_one_row(tmp_path: Path) -> None:
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 1, 2, 3)))
    column = pa.StringArray.from_buffers(3, offsets, pa.py_buffer(b"a\xffb"))
    path = write(tmp_path / "a.arrow", pa.table({"a": column}))
    assert values(read(path)) == [{"a": "a"}, "invalid-utf8", {"a": "b"}]


def test_compressed_as_a_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"a": ["x"]}))
    (tmp_path / "b.parquet.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert values(read(tmp_path / "b.parquet.gz")) == [{"a": "x"}]
    cut = gzip.compress(path.read_bytes())[:-20]
    (tmp_path / "b.parquet.gz").write_bytes(cut)
    assert values(read(tmp_path / "b.parquet.gz")) == ["truncated-file"]


def test_rows_carry_their_json(tmp_path: Path) -> None:
    [row] = read(write(tmp_path / "a.parquet", pa.table({"a": ["你"], "b": [1.5]})))
    assert row.raw == '{"a":"你","b":1.5}'.encode()


def test_a_file_that_expands_without_bound_is_refused(tmp_path: Path) -> None:
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 600_000, pa.int32()), ["x" * 500])
    path = write(tmp_path / "a.parquet", pa.table({"a": same}))
    assert path.stat().st_size < 50_000
    with pytest.raises(SourceError, match=r"more than 268,435,456 bytes.*max_expansion_ratio"):
        read(path, ReadConfig())


def test_a_page_that_would_fill_memory_is_not_decompressed(tmp_path: Path) -> None:
    table = pa.table({"a": ["x" * (300 << 20)]})
    path = write(tmp_path / "a.parquet", table, compression="zstd", use_dictionary=False)
    del table
    before = pa.total_allocated_bytes()
    with pytest.raises(SourceError, match="decompression bomb"):
        read(path, ReadConfig())
    assert pa.total_allocated_bytes() - before < 50 << 20


@pytest.mark.parametrize("name", ["a.arrow", "a.stream"])
@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_compressed_buffers_are_measured_before_they_are_decompressed(
    name: str, compression: str, tmp_path: Path
) -> None:
    options = pa.ipc.IpcWriteOptions(compression=compression)
    path = tmp_path / name
    tables = [pa.table({"a": ["x" * 1_000] * 100}), pa.table({"a": ["x" * (300 << 20)]})]
    for table, number in zip(tables, (1, 2), strict=True):
        new = pa.ipc.new_file if name == "a.arrow" else pa.ipc.new_stream
        with new(str(path), table.schema, options=options) as writer:
            writer.write_table(table)
            writer.write_table(table)
        with path.open("rb") as file:
            sizes = [size for size in expanded_sizes(file) if size]
        texts = table.nbytes - 4 * (len(table) + 1)
        assert len(sizes) == 2
        assert all(texts <= size < texts + 1_000 for size in sizes)
        if number == 1:
            assert len(read(path, ReadConfig())) == 200
    del tables, table
    if compression == "lz4":
        return  # it cannot expand by more than is allowed
    before = pa.total_allocated_bytes()
    with pytest.raises(SourceError, match="decompression bomb"):
        read(path, ReadConfig())
    assert pa.total_allocated_bytes() - before < 50 << 20


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.stream"])
def test_more_columns_than_can_be_compared_are_refused(name: str, tmp_path: Path) -> None:
    table = pa.table({f"c{number}": ["x"] for number in range(MOST_FIELDS + 1)})
    with pytest.raises(SourceError, match="has 10,001 columns, and prefdata reads at most 10,000"):
        read(write(tmp_path / name, table))
