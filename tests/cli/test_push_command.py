"""What `prefdata push` says to people; that it publishes is tested with the targets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prefdata.cli.main import exit_code_of

ROWS = [{"prompt": f"{n}?", "chosen": f"Yes {n}.", "rejected": f"No {n}."} for n in range(3)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    source = tmp_path / "a.jsonl"
    source.write_text("\n".join(map(json.dumps, ROWS)))
    assert exit_code_of(["build", str(source), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    return tmp_path / "out"


@pytest.fixture
def there(tmp_path: Path) -> str:
    return str(tmp_path / "there")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--license", "Apache 2.0"], "no name of a licence"),
        (["--license", ""], "no name of a licence"),
        (["--patience", "nan"], "options: patience"),
        (["--branch", ""], "options: branch"),
    ],
)
def test_options_that_cannot_be(
    options: list[str], said: str, out: Path, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["push", str(out), there, *options, "--dry-run"]) == 2
    found = capsys.readouterr()
    assert said in found.err and found.out == "" and not Path(there).exists()


@pytest.mark.parametrize("option", ["--branch", "--tag", "--revision"])
def test_references_that_cannot_be_are_refused_before_anybody_is_asked(
    option: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["push", str(out), "acme/pairs", option, "v 1"]) == 2
    assert "'v 1' is no name of a branch or tag" in capsys.readouterr().err


def test_a_dry_run_says_that_nothing_is_there_yet(
    out: Path, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for expected in (True, False):
        capsys.readouterr()
        assert exit_code_of(["push", str(out), there, "--dry-run", "--json"]) == 0
        remarks = json.loads(capsys.readouterr().out)["remarks"]
        assert any("there is nothing at" in remark for remark in remarks) is expected
        assert exit_code_of(["push", str(out), there, "--quiet"]) == 0
        assert capsys.readouterr() == ("", "")


def test_text_within_blocks_of_the_published_card_is_told_to_go(
    out: Path, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["push", str(out), there, "--quiet"]) == 0
    card = Path(there, "README.md")
    text = card.read_text()
    card.write_text(text.replace("## Splits", "## Our splits") + "\nOurs.\n")
    for expected in (True, False):
        assert exit_code_of(["push", str(out), there, "--json"]) == 0
        remarks = json.loads(capsys.readouterr().out)["remarks"]
        assert any("within the generated blocks" in remark for remark in remarks) is expected
        assert card.read_text() == text + "\nOurs.\n"


def test_a_push_that_is_refused_leaves_nothing_beside(
    out: Path, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (out / "README.md").write_text("Ours.\n")
    assert exit_code_of(["push", str(out), there]) == 1
    assert "prefdata card" in capsys.readouterr().err
    assert not out.with_name(".out.prefdata-push").exists() and not Path(there).exists()


def test_how_many(out: Path, there: str, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*options: str) -> str:
        assert exit_code_of(["push", str(out), there, *options]) == 0
        return " ".join(capsys.readouterr().out.split())  # lines end where the screen does

    assert "4 files sent" in said()
    assert "nothing to do, all 4 files are" in said()
    Path(there, "README.md").write_text("Ours.\n")
    assert "1 file to send" in said("--dry-run")
