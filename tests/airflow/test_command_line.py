"""Command lines that operators make are taken by the command as they were meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.airflow.assets import asset_uri
from prefdata.airflow.command import (
    CANNOT_START,
    Value,
    command_line,
    environment,
    may_pass,
    meaning,
    several,
    switch,
)
from prefdata.cli.main import AGAIN, FAILED, GOOD, INTERRUPTED, USAGE

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@click.command()
@click.argument("places", nargs=-1)
@click.option("--out")
@click.option("--max-length", type=int)
@click.option("--near", type=float)
@click.option("--rule", multiple=True)
@click.option("--force", is_flag=True)
@click.option("--json", is_flag=True)
def parsed(**given: Any) -> dict[str, Any]:
    return given


def read(line: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = parsed.main(args=line, standalone_mode=False)
    return result


@given(
    out=TEXTS,
    places=st.lists(TEXTS, max_size=4),
    rules=st.lists(TEXTS, max_size=3),
    length=st.none() | st.integers(-5, 5),
    near=st.none() | st.floats(-1, 1),
    force=st.booleans(),
)
def test_click_reads_what_was_meant(
    out: str,
    places: list[str],
    rules: list[str],
    length: int | None,
    near: float | None,
    force: bool,
) -> None:
    options: dict[str, Value] = {
        "out": out, "rule": rules, "max_length": length, "near": near, "force": force,
    }  # fmt: skip
    line = command_line("python3", "build", options, ["--json"], places)
    assert line[:5] == ["python3", "-P", "-m", "prefdata", "build"]
    assert read(line[5:]) == {
        "out": out,
        "places": tuple(places),
        "rule": tuple(rules),
        "max_length": length,
        "near": near,
        "force": force,
        "json": True,
    }


@pytest.mark.parametrize("empty", [None, "", [], (), False])
def test_what_is_not_given_is_left_out(empty: Value) -> None:
    assert command_line("p", "build", {"out": empty})[5:] == ["--"]


def test_arguments_win_and_paths_are_texts() -> None:
    line = command_line("p", "b", {"out": Path("a")}, ["--out", "b"], [Path("c")])
    assert read(line[5:])["out"] == "b"
    assert read(line[5:])["places"] == ("c",)


@pytest.mark.parametrize("said", [True, "True", "true", " yes ", "1"])
def test_a_switch_is_on(said: bool | str) -> None:
    assert switch(said)


@pytest.mark.parametrize("said", [False, "False", "no", "0", "", "None", None])
def test_a_switch_is_off(said: bool | str | None) -> None:
    assert not switch(said)


def test_a_switch_that_is_neither_is_refused() -> None:
    with pytest.raises(ValueError, match="'perhaps' is neither true nor false"):
        switch("perhaps")


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ("a b", ["a b"]),
        (Path("a"), ["a"]),
        (["a", "", Path("b")], ["a", "b"]),
        ((), []),
        (None, []),
    ],
)
def test_places(given: Value, places: list[str]) -> None:
    assert several(given) == places


@pytest.mark.parametrize(
    ("code", "again"),
    [(FAILED, False), (USAGE, False), (CANNOT_START, False), (AGAIN, True), (INTERRUPTED, True),
     (137, True), (143, True), (3, True)],
)  # fmt: skip
def test_what_may_pass_is_tried_again(code: int, again: bool) -> None:
    assert may_pass(code) is again
    assert meaning(code)


def test_exit_codes_are_those_of_the_command() -> None:
    from prefdata.airflow import command

    assert (command.GOOD, command.FAILED, command.USAGE, command.AGAIN) == (
        GOOD, FAILED, USAGE, AGAIN,
    )  # fmt: skip


def test_airflows_own_settings_stay_behind() -> None:
    inherited = {
        "PATH": "/bin",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://u:secret@db",
        "AIRFLOW_CONN_X": "secret",
        "_AIRFLOW_Y": "secret",
        "HF_HOME": "/a",
    }
    assert environment(inherited, {"HF_HOME": "/b"}) == {"PATH": "/bin", "HF_HOME": "/b"}


@pytest.mark.parametrize(
    ("target", "cwd", "uri"),
    [
        ("org/name", None, "hf://datasets/org/name"),
        ("name", "/w", "hf://datasets/name"),
        ("s3://key:secret@bucket/a/?token=1#x", None, "s3://bucket/a"),
        ("/data//a/../b/", None, "file:///data/b"),
        ("./a b", "/data", "file:///data/a%20b"),
        ("../a", None, None),
        ("{{ params.target }}", None, None),
        ("{% if x %}a/b{% endif %}", None, None),
        ("", None, None),
    ],
)
def test_asset_of_a_target(target: str, cwd: str | None, uri: str | None) -> None:
    assert asset_uri(target, cwd) == uri
