"""semhash keeps the first of every kind: `semhash_dedupe.py VECTORS SCRATCH --threshold T`.

`SemHash.from_embeddings` and `self_deduplicate` with their defaults (usearch, all cores). Writes
`SCRATCH-representatives.npy`: for each row the row it is a duplicate of, itself where it stays.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from semhash import SemHash


class NoEncoder:
    """Every vector is there already."""

    def encode(self, inputs: object, **_: object) -> np.ndarray:
        raise NotImplementedError(f"{inputs!r} was to be encoded")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--threshold", type=float, required=True)
    options = parser.parse_args()
    start = time.perf_counter()
    vectors = np.load(options.path)
    names = [str(row) for row in range(len(vectors))]
    made = SemHash.from_embeddings(vectors, names, model=NoEncoder())
    result = made.self_deduplicate(options.threshold)
    seconds = time.perf_counter() - start
    representatives = np.arange(len(vectors))
    for gone in result.filtered:
        representatives[int(gone.record)] = int(gone.duplicate_of)
    np.save(f"{options.scratch}-representatives.npy", representatives)
    rows = {"rows": len(result.selected), "read": len(vectors), "seconds": seconds}
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
