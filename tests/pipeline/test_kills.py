"""A few builds with every step on that are killed, or find the disk full, and go on afterwards.

`python -m tests.kills --kills 100` does more of the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
IN_A_NAMESPACE = ("unshare", "--map-root-user", "--mount")


def trials(*options: str, within: tuple[str, ...] = ()) -> str:
    ended = subprocess.run(
        [*within, sys.executable, "-m", "tests.kills", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_killed_builds_end_with_the_same_bytes() -> None:
    assert "All ended with the same bytes" in trials("--kills", "5", "--seed", "3")


def test_builds_that_find_the_disk_full_end_with_the_same_bytes() -> None:
    if shutil.which("unshare") is None or subprocess.run([*IN_A_NAMESPACE, "true"]).returncode:
        pytest.skip("a file system of one's own needs user namespaces")
    said = trials("--kills", "0", "--disk", "--steps", "3", within=IN_A_NAMESPACE)
    assert "All ended with the same bytes once there was space again" in said
