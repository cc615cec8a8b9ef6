"""The machine that a benchmark ran on, and the room on its disk."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = ("prefdata", "datasets", "polars", "pyarrow", "msgspec", "numpy")
ASK_VERSIONS = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def machine() -> dict[str, Any]:
    """Processor, cores that may be used, memory, system, and how busy it is just now."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
    }


def _first(path: str, name: str) -> str:
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return ""


def versions(python: str) -> dict[str, str]:
    """Versions of the packages that matter, as an interpreter has them."""
    asked = [python, "-c", ASK_VERSIONS, *PACKAGES]
    answer = subprocess.run(asked, check=True, capture_output=True)
    found: dict[str, str] = json.loads(answer.stdout)
    return found


def demand_space(folder: Path, needed: int) -> None:
    """Ends the run before it starts when the disk cannot hold it."""
    free = shutil.disk_usage(folder).free
    print(f"disk: {needed / 1e9:.1f} GB needed under {folder}, {free / 1e9:.1f} GB free")
    if free < needed:
        raise SystemExit("not enough room on the disk: choose another --work, or smaller sizes")
