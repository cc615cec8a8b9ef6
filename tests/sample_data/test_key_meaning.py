"""The semantic filters say of every row of sample_data/meaning what the key says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from prefdata.config.load import config_of
from prefdata.pipeline.embed_filter import embed_filter
from prefdata.results.manifest import Counts, Manifest

ROOT = Path(__file__).parents[2]
KEY: dict[str, Any] = json.loads((ROOT / "sample_data/key.json").read_text("utf-8"))["meaning"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Manifest]]:
    folder = tmp_path_factory.mktemp("meaning")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("PREFDATA_CACHE", str(folder / "cache"))
        config = config_of(KEY["config"])
        manifest = embed_filter(
            ["sample_data/meaning"], out=folder / "out", config=config, workers=1
        )
        yield folder / "out", manifest


def test_counts_are_those_of_the_key(built: tuple[Path, Manifest]) -> None:
    totals = Counts(**KEY["totals"], splits={"train": KEY["totals"]["kept"]})
    assert built[1].counts == totals


def test_every_row_gets_the_verdict_of_the_key(built: tuple[Path, Manifest]) -> None:
    lines = pl.read_parquet(built[0] / "ledger" / "*.parquet").iter_rows(named=True)
    places = {
        line["row"]: f"{line['source'].removeprefix('sample_data/')}:{line['source_row']}"
        for line in pl.read_parquet(built[0] / "ledger" / "*.parquet").iter_rows(named=True)
    }
    said = {
        places[line["row"]]: (line["verdict"], line["reason"], places.get(line["other"]))
        for line in lines
    }
    expected = {
        f"{row['file']}:{row['row']}": (row["outcome"], row.get("reason"), row.get("other"))
        for row in KEY["rows"]
    }
    assert {place: said[place] for place in expected} == expected
    assert {said[place] for place in said.keys() - expected.keys()} == {("keep", None, None)}
