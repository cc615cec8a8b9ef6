from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from prefdata.io.writers.text_out import write_csv, write_jsonl

TURN = pa.struct([("from", pa.string()), ("value", pa.string())])
SCHEMA = pa.schema(
    [
        ("prompt", pa.string()),
        ("turns", pa.list_(TURN)),
        ("chosen", TURN),
        ("margin", pa.float64()),
        ("source_row", pa.int64()),
    ]
)
TURNS = st.fixed_dictionaries({"from": st.text(max_size=3), "value": st.text(max_size=9)})
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "prompt": st.text(max_size=9) | st.sampled_from(["=1+1", 'a"b', "a,b", "a\r\nb", "NA"]),
            "turns": st.lists(TURNS, max_size=3),
            "chosen": TURNS,
            "margin": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "source_row": st.integers(0, 9),
        }
    ),
    max_size=6,
)


def batch(rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


@given(rows=ROWS, cut=st.integers(0, 6))
def test_jsonl_says_what_the_rows_say(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], cut: int
) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "a.jsonl"
    whole = batch(rows)
    written = write_jsonl(path, [whole.slice(0, cut), whole.slice(min(cut, len(rows)))])
    assert written.rows == len(rows)
    wanted = [{k: v for k, v in row.items() if v is not None} for row in rows]
    assert lines(path) == wanted


@given(rows=ROWS, cut=st.integers(0, 6))
def test_csv_says_what_the_rows_say(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    cut: int,
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    whole = batch(rows)
    parts = [whole.slice(0, cut), whole.slice(min(cut, len(rows)))]
    assert write_csv(path, parts, SCHEMA).rows == len(rows)
    text = io.StringIO(path.read_bytes().decode(), newline="")
    read = list(csv.DictReader(text))
    assert [row["prompt"] for row in read] == [row["prompt"] for row in rows]
    assert [json.loads(row["turns"]) for row in read] == [row["turns"] for row in rows]
    assert [json.loads(row["chosen"]) for row in read] == [row["chosen"] for row in rows]
    margins = [float(row["margin"]) if row["margin"] else None for row in read]
    assert margins == [row["margin"] for row in rows]


def test_an_empty_cell_is_a_null_and_an_empty_text_is_not(tmp_path: Path) -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    write_csv(tmp_path / "a.csv", [batch([{"a": "", "b": None}], schema)], schema)
    assert (tmp_path / "a.csv").read_bytes() == b'"a","b"\n"",\n'


def test_metadata_goes_back_to_where_it_was(tmp_path: Path) -> None:
    schema = pa.schema([("prompt", pa.string()), ("metadata", pa.string())])
    metadata = [
        "{}",
        '{"id":12345678901234567890123,\n "tags": [1,\r\n 2.50]}',
        '{"prompt":"another","metadata":{"a":1},"x":null}',
    ]
    made = batch([{"prompt": "p", "metadata": text} for text in metadata], schema)
    write_jsonl(tmp_path / "a.jsonl", [made])
    assert lines(tmp_path / "a.jsonl") == [
        {"prompt": "p"},
        {"prompt": "p", "id": 12345678901234567890123, "tags": [1, 2.5]},
        {"prompt": "p", "x": None, "metadata": {"prompt": "another", "metadata": {"a": 1}}},
    ]
    assert b"2.50" in (tmp_path / "a.jsonl").read_bytes()


def test_json_messages_are_objects_again(tmp_path: Path) -> None:
    text = '{"role":"assistant",\n"tool_calls":[{"n":1.50}]}'
    texts = pa.ExtensionArray.from_storage(pa.json_(), pa.array([text]))
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 1], pa.int32()), texts)
    made = pa.record_batch({"chosen": lists})
    write_jsonl(tmp_path / "a.jsonl", [made])
    wanted = [{"chosen": [json.loads(text)]}, {"chosen": []}]
    assert lines(tmp_path / "a.jsonl") == wanted
    write_csv(tmp_path / "a.csv", [made], made.schema)
    cells = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_bytes().decode(), newline=""))
    assert [{"chosen": json.loads(row["chosen"])} for row in cells] == wanted


def test_what_json_has_no_number_for_is_named(tmp_path: Path) -> None:
    schema = pa.schema([("margin", pa.float64())])
    made = batch([{"margin": float("nan")}, {"margin": float("-inf")}], schema)
    write_jsonl(tmp_path / "a.jsonl", [made])
    assert lines(tmp_path / "a.jsonl") == [{"margin": "nan"}, {"margin": "-inf"}]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_by_name_with_the_same_bytes_each_time(tmp_path: Path, suffix: str) -> None:
    schema = pa.schema([("a", pa.string())])
    made = batch([{"a": "x" * 1000}], schema)
    unpack = {".gz": gzip.decompress, ".zst": zstandard.ZstdDecompressor().decompressobj}[suffix]
    for name, write in (
        ("a.jsonl", lambda path: write_jsonl(path, [made])),
        ("a.csv", lambda path: write_csv(path, [made], schema)),
    ):
        plain, first, second = (tmp_path / f"{n}{name}" for n in "pqr")
        write(plain)
        packed = write(first.with_name(first.name + suffix))
        assert packed.bytes == packed.path.stat().st_size < 200
        assert write(second.with_name(second.name + suffix)).sha256 == packed.sha256
        content = packed.path.read_bytes()
        opened = unpack(content) if suffix == ".gz" else unpack().decompress(content)
        assert opened == plain.read_bytes()
