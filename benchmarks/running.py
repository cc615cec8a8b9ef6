"""Running a program for the benchmark: a fresh scratch folder, no network, nothing left over."""

from __future__ import annotations

import os
import shutil
import subprocess
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Cost, run

READ_BYTES = 1 << 24


@contextmanager
def scratch_in(work: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """An empty folder and an environment whose caches lie in it; deleted afterwards."""
    scratch = work / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "tmp").mkdir(parents=True)
    hidden = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    places = {"TMPDIR": str(scratch / "tmp"), "HF_HOME": str(scratch / "hf")}
    try:
        yield scratch, os.environ | hidden | places
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def ran(command: list[str], scratch: Path, env: dict[str, str], seconds: int = 3600) -> Cost:
    """What a command cost; one that takes longer than that is ended, with exit code 124."""
    return run(["timeout", "--kill-after=10", str(seconds), *command], env=env, scratch=scratch)


def demand_success(name: str, cost: Cost) -> None:
    """Ends the benchmark where a program failed."""
    if cost.exit_code != 0:
        raise SystemExit(f"{name} ended with exit code {cost.exit_code}:\n{cost.stderr[-2000:]}")


def read_through(path: Path) -> None:
    """Reads a file once, so that all contenders find it in the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(READ_BYTES):
            pass


def environment_with(requirements: Path, home: Path) -> Path:
    """A virtual environment with pinned packages, made once; its interpreter."""
    pins = requirements.read_text(encoding="utf-8")
    python, mark = home / "bin" / "python", home / "installed.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != pins:
        venv.create(home, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "-qq", "-r", str(requirements)]
        subprocess.run(pip, check=True)
        mark.write_text(pins, encoding="utf-8")
    return python
