"""Many small sources are read together; what is said of each row stays the same."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.build import build
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.pipeline.validate import validate
from prefdata.pipeline.verify import verify
from prefdata.results.manifest import Manifest, data_files
from prefdata.steps.progress import silent
from prefdata.steps.read import together
from prefdata.steps.write.read_output import read_output

FILES = 70
SMALL = overridden(BuildConfig(), {"read.segment_bytes": 64 * 1024, "near.prefer": ["*7.jsonl"],
                                   "near.keep": "source"})  # fmt: skip


def pair(number: int, **more: object) -> str:
    sides = {"chosen": f"An oak, number {number}", "rejected": f"A lamp of iron {number * 7}"}
    return json.dumps({"prompt": f"What grows at place {number}?", **sides, **more}) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files with one or a few rows: copies across files, damage, a duplicate key, nothing, other
    containers, and one that is large."""
    place = tmp_path / "raw"
    place.mkdir()
    for n in range(FILES):
        (place / f"{n:03d}.jsonl").write_text(pair(n) + pair(1000 + n % 9))
    (place / "010.jsonl").write_text(pair(9) + "{broken\n\n" + pair(10))
    (place / "011.jsonl").write_text('{"prompt": "a", ' + pair(11)[1:] + '"text"\n')
    (place / "012.jsonl").write_text("")
    (place / "013.csv").write_text("prompt,chosen,rejected\nWho?,Ann of old,Nobody at all\n")
    (place / "014.json").write_text("[" + pair(3000) + "," + pair(3001) + "]")
    (place / "015.jsonl").write_text("".join(pair(5000 + n, pad="x" * 900) for n in range(400)))
    return place


def lines_of(out: Path) -> list[dict[str, object]]:
    ledger = pl.read_parquet(sorted((out / "ledger").glob("*.parquet")))
    return ledger.drop("file").to_dicts()


def counts_of(manifest: Manifest) -> list[tuple[object, ...]]:
    return [(s.name, s.read, s.quarantined, s.content) for s in manifest.sources]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_books_are_those_of_sources_read_one_by_one(
    workers: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = build([folder], out=tmp_path / "joined", config=SMALL, workers=workers)
    monkeypatch.setattr(together, "MANY", 10_000)
    apart = build([folder], out=tmp_path / "apart", config=SMALL, workers=workers)
    assert lines_of(tmp_path / "joined") == lines_of(tmp_path / "apart")
    assert (joined.counts, counts_of(joined)) == (apart.counts, counts_of(apart))
    assert (
        len({line["source"] for line in lines_of(tmp_path / "joined")}) == FILES + 1
    )  # one is empty
    assert not verify(tmp_path / "joined").problems
    faults = [tmp_path / out / "quarantine/quarantine-00000.jsonl" for out in ("joined", "apart")]
    assert faults[0].read_bytes() == faults[1].read_bytes()


def test_the_rows_name_their_sources(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build([folder], out=out, config=overridden(BuildConfig(), {"shards.to": "parquet"}))
    rows = pl.read_parquet(sorted((out / "data").glob("*.parquet")))
    for source, line, prompt in rows.select("source", "source_row", "prompt").iter_rows():
        if Path(source).suffix == ".jsonl":
            raw = json.loads((folder / source).read_text().splitlines()[line - 1])
            assert prompt[0]["content"] == raw["prompt"]
    dropped = pl.read_parquet(sorted((out / "dropped").glob("*.parquet")))
    assert dropped["source"].n_unique() > 10


def test_validate_says_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    joined = validate([folder])
    monkeypatch.setattr(together, "MANY", 10_000)
    assert joined == validate([folder])


def test_an_audit_and_a_training_table_name_the_sources(folder: Path, tmp_path: Path) -> None:
    config = overridden(BuildConfig(), {"audit.run": True, "audit.views": ["controls"]})
    build([folder], out=tmp_path / "out", config=config)
    rows = pl.read_parquet(tmp_path / "out/report/rows.parquet")
    ledger = pl.DataFrame(lines_of(tmp_path / "out"))
    named = rows.select("row", "source", "source_row").join(ledger, on="row", suffix="_read")
    assert named.filter(pl.col("source") != pl.col("source_read")).is_empty()
    assert len(named) == len(ledger)


def test_files_of_the_output_do_not_grow_with_the_number_of_sources(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    build([folder], out=out, config=SMALL)
    for file in (*out.glob("ledger/*.parquet"), *out.glob("dropped/*.parquet")):
        assert pq.ParquetFile(file).num_row_groups == 1
    manifest = read_manifest(out)
    assert len(manifest.sources) > FILES / 2
    reading = tmp_path / "reading"
    read = read_output(LocalEngine(1), out, manifest, reading, silent)
    assert len(read.shards) == len(data_files(manifest))
    named = {shard.name_of(row, read.names) for shard in read.shards for row in shard.rows}
    kept = pl.read_parquet(out / "ledger/*.parquet").filter(verdict="keep")
    assert named == set(kept["source"])
