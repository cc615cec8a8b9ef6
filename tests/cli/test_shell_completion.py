"""Completion in shells, as docs/install.md turns it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

_RUN = "import sys; sys.argv[0] = 'prefdata'; from prefdata.cli.main import run; run()"


def completion(instruction: str, **variables: str) -> str:
    """What `prefdata` prints for a shell."""
    return subprocess.run(
        [sys.executable, "-c", _RUN],
        env={**os.environ, "_PREFDATA_COMPLETE": instruction, **variables},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_asks_for_completions(shell: str) -> None:
    script = completion(f"{shell}_source")
    assert f"_PREFDATA_COMPLETE={shell}_complete" in script
    if program := shutil.which(shell):  # it can be read at least
        subprocess.run([program, "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("prefdata emb", {"embed-filter"}),
        ("prefdata build --to ", {"arrow", "parquet"}),
        ("prefdata build --upd", {"--update"}),
    ],
)
def test_commands_options_and_values_are_offered(typed: str, offered: set[str]) -> None:
    words = typed.split(" ")
    printed = completion("bash_complete", COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1))
    assert {line.partition(",")[2] for line in printed.splitlines()} == offered
