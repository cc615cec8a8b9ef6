from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SMALL, read, source_of, values

from prefdata.errors import SourceError
from prefdata.io.sources.read import sample_rows

ROWS = [
    {"prompt": f"问题 {n}, 'quoted' \"{n}\"", "chosen": "x\n" * (n % 50), "rejected": "null"}
    for n in range(200)
]


def write_csv(path: Path) -> None:
    text = "\r\n".join(
        ",".join('"' + value.replace('"', '""') + '"' for value in row)
        for row in [list(ROWS[0]), *(row.values() for row in ROWS)]
    )
    path.write_text(text, newline="")


WRITERS = {
    "a.jsonl": lambda path: path.write_text("\n".join(map(json.dumps, ROWS))),
    "a.json": lambda path: path.write_text(json.dumps(ROWS, ensure_ascii=False, indent=2)),
    "a.csv": write_csv,
    "a.parquet": lambda path: pq.write_table(pa.Table.from_pylist(ROWS), path),
    "a.jsonl.gz": lambda path: path.write_bytes(
        gzip.compress("\n".join(map(json.dumps, ROWS)).encode("utf-16"))
    ),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_rows_from_every_container(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    assert values(read(tmp_path / name)) == ROWS


@pytest.mark.parametrize("name", WRITERS)
def test_a_sample_is_made_of_python_values(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    config = SMALL.model_copy(update={"sample_rows": 7})
    assert sample_rows(source_of(tmp_path / name), config) == ROWS[:7]


def test_a_sample_passes_over_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": \n{"a": [1, {"b": NaN}]}\n[1]\n{"a": 1e999}\n')
    assert [type(row["a"]) for row in sample_rows(source_of(path), SMALL)] == [list, float]


@given(
    name=st.sampled_from(sorted(WRITERS)),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), max_size=4),
    keep=st.floats(0.3, 1),
)
def test_no_spoilt_file_raises(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    cuts: list[tuple[float, bytes]],
    keep: float,
) -> None:
    path = tmp_path_factory.mktemp("spoilt") / name
    WRITERS[name](path)
    content = bytearray(path.read_bytes())
    for place, new in cuts:
        at = int(place * len(content))
        content[at : at + len(new)] = new
    path.write_bytes(content[: int(keep * len(content))])
    try:
        rows = read(path)
    except SourceError:
        return
    assert all((row.fields is None) != (row.fault is None) for row in rows)
    assert len(rows) <= len(ROWS) * 55  # CSV: of a spoilt record each line is an entry
