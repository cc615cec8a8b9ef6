"""A training that a scheduler ends, and that goes on from its checkpoint."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml
from scored_models import save_backbone
from sound_pairs import Write, pair

from prefdata.cli.main import TERMINATED
from prefdata.config.load import load_config
from prefdata.pipeline.train import train

TIMED = ("metrics.json", "curves.jsonl")


def bytes_of(out: Path) -> dict[str, str]:
    """Of all files but those that say how long it took."""
    files = sorted(p for p in out.rglob("*") if p.is_file() and p.name not in TIMED)
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_training_that_is_told_to_end_resumes_to_the_same_bytes(
    write: Write, tmp_path: Path
) -> None:
    model = save_backbone(tmp_path / "tiny-qwen3", "Qwen3", seed=5)
    source = write("a.jsonl", [pair(n) for n in range(40)])
    settings = {
        "near": {"action": "off"},
        "reward": {
            "backbone": {"name": str(model), "device": "cpu"},
            "optimiser": {"pairs": 4, "epochs": 12, "learning_rate": 1e-3},
            "checkpoint": {"every": 5},
            "evaluation": {"bootstrap": 50},
        },
    }
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "prefdata", "train", str(source), "--quiet", "--out"]
    config = ["--config", str(tmp_path / "train.yaml")]
    with subprocess.Popen(
        [*command, str(tmp_path / "out"), *config], stderr=subprocess.PIPE, text=True
    ) as running:
        limit = time.monotonic() + 90
        while not [*tmp_path.glob(".out.prefdata/*/**/step-*")] and running.poll() is None:
            assert time.monotonic() < limit
            time.sleep(0.02)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=30)
    assert running.returncode == TERMINATED
    assert said.startswith("Stopped.")
    assert not (tmp_path / "out").exists()
    assert [*tmp_path.glob(".out.prefdata/*/**/step-*")]
    for out in ("out", "undisturbed"):
        train([source], out=tmp_path / out, config=load_config(tmp_path / "train.yaml"))
    assert "model.safetensors" in bytes_of(tmp_path / "out")
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "undisturbed")
