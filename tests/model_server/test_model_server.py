"""collect and judge beside a real server with a real model: `transformers serve`, SmolLM2-135M.

PREFDATA_TRL_PYTHON names a Python with what tests/trl/requirements.txt lists.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import prefdata

PYTHON = os.environ.get("PREFDATA_TRL_PYTHON", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PYTHON, reason="PREFDATA_TRL_PYTHON does not name a Python with a model server"
    ),
]

PROMPTS = ("How do I boil an egg?", "为什么天是蓝的？")
N, TOKENS = 2, 16
STARTS_WITHIN = 300.0  # seconds


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "smollm2"
    program = Path(__file__).with_name("save_smollm2.py")
    subprocess.run([PYTHON, str(program), str(folder)], check=True, timeout=600)
    return folder


@pytest.fixture(scope="module")
def address(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(PYTHON).with_name("transformers")), "serve", "--host", "127.0.0.1"]
    env = {**os.environ, "HF_HUB_OFFLINE": "1"}
    log = tmp_path_factory.mktemp("log") / "server.txt"
    with log.open("wb") as told:
        server = subprocess.Popen(
            [*command, "--port", str(port), str(model)], stdout=told, stderr=told, env=env
        )
        try:
            await_health(f"http://127.0.0.1:{port}/health", server, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(60)


def await_health(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text("utf-8", "replace")[-4000:]
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.5)
    raise AssertionError(log.read_text("utf-8", "replace")[-4000:])


@pytest.fixture(scope="module")
def collected(model: Path, address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("collected")
    (place / "prompts.txt").write_text("\n".join(PROMPTS) + "\n", "utf-8")
    prefdata.collect(place / "prompts.txt", out=place / "out", config=asked(model, address, N))
    return place / "out"


def asked(model: Path, address: str, n: int) -> dict[str, Any]:
    return {
        "model": [str(model)],
        "n": n,
        "completion_tokens": TOKENS,
        "temperature": [0.9],
        "server": {"base_url": address},
    }


def rows_of(out: Path) -> list[dict[str, Any]]:
    texts = [path.read_text("utf-8") for path in sorted((out / "data").iterdir())]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def test_a_real_model_completes_every_prompt(collected: Path) -> None:
    found = prefdata.verify(collected)
    assert found.problems == ()
    counts = json.loads((collected / "manifest.json").read_bytes())["counts"]
    assert counts["kept"] == len(PROMPTS) * N
    assert counts["different"] > len(PROMPTS)
    rows = rows_of(collected)
    assert [row["prompt"][-1]["content"] for row in rows] == list(PROMPTS)
    for row in rows:
        assert sum(each["times"] for each in row["completions"]) == N
        for each in row["completions"]:
            assert each["finish_reason"] in ("stop", "length")
            assert 0 < each["usage"]["completion"] <= TOKENS
            assert each["messages"][0]["content"].strip()


def test_every_reply_of_a_model_that_judges_badly_is_accounted_for(
    model: Path, address: str, collected: Path, tmp_path: Path
) -> None:
    out = tmp_path / "judged"
    server = {"base_url": address}
    judged = {"model": str(model), "completion_tokens": 12, "server": server}
    told = prefdata.judge(collected, out=out, config=judged)
    assert prefdata.verify(out).problems == ()
    counts = told.manifest.counts
    assert counts.wanted == counts.answered == 4
    assert told.report.verdicts.parsed + told.report.verdicts.unparsed == 4
    assert told.report.says
