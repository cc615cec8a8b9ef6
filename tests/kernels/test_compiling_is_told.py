from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from prefdata.kernels.compiled import COMPILING

SCRIPT = """
import numpy as np
from prefdata.kernels.characters import count_byte, count_characters
line = np.frombuffer(b"a,b,c", np.uint8)
print(count_byte(line, np.uint8(44)))
count_characters(line, np.array([0, 5]), np.zeros(1, np.int64))
"""


def said_on_a_terminal(environment: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=environment,
            check=True,
        )
        assert done.stdout == b"2\n"
        os.write(theirs, b"end")
        return os.read(ours, 10_000).decode().removesuffix("end")
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_terminal_is_told_once_that_kernels_are_compiled(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    assert said_on_a_terminal(environment).splitlines() == [COMPILING]
    assert said_on_a_terminal(environment) == ""


def test_a_pipe_is_told_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=True
    )
    assert (done.stdout, done.stderr) == ("2\n", "")
