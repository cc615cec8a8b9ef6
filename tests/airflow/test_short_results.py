"""What is handed on of a result, whatever its size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from prefdata.airflow.results import SHORT, picked, said
from prefdata.cli.main import cli

NAMES = st.text(min_size=1, max_size=3).filter(lambda name: "." not in name)
PLAIN = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=25,
)
SAMPLE = "sample_data/clean/trl_explicit_standard.jsonl"


def paths(value: Any, above: str = "") -> dict[str, Any]:
    """Every value in objects in objects, by its dotted name: the slow way."""
    found = {}
    for name, inner in value.items() if isinstance(value, dict) else ():
        found[f"{above}{name}"] = inner
        found |= paths(inner, f"{above}{name}.")
    return found


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.booleans())
def test_picked_is_what_the_object_holds(document: dict[str, Any], ascii_only: bool) -> None:
    lines = json.dumps(document, indent=2, ensure_ascii=ascii_only).split("\n")
    if not document:
        lines = ["{", "}"]
    every = paths(document)
    for name, value in every.items():
        assert picked([line + "\n" for line in lines], [name]) == {name: value}
    assert picked(lines, [*document, "no.such"]) == document


def test_names_within_arrays_are_not_taken_for_others() -> None:
    document = {"a": {"b": {"c": 1}}, "d": [{"b": {"c": 2}}], "e": 3}
    lines = json.dumps(document, indent=2).splitlines()
    assert picked(lines, ["d.b.c", "a.b.c", "d.b", "b", "c", "e"]) == {"a.b.c": 1, "e": 3}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": 1}', '{\n  "a": 1', "Traceback ...", '{\n  "a": [\n    1\n']
)
def test_what_is_no_such_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON object|Expecting"):
        picked(text.splitlines(), ["a"])


def ran(*arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a command prints with --json: all of it, and what is handed on."""
    result = CliRunner().invoke(cli, [*arguments, "--json"])
    keys, short = SHORT[arguments[0]]
    return json.loads(result.stdout), short(picked(result.stdout.splitlines(), keys))


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


def test_what_is_said_in_a_log() -> None:
    result = {"out": "a", "kept": 1200, "dropped": {}, "audit": {"accuracy": 0.5, "prior": None}}
    assert said(result) == "out a, kept 1,200, audit: accuracy 0.5"
