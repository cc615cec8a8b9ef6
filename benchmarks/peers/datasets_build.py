"""datasets loads a file, keeps unique pairs and saves them: `datasets_build.py PATH CACHE OUT`.

The filter is the quickest that the library offers for this: batches, and a set of the 64-bit
hashes of the rows that were seen. `save_to_disk` runs as it comes, in one process.
"""

import json
import sys
import time
from pathlib import Path

import datasets

BUILDERS = {".jsonl": "json", ".json": "json", ".csv": "csv"}

path, cache, out = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
seen: set[int] = set()


def first_of_its_kind(rows: dict[str, list[str]]) -> list[bool]:
    """True for each row that no earlier row equals."""
    fresh = []
    for row in zip(rows["prompt"], rows["chosen"], rows["rejected"], strict=True):
        key = hash(row)
        fresh.append(key not in seen)
        seen.add(key)
    return fresh


start = time.perf_counter()
pairs = datasets.load_dataset(
    BUILDERS[path.suffix], data_files=str(path), split="train", cache_dir=cache
)
unique = pairs.filter(first_of_its_kind, batched=True)
unique.save_to_disk(out)
print(json.dumps({"rows": len(unique), "seconds": time.perf_counter() - start}))
