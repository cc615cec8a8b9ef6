"""Rows that somebody has in memory are read as those of a file are."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import prefdata
from prefdata.io.sources.in_memory import InMemory, given_places

PAIRS = [
    {
        "prompt": f"What is {n} times {n + 3}?",
        "chosen": f"It is {n * (n + 3)}, since {n} groups of {n + 3} are that many.",
        "rejected": f"It may be {n * n}.",
    }
    for n in range(1, 21)
]


def read(out: Path) -> list[dict[str, Any]]:
    """The rows of the data."""
    tables = [pa.ipc.open_stream(path).read_all() for path in sorted(out.glob("data/**/*.arrow"))]
    return sorted(pa.concat_tables(tables).to_pylist(), key=str)


@pytest.fixture(scope="module")
def of_file(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("file")
    source = folder / "rows"
    source.write_text("".join(json.dumps(row) + "\n" for row in PAIRS))
    prefdata.build(source, out=folder / "out")
    return read(folder / "out")


@pytest.mark.parametrize(
    "given",
    [
        lambda: PAIRS,
        lambda: tuple(PAIRS),
        lambda: iter(PAIRS),
        lambda: pd.DataFrame(PAIRS, index=range(70, 90)),
        lambda: pd.DataFrame(PAIRS).astype({"prompt": "category"}),
        lambda: pl.DataFrame(PAIRS),
        lambda: pl.LazyFrame(PAIRS),
        lambda: pa.Table.from_pylist(PAIRS),
        lambda: duckdb.from_arrow(pa.Table.from_pylist(PAIRS)),
        lambda: datasets.Dataset.from_list(PAIRS),
        lambda: datasets.Dataset.from_list(PAIRS).to_iterable_dataset(),
        lambda: {"rows": PAIRS},
    ],
    ids=[
        *("list", "tuple", "iterator", "pandas", "category", "polars", "lazy", "pyarrow"),
        *("duckdb", "dataset", "stream", "named"),
    ],
)
def test_whatever_holds_the_rows_the_data_are_those_of_a_file(
    given: Callable[[], prefdata.Sources], of_file: list[dict[str, Any]], tmp_path: Path
) -> None:
    manifest = prefdata.build(given(), out=tmp_path / "out")
    assert [source.name for source in manifest.sources] == ["rows"]
    assert manifest.counts.read == 20
    assert read(tmp_path / "out") == of_file
    [found] = prefdata.explain(tmp_path / "out", source="rows:3").shown
    assert found.line["source_row"] == 3
    assert prefdata.verify(tmp_path / "out").problems == ()


def test_splits_of_a_dataset_dict_are_kept(tmp_path: Path) -> None:
    parts = {"train": PAIRS[:15], "test": PAIRS[15:]}
    given = datasets.DatasetDict({k: datasets.Dataset.from_list(v) for k, v in parts.items()})
    for number, sources in enumerate((given, parts)):
        manifest = prefdata.build(sources, out=tmp_path / str(number))
        assert manifest.counts.splits == {"train": 15, "test": 5}
        assert [source.name for source in manifest.sources] == ["train", "test"]


def test_several_sources_have_names_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(PAIRS[0]) + "\n")
    found = prefdata.validate([PAIRS[1:3], file, pl.DataFrame(PAIRS[3:7])])
    assert [(s.name, s.rows) for s in found.sources] == [
        ("rows-1", 2),
        (str(file), 1),
        ("rows-3", 4),
    ]


def test_every_function_takes_rows(tmp_path: Path) -> None:
    assert prefdata.validate(PAIRS).records == 20
    assert prefdata.inspect(pl.DataFrame(PAIRS)).files[0].name == "rows"
    done = prefdata.convert(PAIRS, out=tmp_path / "c.jsonl", to="jsonl")
    assert done.written == 20
    assert prefdata.dedupe([*PAIRS, PAIRS[0]], out=tmp_path / "d").counts.kept == 20


def test_odd_values_are_what_a_file_would_say_of_them(tmp_path: Path) -> None:
    rows = [
        {**PAIRS[0], "margin": np.float32(1.5), "vector": np.arange(3), "big": 2**70},
        {**PAIRS[1], "prompt": "half a character \ud800"},
        {**PAIRS[2], "prompt": float("nan")},
        {**PAIRS[3], "prompt": 5},
    ]
    for number, given in enumerate((rows, pd.DataFrame(rows))):
        counts = prefdata.build(given, out=tmp_path / str(number)).counts
        assert (counts.read, counts.kept, counts.quarantined) == (4, 1, 3)


@pytest.mark.parametrize("kind", [pl.DataFrame, pd.DataFrame, pa.table, datasets.Dataset.from_dict])
def test_a_table_without_rows_is_a_file_without_rows(
    kind: Callable[..., Any], tmp_path: Path
) -> None:
    empty: dict[str, list[str]] = {"prompt": [], "chosen": [], "rejected": []}
    assert prefdata.build(kind(empty), out=tmp_path / "out").counts.read == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "sources: something of type NoneType is given"),
        (5, "sources: something of type int is given"),
        (b"a.jsonl", "sources: something of type bytes"),
        ([], "sources: none are given"),
        ({}, "sources: none are given"),
        (PAIRS[0], "a dict of text is given, one row: put it in a list"),
        ([5], "source 1: something of type int"),
        (["a.jsonl", PAIRS[0]], "source 2: something of type dict is given: put one row in a list"),
        ([PAIRS[0], "a.jsonl"], "rows:2: a row is a dict, and this is something of type str"),
        ([[1]], "row 1 of source 1: something of type int"),
        ({"a": 5}, "a: rows belong to a name"),
        ({1: PAIRS}, "1 is no name of rows"),
        ({"/a": PAIRS}, "'/a' is no name of rows"),
        ([{**PAIRS[0], "x": object()}], "rows:1: holds what JSON has no form for"),
    ],
)
def test_what_is_no_source_is_refused_in_a_sentence(given: Any, told: str, tmp_path: Path) -> None:
    for call in (
        lambda: prefdata.build(given, out=tmp_path / "out"),
        lambda: prefdata.validate(given),
        lambda: prefdata.inspect(given),
    ):
        with pytest.raises(prefdata.UsageError) as refused:
            call()
        assert told in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_stream_may_show_the_type_of_a_column_late(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        for n in range(2400):
            known = n >= 2000
            yield {
                **PAIRS[0],
                "prompt": f"Q{n}",
                "note": "x" if known else None,
                "n": n + known / 2,
            }

    stream = datasets.IterableDataset.from_generator(rows)
    assert stream.features is None
    assert prefdata.validate(stream).records == 2400


def test_what_an_iterator_raises_is_raised(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, str]]:
        yield PAIRS[0]
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        prefdata.build(rows(), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_rows_of_an_iterator_are_never_all_in_memory(tmp_path: Path) -> None:
    def rows(count: int) -> Iterator[dict[str, str]]:
        for n in range(count):
            yield {"prompt": f"{n} " + "x" * 1000, "chosen": "y" * 500, "rejected": "z" * 500}

    peaks = []
    for count in (1_000, 20_000):
        [place] = given_places(rows(count))
        assert isinstance(place, InMemory)
        tracemalloc.start()
        path = place.written(tmp_path / str(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert path.stat().st_size > 2_000 * count
    assert peaks[1] < peaks[0] + 100_000


def test_a_config_may_be_a_path_and_workers_are_one_or_more(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("split: {test: 0.5}\n")
    for config in (file, str(file), {"split": {"test": 0.5}}):
        out = tmp_path / "out"
        manifest = prefdata.build(PAIRS, out=out, config=config, force=True)
        assert 5 <= manifest.counts.splits["test"] <= 15
    with pytest.raises(prefdata.ConfigError, match="config: int is given"):
        prefdata.build(PAIRS, out=tmp_path / "no", config=5)  # type: ignore[arg-type]
    with pytest.raises(prefdata.UsageError, match="workers: 0"):
        prefdata.validate(PAIRS, workers=0)
