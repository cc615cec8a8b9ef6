"""prefdata's search among vectors, without a build around it.

    python benchmarks/vectors_alone.py VECTORS SCRATCH --threshold T --exact-rows N

Writes `SCRATCH-representatives.npy`, as the peers do.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from prefdata.transforms.semantic.leaders import leaders


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--exact-rows", type=int, required=True)
    options = parser.parse_args()
    start = time.perf_counter()
    vectors = np.load(options.path, mmap_mode="r")
    rows = np.arange(len(vectors))
    found = leaders(vectors, [rows], options.threshold, exact_rows=options.exact_rows)
    seconds = time.perf_counter() - start
    np.save(f"{options.scratch}-representatives.npy", found.representatives)
    kept = int((found.representatives == rows).sum())
    account = {"rows": kept, "read": len(rows), "seconds": seconds, "recall": found.recall}
    print(json.dumps(account))


if __name__ == "__main__":
    main()
