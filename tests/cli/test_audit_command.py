"""What `prefdata audit` says on the screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prefdata.cli.main import exit_code_of

GOOD, BAD = ["kind", "clear", "careful", "honest"], ["rude", "vague", "sloppy", "false"]

Captured = pytest.CaptureFixture[str]
Write = Callable[[str, list[Any]], Path]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def wrote(name: str, found: list[Any]) -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in found))
        return path

    return wrote


def rows(count: int, turned: int = 0) -> list[dict[str, Any]]:
    """Pairs that a word tells apart; every `turned`-th is the wrong way round."""
    found = []
    for row in range(count):
        sides = [f"A {word[row % 4]} answer on {row * 7919 % 997}." for word in (GOOD, BAD)]
        chosen, rejected = reversed(sides) if turned and not row % turned else sides
        found.append({"prompt": f"Question {row}?", "chosen": chosen, "rejected": rejected})
    return found


def said(capsys: Captured, *arguments: str) -> str:
    assert exit_code_of([*arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def config(folder: Path, **audit: Any) -> str:
    """A quick audit whose self-test bars nothing."""
    self_test = {"copies": 3, "flips": 0.1, "at_least": 0.5}
    quick = {"folds": 4, "repeats": 1, "views": ["ngrams"], "self_test": self_test}
    path = folder / "audit.yaml"
    path.write_text(json.dumps({"near": {"action": "off"}, "audit": quick | audit}))
    return str(path)


def test_a_self_test_without_an_interval(write: Write, tmp_path: Path, capsys: Captured) -> None:
    raw = write("few.jsonl", rows(30))
    out = str(tmp_path / "out")
    shown = said(capsys, "audit", str(raw), "--out", out, "--view", "controls", "--repeats", "1")
    assert "no interval: 6 flips were planted, 20 are needed" in " ".join(shown.split())
    assert shown.count("The audit flags no row") == 1
    assert "30 read = 30 audited" in shown


def test_rows_that_no_model_saw_are_not_audited(
    write: Write, tmp_path: Path, capsys: Captured
) -> None:
    shown = said(capsys, "audit", str(write("few.jsonl", rows(2))), "--out", str(tmp_path / "out"))
    assert "2 read = 2 kept, none of them audited + 0 dropped" in shown


@pytest.mark.parametrize("action", ["drop", "flag"])
def test_what_models_said_before_is_not_certain(
    action: str, write: Write, tmp_path: Path, capsys: Captured
) -> None:
    raw, out = str(write("raw.jsonl", rows(120, turned=17))), str(tmp_path / "out")
    options = ["--config", config(tmp_path)]
    built = said(capsys, "build", raw, "--out", out, "--audit", "--suspected", action, *options)
    words = " ".join(built.split())
    assert "share of wrong labels unknown: nobody has read any rows; see report/index.html" in words
    assert ("drop needs answers of people" in words) is (action == "drop")
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["audit"]["likely_flipped"] is None
    assert manifest["audit"]["wrong"] is None
    assert manifest["counts"]["dropped"] == {}
    flagged = manifest["counts"]["flagged"]["model-disagrees"]
    shown = said(capsys, "audit", out, *options)
    certain, estimated = shown.split("Estimated (")
    assert "model-disagrees" not in certain
    assert f"model-disagrees flagged {flagged}" in " ".join(estimated.split())
    assert "these data alone cannot tell" in " ".join(shown.split())
    assert "P(flip)" not in shown
    report = json.loads((tmp_path / "out/report/report.json").read_text())
    assert "model-disagrees" not in {issue["code"] for issue in report["issues"]}


@pytest.mark.parametrize("option", [["--precision", "0.7"], ["--top", "3"]])
def test_options_that_do_nothing_without_an_audit_are_refused(
    option: list[str], write: Write, tmp_path: Path, capsys: Captured
) -> None:
    raw, out = str(write("raw.jsonl", rows(8))), str(tmp_path / "out")
    assert exit_code_of(["build", raw, "--out", out, *option]) == 2
    assert "--suspected, --precision and --top need --audit" in capsys.readouterr().err


def test_an_empty_sheet_is_refused(write: Write, tmp_path: Path, capsys: Captured) -> None:
    raw = str(write("raw.jsonl", rows(8)))
    assert exit_code_of(["audit", raw, "--out", str(tmp_path / "one"), "--view", "controls"]) == 0
    capsys.readouterr()
    sheet = str(tmp_path / "one/review.csv")
    options = ["--view", "controls", "--decisions", sheet]
    assert exit_code_of(["audit", raw, "--out", str(tmp_path / "two"), *options]) == 1
    shown = capsys.readouterr().err
    assert f"{sheet} holds no decision" in shown and "in all 8 rows" in shown
    assert not (tmp_path / "two").exists()


def test_a_sheet_of_other_data_is_told(write: Write, tmp_path: Path, capsys: Captured) -> None:
    raw, sheet = str(write("raw.jsonl", rows(8))), tmp_path / "hand.csv"
    sheet.write_text("source,source_row,decision\nother.jsonl,99999999999999999999,flip\n")
    options = ("--view", "controls", "--decisions", str(sheet))
    shown = said(capsys, "audit", raw, "--out", str(tmp_path / "out"), *options)
    assert "1 rows (none of them in these data)" in shown


def test_next_commands_can_be_pasted(write: Write, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "o[u]t here"
    shown = said(capsys, "build", str(write("raw.jsonl", rows(8))), "--out", str(out))
    assert f"prefdata verify '{out}'" in shown


def test_a_file_in_the_way(write: Write, capsys: Captured) -> None:
    raw = str(write("raw.jsonl", rows(3)))
    assert exit_code_of(["audit", raw, "--out", f"{raw}/audit"]) == 1
    assert "cannot make the folder" in capsys.readouterr().err


def test_the_working_directory_is_audited(
    write: Write, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    said(capsys, "build", str(write("raw.jsonl", rows(8))), "--out", str(out))
    monkeypatch.chdir(out)
    shown = said(capsys, "audit", ".", "--view", "controls")
    assert "report: index.html, review.csv, rows.parquet, report.json" in shown
