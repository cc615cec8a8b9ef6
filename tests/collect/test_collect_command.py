"""The command collect, beside a server that speaks the protocol, and with batch files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from prefdata.cli.main import cli
from tests.asking.fault_server import Behaviour, FaultServer
from tests.collect.collect_kills import killed

KEY = "key-Wq81vTkNw7bLr5"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.txt"
    path.write_text("What is two plus two?\nWhy is the sky blue?\n天空为什么是蓝色的？\n", "utf-8")
    return path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FaultServer(Behaviour(key=KEY)) as server:
        yield server


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["collect", *map(str, words)])


def test_a_server_is_asked_and_its_key_is_written_nowhere(
    server: FaultServer, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = (source, "--out", out, "--model", "m", "--n", "3", "--seed", "0")
    done = run(*words, "--base-url", server.url, "--price", "1/2")
    assert done.exit_code == 0, done.output
    assert "3 read = 3 asked + 0 dropped + 0 quarantined; 9 wanted = 9 answered" in done.output
    assert "prefdata judge" in done.output
    assert set(server.told.answered.values()) == {1}
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in held
    assert KEY not in done.output
    again = run(*words, "--base-url", server.url, "--force", "--json")
    assert json.loads(again.stdout)["counts"]["kept"] == 9
    assert sum(server.told.answered.values()) == 9


def test_a_wrong_key_ends_it_at_once_and_nothing_is_published(
    server: FaultServer, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-somebody-else")
    out = tmp_path / "out"
    done = run(source, "--out", out, "--model", "m", "--base-url", server.url)
    assert done.exit_code != 0
    assert not out.exists()
    assert not server.told.answered


def answered_by_a_batch_service(requests: Path, results: Path) -> int:
    """Answers every request of a batch file, the last one first; returns how many."""
    lines = [json.loads(line) for line in requests.read_text("utf-8").splitlines()]
    answers = []
    for line in reversed(lines):
        assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
        choices: list[dict[str, Any]] = [
            {
                "index": index,
                "message": {"role": "assistant", "content": f"{line['custom_id']} {index}"},
                "finish_reason": "stop",
            }
            for index in range(line["body"].get("n", 1))
        ]
        response = {"status_code": 200, "body": {"choices": choices}}
        answers.append({"custom_id": line["custom_id"], "response": response, "error": None})
    results.write_text("".join(json.dumps(each) + "\n" for each in answers), "utf-8")
    return len(lines)


def test_a_batch_service_is_asked_by_files(source: Path, tmp_path: Path) -> None:
    out, requests, results = (tmp_path / name for name in ("out", "req.jsonl", "res.jsonl"))
    words = (source, "--out", out, "--model", "far", "--n", "2")
    written = run(*words, "--batch-out", requests)
    assert written.exit_code == 0, written.output
    assert f"{answered_by_a_batch_service(requests, results)} requests" in written.output
    assert not out.exists()
    done = run(*words, "--batch-in", results)
    assert done.exit_code == 0, done.output
    assert "6 wanted = 6 answered" in done.output


def test_what_no_result_came_for_is_not_asked(source: Path, tmp_path: Path) -> None:
    out, requests, results = (tmp_path / name for name in ("out", "req.jsonl", "res.jsonl"))
    words = (source, "--out", out, "--model", "far", "--n", "2")
    run(*words, "--batch-out", requests)
    answered_by_a_batch_service(requests, results)
    results.write_text(results.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    done = run(*words, "--batch-in", results)
    assert done.exit_code == 0, done.output
    assert "no-result" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--price", "much"), "write what a million tokens"),
        (("--rule", "tie=off"), "speaks of pairs"),
        (("--max-cost", "1"), "needs prices"),
        (("--base-url", "nowhere"), "no address of a server"),
        (("--dry-run", "--batch-out", "x"), "pass one of the two"),
        (("--settings", "x"), "No such option"),
    ],
)
def test_what_cannot_be_meant(words: tuple[str, ...], said: str, source: Path) -> None:
    done = run(source, "--out", source.parent / "out", "--model", "m", *words)
    assert done.exit_code != 0
    assert said in f"{done.output}{done.exception}"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_kills_lose_nothing_and_change_nothing(tmp_path: Path) -> None:
    told = killed(tmp_path, 6, 0, 200)
    assert told["same"]
    assert told["killed"]
