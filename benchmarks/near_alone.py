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
from typing import TYPE_CHECKING, Literal

from prefdata.engines.server import server
from prefdata.pipeline.run.worker_modules import BUILDING
from prefdata.startup import leave_pandas_asleep

if TYPE_CHECKING:
    from prefdata.steps.duplicates.pairs_alike import Alike


def alike_rows(
    path: Path,
    scratch: Path,
    *,
    workers: int,
    on: Literal["pair", "prompt"] = "pair",
    threshold: float = 0.8,
) -> tuple[int, Alike]:
    """How many rows a file has, and which of them are alike: edges between row numbers."""
    import numpy as np

    from prefdata.config.model import NearConfig, ReadConfig
    from prefdata.engines.local import LocalEngine
    from prefdata.pipeline.run.reading import find, readings
    from prefdata.steps.duplicates.near import comparison_of
    from prefdata.steps.duplicates.pairs_alike import find_alike
    from prefdata.steps.read.ingest import ingest
    from prefdata.steps.read.together import together

    read, near = ReadConfig(), NearConfig(on=on, threshold=threshold)
    sources, _ = find([str(path)], read, scratch / "spool")
    todo = together(readings(sources, read))
    with LocalEngine(workers, BUILDING) as engine:
        shards = [shard for found in ingest(engine, todo, scratch / "shards") for shard in found]
        rows = np.arange(sum(len(shard.rows) for shard in shards))
        folder = scratch / "near"
        folder.mkdir(parents=True, exist_ok=True)
        return len(rows), find_alike(engine, shards, rows, comparison_of(near), folder)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    if options.processes > 1:
        server(BUILDING)
    leave_pandas_asleep()  # both as the command does
    start = time.perf_counter()
    rows, alike = alike_rows(options.path, options.scratch, workers=options.processes)
    kept = _kept(rows, alike)
    seconds = time.perf_counter() - start
    print(json.dumps({"rows": kept, "read": rows, "seconds": seconds}))


def _kept(rows: int, alike: Alike) -> int:
    import numpy as np
    import polars as pl

    from prefdata.transforms.duplicates.representatives import representatives

    # the others contradict each other, or are told apart: no copies
    edges = alike.edges.filter(~pl.col("crossed") & pl.col("kind").is_null())
    chosen = representatives(rows, edges["low"].to_numpy(), edges["high"].to_numpy())
    return int((chosen == np.arange(rows)).sum())


if __name__ == "__main__":
    main()
