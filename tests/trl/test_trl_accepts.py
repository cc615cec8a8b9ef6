"""TRL's trainers take the output folder as it is, of pairs or of judgements, and `convert --format
kto`: one real step, in a Python that has TRL.

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


SAMPLES = Path(__file__).parents[2] / "sample_data"
TOPICS = ("the tide", "a rainbow", "yeast", "月相", "a magnet", "季风", "an echo", "frost")


def rated(topic: str) -> dict[str, Any]:
    answers = [f"{topic}: {text}" for text in ("it is a long story", "ask later", "no")]
    return {"prompt": f"Explain {topic}.", "generations": answers, "ratings": [5, 3, 1]}


def votes(topic: str) -> list[dict[str, Any]]:
    """Two of three judges prefer the first, one of them by a tie."""
    row = {"prompt": f"What is {topic}?", "answer_a": f"{topic} is ...", "answer_b": "Who knows."}
    said = zip(("ann", "bob", "cyd"), ("A", "tie", "A"), strict=True)
    return [{**row, "winner": label, "judge": judge} for judge, label in said]


JUDGED = {
    "rated.jsonl": [rated(topic) for topic in TOPICS],
    "votes.jsonl": [vote for topic in TOPICS for vote in votes(topic)],
}
LONG = " ".join(f"Line {number} of a long letter." for number in range(60))


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def written(folder: Path) -> list[Path]:
    """Sources whose rows are judgements: ratings, votes, and those of the samples."""
    for name, rows in JUDGED.items():
        (folder / name).write_text(lines(rows), encoding="utf-8")
    return [SAMPLES / "judgements", *(folder / name for name in JUDGED)]


def prefdata(*words: str | Path) -> None:
    command = [sys.executable, "-m", "prefdata.cli.main", *words, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def stepped(*words: str | Path) -> dict[str, dict[str, Any]]:
    """What a step of each trainer comes to."""
    command = [TRL_PYTHON, Path(__file__).with_name("one_step.py"), *words]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    found: dict[str, dict[str, Any]] = json.loads(line.removeprefix("RESULT "))
    for trainer, result in found.items():
        expected = {"step": 1, "changed": True, "finite": True}
        assert result | expected == result, trainer
        assert result["rows"] > 0
    return found


def test_one_step_on_judgements(tmp_path: Path) -> None:
    out = tmp_path / "out"
    prefdata("build", *written(tmp_path), "--pairs", "all", "--out", out)
    for trainer, result in stepped(out).items():
        assert result["prepared"] == result["rows"] > 20, trainer


def test_one_step_on_judgements_with_known_labels(tmp_path: Path) -> None:
    out, config = tmp_path / "out", tmp_path / "config.yaml"
    config.write_text(
        "read:\n  pairs: {criterion: better}\n  labels: {'*annotated_zh.csv': '1=first,0=second'}\n"
    )
    prefdata("build", SAMPLES / "judged", "--config", config, "--out", out)
    for trainer, result in stepped(out).items():
        assert result["prepared"] == result["rows"] > 10, trainer


def test_kto_takes_every_row_whose_prompt_is_shorter_than_its_limit(tmp_path: Path) -> None:
    sources, out = written(tmp_path), tmp_path / "kto.jsonl"
    long = tmp_path / "long.jsonl"
    long.write_text(lines([{"prompt": LONG, "chosen": "Noted.", "rejected": "What?"}]))
    prefdata("convert", *sources, long, "--format", "kto", "--to", "jsonl", "--out", out)
    rows = len(out.read_text(encoding="utf-8").splitlines())
    assert stepped(out, "2048")["kto"]["prepared"] == rows
    # a prompt of as many tokens leaves no room for a completion
    assert stepped(out, "150")["kto"]["prepared"] == rows - 2


def build(rows: list[dict[str, Any]], folder: Path) -> Path:
    source, out = folder / "pairs.jsonl", folder / "out"
    source.write_text(lines(rows), encoding="utf-8")
    prefdata("build", source, "--out", out)
    return out


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES.keys())
def test_one_step_of_each_trainer(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    for trainer, result in stepped(build(rows, tmp_path)).items():
        assert result["prepared"] == result["rows"], trainer
