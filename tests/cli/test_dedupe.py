from __future__ import annotations

import json
from pathlib import Path

import pytest

import prefdata
from prefdata.cli.main import exit_code_of

TEXT = "one two three four five six seven eight nine ten eleven twelve"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    row = {"prompt": TEXT, "chosen": f"yes {TEXT}", "rejected": f"no {TEXT}"}
    rows = [
        row,
        row | {"chosen": f"Yes, {TEXT.removesuffix('twelve')}twelvve!"},  # a slip of the pen
        row | {"prompt": "something else", "chosen": "entirely", "rejected": "different"},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def ended(*arguments: str) -> int:
    return exit_code_of(list(arguments))


@pytest.mark.parametrize(
    ("options", "dropped"),
    [
        ([], {"near-duplicate": 1}),
        (["--near", "1"], {}),
        (["--near", "1", "--on", "prompt"], {"near-duplicate": 1}),
        (["--keep", "longest"], {"near-duplicate": 1}),
    ],
)
def test_what_is_alike_goes(
    pairs: Path, options: list[str], dropped: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    out = pairs.parent / "out"
    assert ended("dedupe", str(pairs), "--out", str(out), "--json", *options) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert manifest["counts"]["dropped"] == dropped
    assert list(manifest["counts"]["splits"]) == ["train"]


def test_evaluation_sets_are_read_first_and_named_in_the_manifest(
    pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = pairs.parent / "eval.txt"
    evaluation.write_text(f"{TEXT.upper()}!\n", encoding="utf-8")
    command = ["dedupe", str(pairs), "--out", str(pairs.parent / "out"), "--json"]
    assert ended(*command, "--against", str(evaluation)) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert manifest["counts"]["dropped"] == {"contaminated": 2}
    assert [Path(e["name"]).name for e in manifest["evaluation"]] == ["eval.txt"]
    assert ended(*command, "--force", "--against", str(pairs.parent / "nowhere.jsonl")) == 1
    assert "nowhere.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--near", "1.2"], "not in the range"),
        (["--near", "0.1"], "not in the range"),
        (["--on", "rows"], "'rows' is not one of"),
        (["--keep", "source"], "prefer"),
    ],
)
def test_what_cannot_be_meant_is_said(
    pairs: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("dedupe", str(pairs), "--out", str(pairs.parent / "out"), *options) in (1, 2)
    assert said in capsys.readouterr().err


def test_the_same_from_python(pairs: Path) -> None:
    manifest = prefdata.dedupe([pairs], out=pairs.parent / "out")
    assert manifest.counts.dropped == {"near-duplicate": 1}
    assert manifest.config["split"]["test"] == 0
