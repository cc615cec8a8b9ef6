from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prefdata.cli.main import exit_code_of

ROOT = Path(__file__).parents[2]
MEANING = str(ROOT / "sample_data" / "meaning")
NGRAMS = (MEANING, "--encoder", "ngrams")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def out(tmp_path: Path) -> str:
    return str(tmp_path / "out")


Captured = pytest.CaptureFixture[str]


def ended(*arguments: str) -> int:
    return exit_code_of(["embed-filter", *arguments])


def shown(capsys: Captured, *arguments: str) -> dict[str, Any]:
    """The JSON of a run that is good and says nothing else."""
    assert ended(*arguments, "--json") == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def test_rows_go_and_every_command_knows_why(out: str, capsys: Captured) -> None:
    assert ended(*NGRAMS, "--out", out, "--contrast", "0.8", "--similar", "0.4") == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    table = [line.split() for line in captured.out.splitlines()]
    assert ["dropped", "2", "no-contrast"] in table
    assert ["dropped", "2", "semantic-duplicate"] in table
    assert exit_code_of(["verify", out]) == 0
    assert "27 read = 23 kept + 4 dropped" in capsys.readouterr().out
    assert exit_code_of(["explain", out, "--reason", "semantic-duplicate"]) == 0
    assert "row 10" in (said := capsys.readouterr().out)
    assert "to row 9 (prompt" in said
    assert exit_code_of(["explain", out, "--cluster", "9"]) == 0
    assert "cluster of 2 rows: 1 semantic-duplicate" in capsys.readouterr().out


