"""polars merely parses a file: `polars_read.py PATH`."""

import json
import sys
import time
from pathlib import Path

import polars

READERS = {".jsonl": polars.read_ndjson, ".json": polars.read_json, ".csv": polars.read_csv}

path = Path(sys.argv[1])
start = time.perf_counter()
pairs = READERS[path.suffix](path)
print(json.dumps({"rows": pairs.height, "seconds": time.perf_counter() - start}))
