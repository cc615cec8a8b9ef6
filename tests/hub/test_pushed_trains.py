"""From real files to a step of training, through the Hub: nothing in between but our commands."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hub_clients import WRITER, client_environment
from hub_push import Push
from loopback_hub import LoopbackHub

import prefdata

PYTHON = os.environ.get("PREFDATA_TRL_PYTHON", "")
DATA = Path(__file__).parents[3] / "shared" / "data"
STEP = Path(__file__).with_name("train_step.py")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="PREFDATA_TRL_PYTHON names no Python with TRL"),
    pytest.mark.skipif(not DATA.is_dir(), reason="no real preference data beside the checkout"),
]


def test_all_real_files_are_pushed_and_read_back_and_trained_on(
    hub: LoopbackHub, push: Push, tmp_path: Path
) -> None:
    out = tmp_path / "local" / "all"
    manifest = prefdata.build([DATA], out=out)
    pushed = push(out, "lab/real", "--license", "other").result
    assert pushed["read_back"] == len(pushed["files"])

    done = subprocess.run(
        [PYTHON, str(STEP), "lab/real"],
        env=client_environment(hub.url, tmp_path / "home", WRITER),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    trained = json.loads(line.removeprefix("RESULT "))
    assert trained["rows"] == manifest.counts.splits
    assert {"prompt", "chosen", "rejected"} <= {*trained["columns"]}
    assert trained["prepared"] > 0
    assert trained["steps"] == 1
    assert trained["changed"]
    assert 0 < trained["loss"] < 10
