"""A secret in a place or an option reaches no output, by whichever door an error leaves."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import prefdata
from prefdata.cli.main import exit_code_of
from prefdata.errors import PrefdataError, SourceError

HUSH = "hUsh+hush/hush"
PLACES = {
    "s3": f"nosuchfs://AKIAABCDEFGHIJKLMNOP:{HUSH}@bucket/a.jsonl",
    "chained": f"zip://a.csv::nosuchfs://key:{HUSH}@bucket/b.zip",
    "one slash": f"s3:/key:{HUSH}@bucket/a.jsonl",
    "signed": f"nosuchfs://host/a.jsonl?X-Amz-Signature={HUSH}",
}
COMMANDS = {
    "inspect": ["inspect", "PLACE", "--json"],
    "validate": ["validate", "PLACE"],
    "build": ["build", "PLACE", "--out", "out", "--json"],
    "against": ["build", "a.jsonl", "--out", "out", "--against", "PLACE"],
    "convert": ["convert", "PLACE", "--out", "b.csv", "--to", "csv"],
    "verify": ["verify", "PLACE"],
    "config": ["build", "a.jsonl", "--config", "PLACE", "--out", "out"],
    "push": ["push", ".", "PLACE"],
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"prompt": "What is it?", "chosen": "An answer.", "rejected": "No answer."}
    Path("a.jsonl").write_text(json.dumps(row) + "\n")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_says_it(command: str, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [PLACES[place] if each == "PLACE" else each for each in COMMANDS[command]]
    assert exit_code_of(given) in (1, 2)
    said = capsys.readouterr()
    assert said.err
    assert "hush" not in said.out + said.err


@pytest.mark.parametrize("place", PLACES)
def test_no_traceback_says_it(place: str) -> None:
    with pytest.raises(PrefdataError) as caught:
        prefdata.build(PLACES[place], out="out")
    assert "hush" not in "".join(traceback.format_exception(caught.value))
    assert "hush" not in repr(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"s3://key:{HUSH}@bucket is gone", "s3://bucket is gone"),
        (f"Authorization: Bearer {HUSH} was refused", "Authorization: Bearer *** was refused"),
        ('{"Authorization": "Basic aHVzaDpodXNo"}', '{"Authorization": "Basic ***"}'),
        (f"aws_secret_access_key={HUSH}, region", "aws_secret_access_key=***, region"),
        ('"password": "hush hush"', '"password": "***"'),
        (f"token hf_{'hush' * 8} is old", "token hf_*** is old"),
        ("--map prompt=query: no dialect has it", "read.map {prompt: query}: no dialect has it"),
        ("check.tokenizer: no such folder", "check.tokenizer: no such folder"),
    ],
)
def test_a_message_is_shown_without_it(text: str, shown: str) -> None:
    error = SourceError(text)
    assert str(error) == shown
    assert str(pickle.loads(pickle.dumps(error))) == shown


def test_a_fault_is_said_without_it_and_without_a_traceback(tmp_path: Path) -> None:
    program = tmp_path / "faulty.py"
    program.write_text(
        "import prefdata.pipeline.validate as module\n"
        "from prefdata.cli.main import run\n"
        f"def validate(*_, **__): raise KeyError('s3://key:{HUSH}@bucket')\n"
        "module.validate = validate\n"
        "run(['validate', 'a.jsonl'])\n"
    )
    for shows in ("", "1"):
        env = {**os.environ, "PREFDATA_TRACEBACK": shows}
        done = subprocess.run(
            [sys.executable, str(program)], capture_output=True, text=True, env=env
        )
        assert done.returncode == 1
        assert "this is a fault of prefdata, not of your data: KeyError" in done.stderr
        assert "hush" not in done.stderr.replace(str(tmp_path), "").replace("faulty.py", "")
        assert ("Traceback" in done.stderr) is bool(shows)
