"""TRL's trainers take the output folder as it is: one real step, in a Python that has TRL.

PREFDATA_TRL_PYTHON names that Python: an environment with trl, torch and datasets.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TRL_PYTHON = os.environ.get("PREFDATA_TRL_PYTHON", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not TRL_PYTHON, reason="PREFDATA_TRL_PYTHON does not name a Python that has TRL"
    ),
]


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


ENGLISH = {"prompt": "Why is the sky blue?", "chosen": "Air scatters light.", "rejected": "Why not"}
CHINESE = {"prompt": "天空为什么是蓝色的？", "chosen": "空气散射蓝光。", "rejected": "不知道。"}
SINGLE = [
    {**row, "prompt": f"{row['prompt']} ({number})", "annotator": number, "tags": ["a", None]}
    for number in range(8)
    for row in (ENGLISH, CHINESE)
]
MULTI_TURN = [
    {
        "prompt": [
            turn("system", "You answer briefly. 请简短。"),
            turn("user", f"Question {number}?"),
            turn("assistant", "Ask on. 请继续问。"),
            turn("user", "So?"),
        ],
        "chosen": [turn("assistant", f"Answer {number}.")],
        "rejected": [turn("assistant", "I will not say.")],
    }
    for number in range(8)
]
TOOL_CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"type": "function", "function": {"name": "look", "arguments": {"at": "sky"}}}],
}
TOOLS = [
    {**row, "prompt": [row["prompt"][1], TOOL_CALL, {**turn("tool", "蓝"), "name": "look"}]}
    for row in MULTI_TURN[:1]
]
CASES = {
    "strings with extra columns": SINGLE,
    "multi-turn messages": MULTI_TURN,
    "a tool call in one row": MULTI_TURN + TOOLS,
    "a margin on every row": [{**row, "margin": 0.5} for row in SINGLE],
    "a margin on some rows": [{**row, "margin": 0.5} for row in SINGLE[::2]] + SINGLE[1::2],
    "no row in the test split": SINGLE[:1],
}


def build(rows: list[dict[str, Any]], folder: Path) -> Path:
    source, out = folder / "pairs.jsonl", folder / "out"
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    source.write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "prefdata.cli.main", "build", source, "--out", out, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES.keys())
def test_one_step_of_each_trainer(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    out = build(rows, tmp_path)
    command = [TRL_PYTHON, Path(__file__).with_name("one_step.py"), out]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    for trainer, result in json.loads(line.removeprefix("RESULT ")).items():
        expected = {"step": 1, "changed": True, "finite": True, "prepared": result["rows"]}
        assert result | expected == result, trainer
        assert result["rows"] > 0
