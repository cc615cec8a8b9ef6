from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SMALL, read, read_bytes, source_of, values

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.source import Segment, Source
from prefdata.io.containers.json_document import read_json_document
from prefdata.io.containers.json_wrapper import WRAPPERS
from prefdata.io.sources.read import segments

A, B, C = {"a": 1}, {"a": 2}, {"a": 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", []),
        (' \n [ {"a": 1} , {"a": 2} ] \n', [A, B]),
        ("\ufeff" + '[{"a": 1}]', [A]),
        ('{\n  "a": 1\n}\n{\n  "a": 2\n}', [A, B]),
        ('{"a": 1}{"a": 2} {"a": 3}', [A, B, C]),
        ('[{"a": 1}]\n[{"a": 2}]\ufeff[{"a": 3}]', [A, B, C]),
        ('[\n{"a": 1},\n{"a": 2},\n]', [A, B]),
        ('[{"a": [[{"a": "]}"}]]}, {"a": {}}]', [{"a": [[{"a": "]}"}]]}, {"a": {}}]),
        ('{"version": 1.5, "data": [{"a": 1}, {"a": 2}], "meta": [{"b": 1}]}', [A, B]),
        ('{"train": [{"a": 1}], "info": {"x": "y"}, "test": [{"a": 2}]}', [A, B]),
        ('["{\\"a\\": 1}", "{\\"a\\": 2}"]', [A, B]),
        ('[1, "x", {"a": 1}, null, [1, {}]]', ["not-an-object"] * 2 + [A] + ["not-an-object"] * 2),
        ('[{"a": 1}, {"a": tru}, {"a": 2}]', [A, "invalid-json", B]),
        ('[{"a": 1}}, {"a": 2}]', [A, "invalid-json", B]),
        ('[{"a": 1}], {"a": 2}]', [A, "invalid-json", B]),
        ('[{"a": 1}, [{"a": 2}, {"a": 3}]', [A, "invalid-json", B, C]),
        (
            '[[{"a": 1}, {"a": 2}], [{"a": 3}]]',
            ["invalid-json", A, B, "invalid-json", C, "invalid-json"],
        ),
        ('{"data": [{"a": 1}], {"a": 2}]}', [A, "invalid-json", B]),
        ('{"data": [{"a": 1}]\n{"a": 2},\n{"a": 3}]}', [A, "invalid-json", B, C]),
        ('{"data": [{"a": 1}]}, {"a": 2}, {"a": 3}]}', [A, "invalid-json", B, C]),
        ('{"data": [{"a": 1}]}\n{"a": 2}\n', [A, "invalid-json", B]),
        ('{"data": [{"a": 1}, "x"}], "b": [3]}, {"a": 2}]}', [A, "invalid-json", B]),
        ('{"data": [{"a": 1}], "b": [3, {"a": 2}, {"a": 3}]}', [A, "invalid-json", B, C]),
        ('{"data": [{"a": 1}], "b": [3', [A, "truncated-file"]),
        ('{"data": [{"a": 1}]', [A, "truncated-file"]),
        ('{"data": [{"a": 1}]} {"data": [{"a": 2}], "n": {"b": {}}}\n', [A, B]),
        ('[{"a": "1}, {"a": 2}, {"a": 3}]', ["invalid-json", B, C]),
        ('[{"a": 1}, {"a: "x"}, {"a": 2}]', [A, "invalid-json", B]),
        ('[{"a": 1}, {"a": [[1}, {"a": 2}]', [A, "invalid-json", B]),
        ('[{"a": 1}, {"a": {"b": 1}, {"a": 2}, {"a": 3}]', [A, "invalid-json", B, C]),
        ('[{"a": 1} " , {"a": 2}]', [A, "invalid-json", B]),
        ('[{"a": 1}, {"a": 2', [A, "truncated-file"]),
        ('[{"a": 1}, {"a": "x', [A, "truncated-file"]),
        ('[{"a": 1}, ', [A, "truncated-file"]),
        ('[{"a": 1}, {"a": x, {"b": {"c": ', [A, "invalid-json"]),
    ],
)
def test_documents(tmp_path: Path, text: str, expected: list[Any]) -> None:
    rows = read_bytes(tmp_path, text.encode(), "a.json")
    assert values(rows) == expected
    assert [row.source_row for row in rows] == list(range(1, len(rows) + 1))


def test_a_document_of_any_encoding_and_packing(tmp_path: Path) -> None:
    text = json.dumps([{"a": "你好"}] * 3, ensure_ascii=False, indent=1)
    for content in (text.encode("utf-16"), gzip.compress(text.encode()), text.encode("utf-8-sig")):
        assert values(read_bytes(tmp_path, content, "a.json")) == [{"a": "你好"}] * 3


def test_invalid_utf8_costs_one_row(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, b'[{"a": 1}, {"a": "\xff"}, {"a": 2}]', "a.json")
    assert values(rows) == [A, "invalid-utf8", B]


