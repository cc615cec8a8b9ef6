"""What the commands say of a file of votes: how many rows, and how many pairs they make."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from prefdata.cli.main import exit_code_of

Said = Callable[..., str]


def vote(number: int, winner: str, judge: str, mark: str = "") -> dict[str, str]:
    topic = ["gardens", "rivers", "engines", "poems", "taxes", "bridges"][number % 6]
    return {
        "prompt": f"Question {number} about {topic}: what should I read first, and why?",
        "answer_a": f"Begin with the {topic} handbook, chapter {number}; it is clear{mark}",
        "answer_b": f"Nobody ever read anything about {topic} and was glad of it afterwards{mark}",
        "winner": winner,
        "annotator": judge,
    }


VOTES = [
    *(vote(number, "A", judge) for number in range(20) for judge in ("ann", "bob")),
    vote(20, "A", "ann"), vote(20, "B", "ann"),
    vote(21, "A", "ann"), vote(21, "B", "bob"),
    vote(22, "A", "ann"), vote(22, "B", "ann"), vote(22, "tie", "bob"),
    vote(0, "A", "ann", " !"),
]  # fmt: skip
"""20 pairs of two votes each, seven votes that balance out, and a near copy of the first pair."""


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    path = tmp_path / "votes.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in VOTES))
    return path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def output(*arguments: str | Path, code: int = 0) -> str:
        assert exit_code_of([str(each) for each in arguments]) == code
        return " ".join(capsys.readouterr().out.split())

    return output


def test_each_command_says_rows_and_pairs(said: Said, votes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "48 rows, 21 pairs made of 41 of them; 7 errors" in said("validate", votes, code=1)
    assert "48: 21 pairs of 41 rows (21 with a margin), 7 without a pair" in said("inspect", votes)
    built = said("build", votes, "--out", out)
    assert "read 48 from 1 source" in built
    assert "pairs made 21 of 41 rows (several to a pair)" in built
    assert "48 rows read = 41 in pairs + 7 without a pair + 0 quarantined" in said("verify", out)


def test_votes_that_balance_out_are_told_from_judges(
    said: Said, votes: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said("build", votes, "--out", out)
    told = said("explain", out, "--reason", "tie", "--limit", "9")
    assert "the 2 votes of one judge balance out" in told
    assert "the votes of 2 judges balance out" in told
    assert "the 3 votes of 2 judges balance out" in told


def test_dropped_pairs_are_explained_beside_rows_without_one(
    said: Said, votes: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said("build", votes, "--out", out)
    assert {path.suffix for path in (out / "dropped").iterdir()} == {".jsonl", ".parquet"}
    told = said("explain", out, "--reason", "near-duplicate")
    assert "votes.jsonl:48 drop: near-duplicate" in told
    assert "against row 0" in told


@pytest.fixture
def beside_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`beside_pairs(name, row)`: writes raw/NAME beside a file of pairs, in the current folder."""
    monkeypatch.chdir(tmp_path)
    raw = tmp_path / "raw"
    raw.mkdir()

    def write(name: str, row: dict[str, str]) -> None:
        (raw / name).write_text(json.dumps(row) + "\n")
        (raw / "pairs.jsonl").write_text('{"prompt": "a", "chosen": "b", "rejected": "c"}\n')

    return write


def test_what_labels_of_one_file_of_several_mean_is_said_in_a_config(
    beside_pairs: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"prompt": "Why?", "answer_a": "So it is.", "answer_b": "I know not.", "label": "p"}
    beside_pairs("asked.jsonl", row)
    assert exit_code_of(["build", "raw", "--out", "out"]) == 1
    told = capsys.readouterr().err
    shown = "".join(line + "\n" for line in told.splitlines()[-3:])
    assert shown.startswith("  read:\n")
    config = tmp_path / "config.yaml"
    config.write_text(dedent(shown).replace("MEANING", "p=first"))
    assert exit_code_of(["build", "raw", "--out", "out", "--config", str(config)]) == 0
    assert exit_code_of(["build", "raw/asked.jsonl", "--out", "one"]) == 1
    assert "speaks of every file" not in capsys.readouterr().err


def test_which_field_of_one_file_of_several_is_what_is_said_in_a_config(
    beside_pairs: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"ask": "Why is it so, and how?", "good one": "So it is, by law.", "other": "I know not."}
    beside_pairs("odd.jsonl", row)
    fields = ["--map", "prompt=ask,chosen=good one,rejected=other"]
    assert exit_code_of(["build", "raw", "--out", "out", *fields]) == 1
    told = capsys.readouterr().err
    assert told.splitlines()[-4:] == [
        "--map speaks of every file that is read. A config speaks of one (--config):",
        "  read:",
        "    maps:",
        '      "FILE": {PART: FIELD}',
    ]
    config = tmp_path / "config.yaml"
    shown = dedent("".join(line + "\n" for line in told.splitlines()[-3:]))
    parts = "{prompt: ask, chosen: good one, rejected: other}"
    config.write_text(shown.replace("FILE", "raw/odd.jsonl", 1).replace("{PART: FIELD}", parts))
    assert exit_code_of(["build", "raw", "--out", "out", "--config", str(config)]) == 0
