"""Small output folders to publish, made by real builds."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo zu".split()  # noqa: SIM905


@dataclass(frozen=True)
class Recipe:
    """What a build is made of: rows by number, format, share of rows for test."""

    rows: Sequence[int]
    to: str = "parquet"
    test: float = 0.1
    validation: float = 0.0
    shard_bytes: int = 6_000
    edited: Sequence[int] = ()
    """Rows whose chosen completion is another one."""


BASE = Recipe(range(60))
CHANGED = Recipe([*range(20), *range(30, 60)], validation=0.2, shard_bytes=9_000, edited=(3,))
ARROW = Recipe(range(60), to="arrow")
OTHER = Recipe(range(100, 140))
MANY = Recipe(range(60), shard_bytes=1_500)


def words(random_: random.Random, count: int) -> str:
    return " ".join("".join(random_.choices(_SYLLABLES, k=3)) for _ in range(count))


def row(number: int, *, is_edited: bool) -> dict[str, object]:
    told = random.Random(number)
    prompt, chosen, rejected = (words(told, count) for count in (9, 24, 15))
    if is_edited:
        chosen = words(random.Random(-number - 1), 24)
    return {"prompt": prompt + "?", "chosen": chosen + ".", "rejected": rejected + "."}


def build(folder: Path, recipe: Recipe) -> Path:
    """An output folder, with rows dropped and rows in quarantine besides."""
    folder.mkdir(parents=True)
    rows = [row(number, is_edited=number in recipe.edited) for number in recipe.rows]
    lines = [json.dumps(one) for one in [rows[0], *rows]]
    (folder / "pairs.jsonl").write_text("\n".join(['{"prompt": 3}', "{", *lines]) + "\n")
    config = {
        "title": "Loopback",
        "shards": {"to": recipe.to, "max_bytes": recipe.shard_bytes},
        "split": {"test": recipe.test, "validation": recipe.validation, "max_group": 1.0},
    }
    (folder / "build.yaml").write_text(yaml.safe_dump(config))
    out = folder / "out"
    given = ["build", "pairs.jsonl", "--config", "build.yaml", "--out", "out", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "prefdata", *given],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out
