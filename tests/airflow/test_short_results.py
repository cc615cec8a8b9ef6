"""What is handed on of a result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from prefdata.airflow.results import SHORT, said
from prefdata.cli.main import cli
from tests.asking.fault_server import FaultServer

SAMPLE = "sample_data/clean/trl_explicit_standard.jsonl"


def ran(*arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a command prints with --json: all of it, and what is handed on."""
    whole = json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).stdout)
    return whole, SHORT[arguments[0]](whole)


def test_of_a_build_counts_are_handed_on(tmp_path: Path) -> None:
    whole, short = ran("build", "sample_data/faults", "--out", str(tmp_path / "out"))
    counts = whole["counts"]
    assert short == {
        "fingerprint": whole["fingerprint"],
        **{name: counts[name] for name in ("read", "kept", "quarantined", "dropped")},
        "flagged": counts["flagged"],
        "splits": counts["splits"],
    }
    assert short["read"] == short["kept"] + short["quarantined"] + sum(short["dropped"].values())


def test_of_a_validation_counts_by_rule_are_handed_on() -> None:
    whole, short = ran("validate", "sample_data/faults/pairs.csv")
    errors = {one["code"]: one["rows"] for one in whole["findings"] if one["level"] == "error"}
    assert errors
    assert short["by_rule"] == errors
    assert short["errors"] == sum(errors.values())
    assert len(json.dumps(short)) < 1000


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("audit", {"pairs", "accuracy", "is_judged", "labels"}),
        ("train", {"kind", "trained", "held_out", "accuracy"}),
    ],
)
def test_of_models_numbers_are_handed_on(command: str, names: set[str], tmp_path: Path) -> None:
    few = ["--encoder", "ngrams", "--folds", "2"]
    few += ["--view", "ngrams", "--repeats", "1"] if command == "audit" else ["--members", "1"]
    whole, short = ran(command, SAMPLE, "--out", str(tmp_path / "out"), *few)
    assert short["fingerprint"] == whole["fingerprint"]
    assert names <= short.keys()
    assert len(json.dumps(short)) < 2000


def test_of_a_gate_what_fails_is_handed_on(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    ran("build", SAMPLE, "--out", out)
    _, short = ran("gate", out)
    assert (short["passes"], short["criteria"]["audit"]) == (False, False)
    assert any(says.startswith("audit: ") for says in short["failing"])


def test_of_what_was_asked_the_books_are_handed_on(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("Why is the sky blue?\n为什么？\n", "utf-8")
    with FaultServer() as server:
        where = ["--model", "m", "--base-url", server.url]
        out = tmp_path / "collected"
        whole, short = ran("collect", str(tmp_path / "prompts.txt"), "--out", str(out), *where)
        assert (short["asked"], short["wanted"], short["kept"], short["different"]) == (2, 8, 8, 8)
        assert short["fingerprint"] == whole["fingerprint"]
        whole, short = ran("judge", str(out), "--out", str(tmp_path / "judged"), *where)
        assert short["wanted"] == short["answered"] + sum(short["failed"].values())
        assert short["says"] == whole["report"]["says"] != []
        assert len(json.dumps(short)) < 2000


def test_what_is_said_in_a_log() -> None:
    result = {"out": "a", "kept": 1200, "dropped": {}, "audit": {"accuracy": 0.5, "prior": None}}
    assert said(result) == "out a, kept 1,200, audit: accuracy 0.5"
