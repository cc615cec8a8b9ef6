"""A judge that is killed at random moments loses nothing, and ends as if undisturbed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.judge.judge_kills import killed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kills by signal"),
]


def test_kills_change_nothing_of_what_a_judge_says(tmp_path: Path) -> None:
    told = killed(tmp_path, kills=4, seed=0, prompts=160)
    assert told["same"]
    assert told["killed"]
