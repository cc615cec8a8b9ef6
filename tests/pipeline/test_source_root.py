"""Sources named below a root: no name in the output depends on what else is read, or where."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import prefdata
from prefdata.cli.main import cli
from prefdata.errors import UsageError

EVALUATION = "sample_data/eval"


def raw_in(root: Path) -> Path:
    for name in ("clean", "faults"):
        shutil.copytree(f"sample_data/{name}", root / "raw" / name)
    return root / "raw"


def sources_in(out: Path) -> set[str]:
    return set(pl.scan_parquet(out / "ledger/*.parquet").select("source").collect()["source"])


def test_names_are_those_below_the_root_whatever_else_is_read(tmp_path: Path) -> None:
    raw = raw_in(tmp_path)
    config = {"read": {"source_root": str(raw)}, "against": {"files": [EVALUATION]}}
    prefdata.build(str(raw / "clean"), out=tmp_path / "one", config=config)
    prefdata.build([str(raw / "clean"), str(raw / "faults")], out=tmp_path / "both", config=config)
    one, both = sources_in(tmp_path / "one"), sources_in(tmp_path / "both")
    assert one == {name for name in both if name.startswith("clean/")} != set()
    assert {name.partition("/")[0] for name in both} == {"clean", "faults"}
    for name in ("manifest.json", "README.md"):
        assert str(tmp_path) not in (tmp_path / "both" / name).read_text()


def test_on_another_machine_the_data_are_the_same(tmp_path: Path) -> None:
    files = []
    for name in ("here", "there"):
        raw = raw_in(tmp_path / name)
        out = tmp_path / name / "out"
        ran = CliRunner().invoke(
            cli, ["build", str(raw / "clean"), "--out", str(out), "--source-root", str(raw)]
        )
        assert ran.exit_code == 0, ran.output
        files.append(json.loads((out / "manifest.json").read_text()))
    assert files[0] == files[1]


def test_without_a_root_the_manifest_does_not_speak_of_it(tmp_path: Path) -> None:
    prefdata.build("sample_data/clean", out=tmp_path / "out")
    assert "source_root" not in (tmp_path / "out/manifest.json").read_text()


def test_a_source_outside_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    raw = raw_in(tmp_path)
    config = {"read": {"source_root": str(raw / "clean")}}
    with pytest.raises(UsageError, match=r"does not lie in .*/raw/clean"):
        prefdata.build(str(raw / "faults"), out=tmp_path / "out", config=config)
    assert not (tmp_path / "out").exists()


def test_an_output_is_audited_with_the_config_that_it_was_built_with(tmp_path: Path) -> None:
    raw = raw_in(tmp_path)
    config = {
        "read": {"source_root": str(raw)},
        "audit": {"views": ["ngrams"], "folds": 2, "repeats": 1},
    }
    prefdata.build(str(raw / "clean"), out=tmp_path / "out", config=config)
    assert prefdata.audit(tmp_path / "out", config=config).counts.read > 0
    validated = prefdata.validate(str(raw / "clean"), config=config)
    assert {source.name for source in validated.sources} == sources_in(tmp_path / "out")