def test_the_manifest_as_json_and_nothing_when_quiet(out: str, capsys: Captured) -> None:
    manifest = shown(capsys, *NGRAMS, "--out", out, "--only", "contrast", "--flag")
    assert manifest["counts"]["flagged"] == {"no-contrast": 1}
    assert manifest["counts"]["kept"] == 27
    assert manifest["encoder"]["name"] == "ngrams"
    assert ended(*NGRAMS, "--out", out, "--force", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_a_preview_drops_nothing_and_says_what_would_go(out: str, capsys: Captured) -> None:
    arguments = [*NGRAMS, "--preview", "--only", "contrast", "--rows", "4"]
    assert ended(*arguments, "--out", out) == 0
    said = capsys.readouterr().out
    assert not Path(out).exists()
    assert "27 rows judged; at 0.9000 and above 1 would go (3.7%)" in said
    assert [word for line in said.splitlines() for word in line.split()[:1]].count("goes") == 1
    assert "passed by: their wording" in said
    found = shown(capsys, *arguments, "--flag")["filters"][0]
    assert (found["taken"], found["action"]) == (1, "flag")
    assert ended(*arguments, "--flag") == 0
    assert "1 would be flagged (3.7%)" in capsys.readouterr().out
    assert ended(*arguments, "--contrast", "1%") == 0
    said = capsys.readouterr().out
    assert "none would go: the share asked for is less than one row" in said


def test_examples_and_evaluation_sets(out: str, capsys: Captured, tmp_path: Path) -> None:
    evaluation = str(ROOT / "sample_data" / "eval")
    spam = str(ROOT / "sample_data" / "examples" / "spam.jsonl")
    files = ["--against", evaluation, "--overlap", "0.6", "--drop-like", spam]
    counts = shown(capsys, *NGRAMS, "--out", out, *files, "--drop-like-at", "0.3", "--only", "like")
    assert counts["counts"]["dropped"] == {"like-examples": 2, "semantic-overlap": 2}
    assert [Path(entry["name"]).name for entry in counts["examples"]] == ["spam.jsonl"]
    assert [Path(entry["name"]).name for entry in counts["evaluation"]] == ["questions.jsonl"]


def test_a_config_file_does_the_same_in_build(out: str, capsys: Captured, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "encoder: {name: ngrams}\n"
        "semantic:\n  contrast: {action: drop, threshold: 0.8}\n  similar: {action: off}\n",
        encoding="utf-8",
    )
    assert exit_code_of(["build", MEANING, "--config", str(config), "--out", out, "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert counts["dropped"] == {"no-contrast": 2}
    assert counts["splits"].keys() == {"train", "test"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([MEANING], 2, "'--out'"),
        (["--preview"], 2, "SOURCES"),
        ([*NGRAMS, "--preview", "--contrast", "2"], 2, "2.0: a similarity lies between -1 and 1"),
        ([*NGRAMS, "--preview", "--contrast", "2x"], 2, "or a share|write a similarity"),
        ([*NGRAMS, "--preview", "--rows", "0"], 2, "--rows"),
        ([*NGRAMS, "--preview", "--only", "sense"], 2, "'contrast', 'topic'"),
        ([*NGRAMS, "--preview", "--only", "against"], 2, "--against"),
        ([*NGRAMS, "--preview", "--keep", "source"], 2, "needs prefer"),
        ([*NGRAMS, "--preview", "--device", "cuda"], 2, "ngrams has no device"),
        ([MEANING, "--preview", "--encoder", ""], 2, "encoder.name"),
        ([MEANING, "--preview", "--encoder", "./no-model"], 2, "no-model"),
        (["nowhere.jsonl", "--preview"], 1, "nowhere.jsonl does not exist"),
        ([*NGRAMS, "--preview", "--against", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        ([*NGRAMS, "--preview", "--drop-like", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        ([*NGRAMS, "--preview", "--cache", __file__], 1, "encoder.cache"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], code: int, said: str, capsys: Captured
) -> None:
    assert ended(*arguments) == code
    captured = capsys.readouterr()
    assert any(part in captured.err for part in said.split("|"))
    assert captured.out == ""
    assert "received {" not in captured.err  # a whole section helps nobody


def test_a_config_that_lacks_its_files_is_said_in_one_line(
    out: str, capsys: Captured, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("semantic: {against: {action: drop}}", encoding="utf-8")
    assert exit_code_of(["build", MEANING, "--config", str(config), "--out", out]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:] == [
        "  config: semantic.against is on, but against.files names no evaluation set"
    ]


def test_a_model_that_is_not_here_is_said_at_once_without_a_network(out: str) -> None:
    arguments = ["embed-filter", MEANING, "--out", out, "--encoder", "nobody/no-such-model"]
    done = subprocess.run(
        [sys.executable, "-m", "prefdata.cli.main", *arguments],
        capture_output=True, text=True, env=os.environ | {"HF_HUB_OFFLINE": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("Error: the model 'nobody/no-such-model' is not")
    assert done.stderr.count("\n") == 1
    assert "ngrams" in done.stderr  # what needs no download
    assert not Path(out).exists()


HOSTILE = (
    "\x1b[31mred\x1b[0m [bold red]markup[/] [/nothing] \x00\x07 \u202eabc \\[ :smile: é" + "x" * 400
)


def test_hostile_texts_are_shown_harmlessly(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f"so {HOSTILE}"
    pairs = [
        {"prompt": f"{n} {HOSTILE}", "chosen": f"{said} {n}", "rejected": f"{said} {n}!"}
        for n in range(3)
    ]
    source, given = tmp_path / "[bold]a.jsonl", tmp_path / "given.jsonl"
    source.write_text("".join(f"{json.dumps(pair)}\n" for pair in pairs), encoding="utf-8")
    given.write_text(json.dumps({"text": HOSTILE}), encoding="utf-8")
    told = ["--preview", "--encoder", "ngrams", "--drop-like", str(given), "--contrast", "0.5"]
    assert ended(str(source), *told) == 0
    said = capsys.readouterr().out
    assert not {"\x1b", "\x00", "\x07", "\u202e"} & {*said}
    for part in (r"\x1b[31mred\x1b[0m", "[bold red]markup[/]", r"\u202eabc", ":smile:", "[bold]a"):
        assert part in said
    assert max(len(line) for line in said.splitlines()) < 400
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ended(str(source), *told) == 0
    coloured = capsys.readouterr().out
    assert "\x1b[" in coloured  # our own
    assert "\x1b[31mred" not in coloured