def test_a_cut_stream_is_one_entry(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps([A] * 50_000).encode())
    rows = values(read_bytes(tmp_path, packed[: len(packed) // 2], "a.json"))
    assert rows[:-1] == [A] * (len(rows) - 1)
    assert rows[-1] == "truncated-file" and len(rows) > 10_000


def test_deep_and_long_rows(tmp_path: Path) -> None:
    deep = b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    long = b'{"a": "%s"}' % (b"x" * 20_000_000)
    path = tmp_path / "a.json"
    path.write_bytes(b"[%s]" % b",".join([b'{"a": 1}', deep, long, b'{"a": 2}']))
    found = values(read(path))
    assert [found[0], found[1], len(found[2]["a"]), found[3]] == [A, "invalid-json", 20_000_000, B]
    tight = SMALL.model_copy(update={"max_record_bytes": 1_000_000})
    rows = read(path, tight)
    assert values(rows) == [A, "invalid-json", "record-too-large", B]
    assert len(rows[2].raw) < 100_000


def test_a_last_row_that_is_too_long_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'[{"a": 1}, {"a": "' + b"x" * 3_000_000)
    tight = SMALL.model_copy(update={"max_record_bytes": 1_000_000})
    assert values(read(path, tight)) == [A, "record-too-large"]


ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", 'q"']), st.text('x"\\[]{},', max_size=400), min_size=1
    ),
    max_size=120,
)


def in_segments(path: Path, segment_bytes: int) -> tuple[list[Segment], list[bytes]]:
    config = ReadConfig.model_construct(
        **{**ReadConfig().model_dump(), "segment_bytes": segment_bytes}
    )
    source = Source("a", path, "json", "none", "utf-8", path.stat().st_size, 0)
    parts = segments(source, config)
    rows = [
        row for part in parts for block in read_json_document(part, config) for row in block.rows
    ]
    assert not any(row.fault for row in rows)
    return parts, [row.raw for row in rows]


@given(rows=ROWS, indent=st.sampled_from([None, 1]), size=st.integers(1, 5000))
def test_segments_cover_an_array_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], indent: int | None, size: int
) -> None:
    path = tmp_path_factory.mktemp("array") / "a.json"
    path.write_text(json.dumps(rows, indent=indent))
    parts, raws = in_segments(path, size)
    assert [json.loads(raw) for raw in raws] == rows
    assert [part.stop for part in parts[:-1]] == [part.start for part in parts[1:]]


def test_a_large_array_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": [{"a": "x" * 500}] * 5000, "meta": [{"b": 1}] * 5000}))
    parts, raws = in_segments(path, 100_000)
    assert len(parts) > 20
    assert len(raws) == 5000
    assert read(path, SMALL)[-1].raw == raws[-1]
    assert len(segments(source_of(path), SMALL)) > 30


@given(
    count=st.integers(2, 60),
    bad=st.integers(0, 59),
    spoil=st.sampled_from(['{"a": "x', '{"a: "x"}', '{"a": [1}', '{"a": nul}', '{"a": {"b": 1}']),
    gap=st.sampled_from([", ", ",", ",\n"]),
)
def test_one_bad_row_costs_one_row(
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    bad: int,
    spoil: str,
    gap: str,
) -> None:
    rows = [json.dumps({"a": str(n), "b": [{"c": "}, {"}]}) for n in range(count)]
    rows[bad % count] = spoil
    path = tmp_path_factory.mktemp("bad") / "a.json"
    path.write_text("[" + gap.join(rows) + "]")
    found = values(read(path))
    assert len(found) == len(rows)
    assert sum(isinstance(row, str) for row in found) == 1


def test_values_cut_by_the_edge_of_a_block_are_whole(tmp_path: Path) -> None:
    strings = [json.dumps(json.dumps({"a": "x, " * (n % 40)})) for n in range(40_000)]
    path = tmp_path / "a.json"
    path.write_text("[" + ",".join(strings) + "]")
    assert values(read(path)) == [{"a": "x, " * (n % 40)} for n in range(40_000)]
    path.write_text("[" + ",".join(["123456789"] * 100_000) + "]")
    assert values(read(path)) == ["not-an-object"] * 100_000
    path.write_text(json.dumps([json.dumps({"a": "x" * 5_000_000})] * 2))
    assert [len(row["a"]) for row in values(read(path))] == [5_000_000] * 2


def test_brackets_that_are_never_closed_cost_one_row(tmp_path: Path) -> None:
    row = json.dumps({"a": "x" * 3000})
    path = tmp_path / "a.json"
    for bad in ('{"a": [1', '{"a": {"b": "c"', '{"a": ' + "[" * 9999):
        path.write_text("[" + ", ".join([row, bad, *[row] * 5000]) + "]")
        rows = read(path)
        assert [row.fault and row.raw for row in rows[:3]] == [None, bad.encode(), None]
        assert len(rows) == 5002


def test_a_tree_of_rows_is_one_row_however_large(tmp_path: Path) -> None:
    leaves = [{"a": "x" * 3000, "b": []}] * 300
    path = tmp_path / "a.json"
    path.write_text(json.dumps([*leaves, {"a": "root", "b": leaves}, *leaves]))
    assert [len(row["b"]) for row in values(read(path))] == [0] * 300 + [300] + [0] * 300


def test_every_wrapper_is_known(tmp_path: Path) -> None:
    for name in WRAPPERS:
        content = json.dumps({"about": "x, y", name: [A]}).encode()
        assert values(read_bytes(tmp_path, content, "a.json")) == [A]
