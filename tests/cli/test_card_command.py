from __future__ import annotations

import json
from pathlib import Path

import pytest

from prefdata.cli.main import exit_code_of
from prefdata.io.files.lock import lock_folder

ROWS = [{"prompt": f"{n}?", "chosen": f"Yes {n}.", "rejected": f"No {n}."} for n in range(3)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    source = tmp_path / "a.jsonl"
    source.write_text("\n".join(map(json.dumps, ROWS)))
    assert exit_code_of(["build", str(source), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    return tmp_path / "out"


def test_it_says_what_it_did(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["card", str(out)]) == 0
    assert exit_code_of(["card", str(out), "--license", "mit", "--tag", "x", "--tag", "y"]) == 0
    (out / "README.md").write_text((out / "README.md").read_text() + "\nOurs.\n")
    assert exit_code_of(["card", str(out)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{out}/README.md: unchanged, no licence (--license names one).",
        f"{out}/README.md: written, licence mit.",
        f"{out}/README.md: unchanged, licence mit; what people wrote stays.",
    ]
    card = (out / "README.md").read_text()
    assert "license: mit" in card and "- x\n- y\n" in card and card.endswith("\nOurs.\n")
    assert exit_code_of(["verify", str(out)]) == 0


def test_text_that_was_changed_in_a_block(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = (out / "README.md").read_text()
    (out / "README.md").write_text(card.replace("# Preference pairs", "# Mine"))
    assert exit_code_of(["verify", str(out)]) == 1
    assert exit_code_of(["card", str(out)]) == 0
    assert "was generated anew" in capsys.readouterr().err
    assert (out / "README.md").read_text() == card


def test_it_prints_and_writes_nothing(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = (out / "README.md").read_text()
    assert exit_code_of(["card", str(out), "--print"]) == 0
    assert capsys.readouterr().out == card
    assert exit_code_of(["card", str(out), "--print", "--license", "mit", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["is_changed"] and told["license"] == "mit" and "license: mit" in told["text"]
    assert (out / "README.md").read_text() == card


@pytest.mark.parametrize("option", ["--json", "--quiet"])
def test_it_speaks_as_asked(out: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["card", str(out), option]) == 0
    said = capsys.readouterr().out
    assert (said == "") == (option == "--quiet")
    if option == "--json":
        assert json.loads(said) == {
            "path": f"{out}/README.md", "is_changed": False, "license": None,
            "has_hand_written": False, "replaced_edits": False,
        }  # fmt: skip


def test_what_cannot_be_done_is_told(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["card", str(out), "--license", "Apache License"]) == 2
    assert "apache-2.0" in capsys.readouterr().err
    (tmp_path / "other").mkdir()
    assert exit_code_of(["card", str(tmp_path / "other")]) == 1
    assert "not a finished output" in capsys.readouterr().err
    with lock_folder(tmp_path / "out"):
        assert exit_code_of(["card", str(out)]) != 0
