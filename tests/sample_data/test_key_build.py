"""A build says of every row of the sample data what the key says, and of no other row anything."""

import json
from pathlib import Path

import polars as pl
import pytest

from prefdata.config.model import ReadConfig
from prefdata.errors import DialectError
from prefdata.pipeline.build import build
from prefdata.pipeline.reading import find
from prefdata.verdicts.model import Manifest

ROOT = Path(__file__).parents[2] / "sample_data"
KEY = json.loads((ROOT / "key.json").read_text(encoding="utf-8"))

Built = tuple[str, Path, Manifest]
Place = tuple[str, int]
Said = tuple[str, str | None, tuple[str, ...]]
"""Verdict, its reason, and the flags beside it."""


@pytest.fixture(scope="module", params=["clean", "faults"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    out = tmp_path_factory.mktemp(request.param) / "out"
    manifest = build([ROOT / request.param], out=out, workers=1)
    return request.param, out, manifest


def short(source: str) -> str:
    return "/".join(Path(source).parts[-2:])


def expected(folder: str) -> dict[Place, Said]:
    said: dict[Place, Said] = {}
    for row in KEY["rows"]:
        place = row["file"], row["row"]
        if row["outcome"] in ("drop", "quarantine"):
            said[place] = row["outcome"], row["reason"], ()
        elif row["outcome"] == "flag":
            said[place] = "keep", None, (row["reason"],)
    return {place: what for place, what in said.items() if place[0].startswith(f"{folder}/")}


def test_the_ledger_says_what_the_key_says(built: Built) -> None:
    folder, out, _ = built
    ledger = pl.read_parquet(out / "ledger" / "*.parquet")
    said: dict[Place, Said] = {
        (short(source), source_row): (verdict, reason, tuple(flag["reason"] for flag in flags))
        for source, source_row, verdict, reason, flags in ledger.select(
            "source", "source_row", "verdict", "reason", "flags"
        ).iter_rows()
    }
    assert len(said) == len(ledger)
    remarkable = {place: what for place, what in said.items() if what != ("keep", None, ())}
    assert remarkable == expected(folder)


def test_the_counts_are_the_totals_of_the_key(built: Built) -> None:
    folder, _, manifest = built
    counts = manifest.counts.model_dump(include={"read", "kept", "quarantined", "dropped"})
    totals = dict(KEY["totals"][folder])
    assert {k: v for k, v in manifest.counts.flagged.items() if v} == totals.pop("flagged")
    assert counts == totals
    assert manifest.counts.balance() == 0


def test_every_file_is_read_in_its_dialect(built: Built) -> None:
    folder, _, manifest = built
    read = {short(s.name): {"dialect": s.dialect, "read": s.read} for s in manifest.sources}
    assert read == {k: v for k, v in KEY["files"].items() if k.startswith(f"{folder}/")}


@pytest.mark.parametrize("name", KEY["refused"])
def test_what_would_be_a_guess_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(DialectError) as refused:
        find([str(ROOT / name)], ReadConfig(), tmp_path)
    assert all(word in str(refused.value) for word in KEY["refused"][name]["says"])
