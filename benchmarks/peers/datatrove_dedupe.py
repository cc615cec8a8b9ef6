"""datatrove's four stages of MinHash: `datatrove_dedupe.py PATH SCRATCH --processes N`.

Signatures, buckets, clusters, filter, each through the local executor with as many tasks as
processes (buckets: 14 tasks, one each, as the library wants it); its own defaults: 112 hashes in
14 buckets, 5 words in a shingle, English tokens. A task reads a file, so the rows are first
dealt to as many files, which the time after imports leaves out.
"""

import time
from pathlib import Path

import dedupe_texts as texts
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter

CONFIG = MinhashConfig()


def as_document(reader: JsonlReader, row: dict, path: str, line: int | str) -> dict:
    """A row as datatrove's document."""
    text = "\n".join([row[field] for field in texts.FIELDS])
    return {"text": text, "id": f"{path}/{line}", "metadata": {}}


def deal(path: Path, folder: Path, tasks: int) -> int:
    """The rows in a file for each task; gives how many they are."""
    folder.mkdir(parents=True)
    files = [(folder / f"{task:02d}.jsonl").open("wb") for task in range(tasks)]
    rows = 0
    for turn, lines in enumerate(texts.chunks(path)):
        files[turn % tasks].writelines(lines)
        rows += len(lines)
    for file in files:
        file.close()
    return rows


def stages(scratch: Path, tasks: int) -> None:
    """All four, one after the other."""
    reader = JsonlReader(str(scratch / "in"), adapter=as_document)
    made = {name: str(scratch / name) for name in ("signatures", "buckets", "clusters", "kept")}
    plan = [
        (tasks, [reader, MinhashDedupSignature(made["signatures"], CONFIG)]),
        (
            CONFIG.num_buckets,
            [MinhashDedupBuckets(made["signatures"], made["buckets"], config=CONFIG)],
        ),
        (1, [MinhashDedupCluster(made["buckets"], made["clusters"], config=CONFIG)]),
        (
            tasks,
            [
                reader,
                MinhashDedupFilter(made["clusters"]),
                JsonlWriter(made["kept"], output_filename="${rank}.jsonl", compression=None),
            ],
        ),
    ]
    for number, (count, pipeline) in enumerate(plan):
        logs = str(scratch / f"logs-{number}")
        LocalPipelineExecutor(
            pipeline=pipeline, tasks=count, workers=min(tasks, count), logging_dir=logs
        ).run()


def main() -> None:
    """The command line."""
    options = texts.options()
    rows = deal(options.path, options.scratch / "in", options.processes)
    start = time.perf_counter()
    stages(options.scratch, options.processes)
    kept = sum(
        len(lines)
        for path in (options.scratch / "kept").glob("*.jsonl")
        for lines in texts.chunks(path)
    )
    texts.account(rows, kept, start)


if __name__ == "__main__":
    main()
