"""The near-duplicate comparison of prefdata alone: `near_alone.py PATH SCRATCH --processes N`.

Reads the rows and compares every row with every other, as the peers' scripts do: no rules, no
exact duplicates taken out first, no split, nothing written but what the comparison spills. The
one place where the benchmark calls prefdata's inside.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import polars as pl

from prefdata.config.model import NearConfig, ReadConfig
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.reading import find, readings
from prefdata.startup import leave_pandas_asleep
from prefdata.steps.ingest import ingest
from prefdata.steps.pairs_alike import Alike, find_alike
from prefdata.steps.sketch import Comparison
from prefdata.transforms.clusters import representatives
from prefdata.transforms.similarity import On

MODULES = (
    "prefdata.steps.ingest",
    "prefdata.steps.pairs_alike",
    *(f"prefdata.kernels.{name}" for name in ("shingle", "sketch", "compare")),
)


def alike_rows(
    path: Path, scratch: Path, *, workers: int, on: On = "pair", threshold: float = 0.8
) -> tuple[int, Alike]:
    """How many rows a file has, and which of them are alike: edges between row numbers."""
    read, near = ReadConfig(), NearConfig()
    short = near.short if on == "pair" else 0
    comparison = Comparison(
        on, threshold, near.words, near.characters, near.hashes, near.crowd, short
    )
    todo = readings(find([str(path)], read, scratch / "spool"), read)
    with LocalEngine(workers, MODULES) as engine:
        shards = [shard for found in ingest(engine, todo, scratch / "shards") for shard in found]
        rows = np.arange(sum(len(shard.rows) for shard in shards))
        folder = scratch / "near"
        folder.mkdir(parents=True, exist_ok=True)
        return len(rows), find_alike(engine, shards, rows, comparison, folder)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    leave_pandas_asleep()  # as the command does
    start = time.perf_counter()
    rows, alike = alike_rows(options.path, options.scratch, workers=options.processes)
    edges = alike.edges.filter(~pl.col("crossed"))  # those contradict each other: no copies
    chosen = representatives(rows, edges["low"].to_numpy(), edges["high"].to_numpy())
    kept = int((chosen == np.arange(rows)).sum())
    seconds = time.perf_counter() - start
    print(json.dumps({"rows": kept, "read": rows, "seconds": seconds}))


if __name__ == "__main__":
    main()
