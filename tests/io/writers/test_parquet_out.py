from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prefdata.io.writers.parquet_out import parquet_shard_name, write_parquet_shard

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SCHEMA = pa.schema([("chosen", MESSAGES), ("margin", pa.float64()), ("source", pa.string())])
CALL = '{"role":"assistant","content":null,"tool_calls":[{"id":"1","arguments":{"a":1.5}}]}'


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "chosen": [{"role": "assistant", "content": f"答 {n} " + "x" * (n % 90)}],
            "margin": None if n % 3 == 0 else n / 2,
            "source": "a.jsonl",
        }
        for n in range(count)
    ]


def batch(count: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows(count), schema=SCHEMA)


def test_row_groups_are_cut_by_bytes_and_pages_are_indexed(tmp_path: Path) -> None:
    path = tmp_path / parquet_shard_name("train", 0, 1)
    written = write_parquet_shard(path, [batch(2000), batch(3)], SCHEMA, row_group_bytes=20_000)
    file = pq.ParquetFile(path)
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    assert sum(group.num_rows for group in groups) == written.rows == 2003
    assert all(file.read_row_group(n).nbytes < 21_000 for n in range(len(groups)))
    assert len(groups) > 5
    columns = [groups[0].column(n) for n in range(groups[0].num_columns)]
    assert all(column.has_column_index and column.has_offset_index for column in columns)
    assert {column.compression for column in columns} == {"ZSTD"}
    has_dictionary = {c.path_in_schema: c.has_dictionary_page for c in columns}
    assert has_dictionary["source"] and has_dictionary["chosen.list.element.role"]
    assert not has_dictionary["chosen.list.element.content"]
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_early_change_leaves_later_pages_as_they_were(tmp_path: Path) -> None:
    """What content-defined chunking is for."""
    schema = pa.schema([("text", pa.string())])
    texts = [hashlib.sha256(str(n).encode()).hexdigest() * 8 for n in range(12_000)]

    def page_sizes(name: str, texts: list[str]) -> set[bytes]:
        made = pa.record_batch([pa.array(texts)], schema=schema)
        write_parquet_shard(tmp_path / name, [made], schema)
        content = (tmp_path / name).read_bytes()
        # Pages are compressed one by one: each begins with the magic number of zstd.
        return {hashlib.sha256(page).digest() for page in content.split(b"\x28\xb5\x2f\xfd")}

    before = page_sizes("a.parquet", texts)
    after = page_sizes("b.parquet", ["added", *texts])
    assert len(before) > 6
    assert len(before - after) <= 3


def test_duckdb_reads_it(tmp_path: Path) -> None:
    path = tmp_path / parquet_shard_name("train", 0, 1)
    write_parquet_shard(path, [batch(50)], SCHEMA)
    query = f"select chosen[1].content, margin from '{path}' order by margin nulls last limit 1"
    assert duckdb.sql(query).fetchall() == [("答 1 x", 0.5)]


def test_tool_calls_come_back_as_they_were(tmp_path: Path) -> None:
    from datasets import load_dataset

    texts = pa.ExtensionArray.from_storage(pa.json_(), pa.array([CALL]))
    lists = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), texts)
    made = pa.record_batch({"chosen": lists})
    write_parquet_shard(tmp_path / "a.parquet", [made], made.schema)
    loaded = load_dataset(
        "parquet", data_files=str(tmp_path / "a.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert loaded["train"][0] == {"chosen": [json.loads(CALL)]}
    query = f"select chosen[1]->'tool_calls'->0->>'id' from '{tmp_path / 'a.parquet'}'"
    assert duckdb.sql(query).fetchall() == [("1",)]


def test_bytes_do_not_depend_on_how_rows_arrive(tmp_path: Path) -> None:
    whole = batch(2500)
    cuts = [whole.slice(0, 7), whole.slice(7, 0), whole.slice(7, 1400), whole.slice(1407)]
    options = {"row_group_bytes": 50_000}
    once = write_parquet_shard(tmp_path / "a.parquet", [whole], SCHEMA, **options)
    again = write_parquet_shard(tmp_path / "b.parquet", cuts, SCHEMA, **options)
    assert again.sha256 == once.sha256


def test_no_rows(tmp_path: Path) -> None:
    assert write_parquet_shard(tmp_path / "a.parquet", [], SCHEMA).rows == 0
    assert pq.read_schema(tmp_path / "a.parquet").equals(SCHEMA)


def test_a_failing_source_leaves_no_shard(tmp_path: Path) -> None:
    def batches() -> Any:
        yield batch(5000)
        raise ValueError

    with pytest.raises(ValueError):
        write_parquet_shard(tmp_path / "a.parquet", batches(), SCHEMA, row_group_bytes=50_000)
    assert list(tmp_path.iterdir()) == []
