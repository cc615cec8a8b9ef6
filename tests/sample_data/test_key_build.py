"""A build says of every row of the sample data what the key says, and of no other row anything."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from prefdata.config.load import config_of
from prefdata.config.model import ReadConfig
from prefdata.errors import DialectError
from prefdata.pipeline.build import build
from prefdata.pipeline.run.reading import find
from prefdata.results.manifest import Manifest

ROOT = Path(__file__).parents[2] / "sample_data"
KEY = json.loads((ROOT / "key.json").read_text(encoding="utf-8"))

Built = tuple[str, Path, Manifest]
Place = tuple[str, int]
Said = tuple[str, str | None, frozenset[str]]
"""Verdict, its reason, and the flags beside it."""

SILENCE: Said = ("keep", None, frozenset())


@pytest.fixture(scope="module", params=["alike", "clean", "faults", "judged"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    out = tmp_path_factory.mktemp(request.param) / "out"
    against = {"files": [str(ROOT / "eval")]}
    stated = KEY["stated"].get(request.param, {})
    config = config_of({"against": against, "read": {"full_names": True, **stated}})
    manifest = build([ROOT / request.param], out=out, config=config, workers=1)
    return request.param, out, manifest


def short(source: str) -> str:
    return "/".join(Path(source).parts[-2:])


def planted(folder: str) -> dict[Place, dict[str, Any]]:
    rows = [row for row in KEY["rows"] if row["file"].startswith(f"{folder}/")]
    return {(row["file"], row["row"]): row for row in rows if row["outcome"] != "keep"}


def expected(row: dict[str, Any]) -> Said:
    also = frozenset(row.get("also", ()))
    if row["outcome"] == "flag":
        return "keep", None, also | {row["reason"]}
    return row["outcome"], row["reason"], also


def lines_of(out: Path) -> dict[Place, dict[str, Any]]:
    ledger = pl.read_parquet(out / "ledger" / "*.parquet")
    lines = {(short(x["source"]), x["source_row"]): x for x in ledger.iter_rows(named=True)}
    assert len(lines) == len(ledger)
    return lines


def said_of(line: dict[str, Any]) -> Said:
    return line["verdict"], line["reason"], frozenset(flag["reason"] for flag in line["flags"])


def test_the_ledger_says_what_the_key_says(built: Built) -> None:
    folder, out, _ = built
    said = {place: said_of(line) for place, line in lines_of(out).items()}
    remarkable = {place: what for place, what in said.items() if what != SILENCE}
    assert remarkable == {place: expected(row) for place, row in planted(folder).items()}


def test_verdicts_name_the_row_that_they_are_about(built: Built) -> None:
    folder, out, _ = built
    lines = lines_of(out)
    places = {line["row"]: f"{name}:{number}" for (name, number), line in lines.items()}
    for place, row in planted(folder).items():
        line = lines[place]
        [said] = [x for x in (line, *line["flags"]) if x["reason"] == row["reason"]]
        assert places.get(said["other"]) == row.get("other"), place
        if "evaluation" in row:
            assert f"{row['evaluation']}, " in said["evidence"]


def test_groups_stay_together_where_the_key_says(built: Built) -> None:
    folder, out, _ = built
    lines = {f"{name}:{number}": line for (name, number), line in lines_of(out).items()}
    for group in KEY["groups"]:
        if group["rows"][0].startswith(f"{folder}/"):
            stands = {(lines[place]["group"], lines[place]["split"]) for place in group["rows"]}
            assert {split for _, split in stands} == {group["split"]}
            assert len(stands) == 1


def test_the_remarks_are_those_of_the_key(built: Built) -> None:
    folder, _, manifest = built
    planted = {x["reason"] for x in KEY["remarks"] if x["folder"] == folder}
    assert set(manifest.remarks) == planted


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


@pytest.mark.usefixtures("in_shell")
@pytest.mark.parametrize("name", KEY["refused"])
def test_what_would_be_a_guess_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(DialectError) as refused:
        find([str(ROOT / name)], ReadConfig(), tmp_path)
    assert all(word in str(refused.value) for word in KEY["refused"][name]["says"])
