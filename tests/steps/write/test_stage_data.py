"""Shards and ledgers converted for the Hub: byte for byte what a build to Parquet writes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.engines.local import LocalEngine
from prefdata.errors import IntegrityError
from prefdata.io.writers.arrow_out import write_arrow_shard
from prefdata.io.writers.parquet_out import write_parquet_shard
from prefdata.results.ledger import LEDGER_SCHEMA
from prefdata.steps.write.stage_data import Staging, published_name, stage_data
from prefdata.steps.write.write_data import Entry
from prefdata.steps.write.write_ledger import write_book
from prefdata.transforms.convert.formats import format_schema

ARROW, PARQUET = "data/train/data-00000-of-00002.arrow", "data/train-00000-of-00002.parquet"
NAMES = {
    ARROW: PARQUET,
    "data/test/data-00003-of-00012.arrow": "data/test-00003-of-00012.parquet",
    PARQUET: PARQUET,
    "ledger/ledger-00000.parquet": "ledger/ledger-00000.parquet",
}


@pytest.mark.parametrize(("path", "published"), NAMES.items())
def test_only_arrow_shards_get_another_name(path: str, published: str) -> None:
    assert published_name(path) == published


TEXTS = st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace").decode())


def rows(schema: pa.Schema) -> st.SearchStrategy[list[dict[str, Any]]]:
    message = st.fixed_dictionaries({"role": st.just("user"), "content": st.none() | TEXTS})
    as_json = pa.types.is_list(schema.field("prompt").type) and not pa.types.is_struct(
        schema.field("prompt").type.value_type
    )
    one = st.just('{"role":"user","content":null,"tool_calls":[]}') if as_json else message
    of: dict[str, st.SearchStrategy[Any]] = {
        **dict.fromkeys(("prompt", "chosen", "rejected"), st.lists(one, max_size=3)),
        **dict.fromkeys(("margin", "label_probability"), st.none() | st.floats(allow_nan=False)),
        **dict.fromkeys(("metadata", "source", "tools"), st.none() | TEXTS),
        "source_row": st.integers(1, 2**40),
    }
    return st.lists(st.fixed_dictionaries({name: of[name] for name in schema.names}), max_size=30)


def in_batches(
    lines: list[dict[str, Any]], schema: pa.Schema, cuts: Iterable[int]
) -> list[pa.RecordBatch]:
    """Rows as batches cut anywhere, some of them slices of others."""
    columns = [
        pa.array([line[name] for line in lines], field.type)
        if not isinstance(field.type, pa.ListType)
        or not isinstance(field.type.value_type, pa.JsonType)
        else pa.ListArray.from_arrays(
            pa.array([0, *(sum(len(k[name]) for k in lines[: n + 1]) for n in range(len(lines)))],
                     pa.int32()),
            pa.ExtensionArray.from_storage(
                pa.json_(), pa.array([m for line in lines for m in line[name]], pa.string())
            ),
        )
        for name, field in zip(schema.names, schema, strict=True)
    ]  # fmt: skip
    whole = pa.RecordBatch.from_arrays(columns, schema=schema)
    borders = sorted({0, len(lines), *(cut % (len(lines) + 1) for cut in cuts)})
    return [whole.slice(start, stop - start) for start, stop in pairwise(borders)]


@pytest.mark.parametrize("has_extra", [False, True])
@pytest.mark.parametrize("more", [False, True])
@given(data=st.data())
def test_an_arrow_shard_becomes_what_a_build_to_parquet_would_have_written(
    tmp_path_factory: pytest.TempPathFactory, has_extra: bool, more: bool, data: st.DataObject
) -> None:
    schema = format_schema(
        "conversational", has_extra=has_extra, margin=more, tools=more, label_probability=more
    )
    out = tmp_path_factory.mktemp("out")
    lines = data.draw(rows(schema))
    cuts = st.lists(st.integers(0, 100), max_size=4)
    write_arrow_shard(out / ARROW, in_batches(lines, schema, data.draw(cuts)), schema)
    direct = out / "direct.parquet"
    written = write_parquet_shard(direct, in_batches(lines, schema, data.draw(cuts)), schema)
    (made,) = stage_data(LocalEngine(), [Staging(out, ARROW, PARQUET, out / "stage", NAMES)])
    assert (out / "stage" / PARQUET).read_bytes() == direct.read_bytes()
    assert made == Entry(PARQUET, written.bytes, written.sha256, len(lines))


def ledger(out: Path, groups: Iterable[list[str | None]]) -> None:
    batches = [
        pa.RecordBatch.from_pylist(
            [{"row": n, "flags": [], "file": file} for n, file in enumerate(files)], LEDGER_SCHEMA
        )
        for files in groups
    ]
    write_book(out, "ledger/ledger-00000.parquet", LEDGER_SCHEMA, batches)


@pytest.mark.parametrize(
    "groups", [[[ARROW] * 5000 + [None], [None, ARROW]], [[None]], [[]], [[], [ARROW]], []]
)
def test_a_ledger_names_the_shards_as_they_are_published(
    tmp_path: Path, groups: list[list[str | None]]
) -> None:
    name = "ledger/ledger-00000.parquet"
    ledger(tmp_path / "arrow", groups)
    ledger(tmp_path / "parquet", [[file and NAMES[file] for file in files] for files in groups])
    folder = tmp_path / "stage"
    (made,) = stage_data(
        LocalEngine(), [Staging(tmp_path / "arrow", name, name, folder, {ARROW: PARQUET})]
    )
    assert (folder / name).read_bytes() == (tmp_path / "parquet" / name).read_bytes()
    assert made.rows == sum(map(len, groups))
    named = pl.read_parquet(folder / name, memory_map=False)["file"].drop_nulls()
    assert {*named} <= {PARQUET}


def test_a_ledger_that_names_an_unknown_file_is_refused(tmp_path: Path) -> None:
    ledger(tmp_path, [["data/train/data-00009-of-00002.arrow"]])
    name = "ledger/ledger-00000.parquet"
    with pytest.raises(IntegrityError, match="went to a file"):
        list(stage_data(LocalEngine(), [Staging(tmp_path, name, name, tmp_path / "s", NAMES)]))


def test_what_was_made_is_not_made_again(tmp_path: Path) -> None:
    schema = format_schema("conversational", has_extra=False, margin=False)
    write_arrow_shard(tmp_path / ARROW, [], schema)
    todo = [Staging(tmp_path, ARROW, PARQUET, tmp_path / "stage", NAMES)]
    (first,) = stage_data(LocalEngine(), todo)
    (tmp_path / ARROW).unlink()
    assert list(stage_data(LocalEngine(), todo)) == [first]
    assert pq.read_metadata(tmp_path / "stage" / PARQUET).num_rows == 0
