"""With --json stdout is the result and nothing else, and stderr tells how far a run is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prefdata.cli.main import exit_code_of
from prefdata.cli.show import progress as show_progress

ROWS = [
    {
        "prompt": f"What follows {n}?",
        "chosen": f"It is {n + 1}, of course.",
        "rejected": f"Nobody knows what follows {n}." + " Really." * (n % 3),
    }
    for n in range(30)
]
HEAD = ["--model", "frozen", "--encoder", "ngrams"]
COMMANDS = {
    "validate": ["validate", "a.jsonl"],
    "inspect": ["inspect", "a.jsonl"],
    "convert": ["convert", "a.jsonl", "--out", "b.csv", "--to", "csv"],
    "build": ["build", "a.jsonl", "--out", "out"],
    "dedupe": ["dedupe", "a.jsonl", "--out", "out"],
    "embed-filter": ["embed-filter", "a.jsonl", "--out", "out", "--encoder", "ngrams"],
    "preview": ["embed-filter", "a.jsonl", "--preview", "--encoder", "ngrams"],
    "audit": ["audit", "a.jsonl", "--out", "out", "--encoder", "ngrams"],
    "train": ["train", "a.jsonl", "--out", "out", *HEAD],
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(show_progress, "LINE_EVERY", 0.0)  # no run here takes half a minute
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))


@pytest.mark.parametrize("command", COMMANDS)
def test_json_is_pure_and_progress_goes_on(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of([*COMMANDS[command], "--json"]) == 0
    said = capsys.readouterr()
    assert isinstance(json.loads(said.out), dict)
    assert " of " in said.err


def test_quiet_silences_progress_and_what_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--update"]):
        assert exit_code_of([*COMMANDS["build"], "--json", "--quiet", *options]) == 0
        said = capsys.readouterr()
        assert json.loads(said.out)["counts"]["kept"] == 30
        assert said.err == ""


def test_update_says_what_it_comes_to(capsys: pytest.CaptureFixture[str]) -> None:
    command = [*COMMANDS["build"], "--update", "--json"]
    assert exit_code_of(command) == 0
    capsys.readouterr()
    assert exit_code_of(command) == 0
    assert capsys.readouterr().err.startswith("unchanged: out ")
    assert exit_code_of([*command, "--near", "0.9"]) == 0
    assert "changed: config near.threshold" in capsys.readouterr().err
    with Path("a.jsonl").open("a") as file:
        file.write(json.dumps({**ROWS[0], "prompt": "And \x1b[31mnow?"}) + "\n")
    assert exit_code_of([*command, "--near", "0.9"]) == 0
    assert "changed: a.jsonl" in capsys.readouterr().err


def test_force_and_update_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of([*COMMANDS["dedupe"], "--force", "--update"]) == 2
    assert "one of the two" in capsys.readouterr().err
    assert not Path("out").exists()
