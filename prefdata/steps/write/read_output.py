"""Step: reads the kept rows of a build's output folder back into record shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa

from prefdata.config.fingerprint import fingerprint
from prefdata.engines.engine import Engine
from prefdata.errors import IntegrityError
from prefdata.io.files.ledger import scan_ledger
from prefdata.io.files.shards import Shard, write_table
from prefdata.results.manifest import FileEntry, Manifest, data_files, ledger_files
from prefdata.steps.once import once
from prefdata.steps.progress import Report, with_progress
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables, verdict_file
from prefdata.steps.write.output_file import EXPECTED_SCHEMA, OutputFile, check_file, read_file
from prefdata.transforms.split.split import SPLITS

DESTINED_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("number", pa.int64()),
        ("split", pa.int8()),
        ("group", pa.int64()),
    ]
)
"""`SPLIT_SCHEMA`, plus the number of each row in the ledger of the output folder."""


@dataclass(frozen=True)
class ReadOutput:
    """The rows of an output folder as shards, without verdicts.

    `names`: names of the sources of the build, by `shard.source`. `destined`: a table of
    `DESTINED_SCHEMA`, with the split of each row.
    """

    shards: list[Shard]
    verdicts: Tables
    names: tuple[str, ...]
    destined: Path


def output_identity(manifest: Manifest) -> str:
    """A fingerprint of the rows of an output folder and of their sources."""
    files = [*data_files(manifest), *ledger_files(manifest)]
    return fingerprint("output", *(f"{entry.path} {entry.sha256}" for entry in files))


def read_output(
    engine: Engine, out: Path, manifest: Manifest, folder: Path, report: Report
) -> ReadOutput:
    """Reads the data of an output folder into `folder`; finished files are not read again.

    Raises IntegrityError if a file differs from its entry in the manifest, or its rows differ from
    those of the ledger.
    """
    files = data_files(manifest)
    marked = folder / "destined.json"
    once(marked, int, lambda: _write_destined(out, manifest, files, folder))
    names = tuple(entry.name for entry in manifest.sources)
    tasks = [
        OutputFile(out, entry, _expected(folder, number), names)
        for number, entry in enumerate(files)
    ]
    parts = with_progress(
        engine.map(partial(read_file, folder=folder), tasks), "ingest", len(tasks), report
    )
    shards: list[Shard] = []
    row = 0
    for written in (written for part in parts for written in part):
        shard = Shard(folder, written, len(shards), written.parts[0].source, row, 0)
        write_table(verdict_file(folder / "checks", shard), [], VERDICT_SCHEMA)
        shards.append(shard)
        row += written.rows
    return ReadOutput(shards, Tables(folder / "checks"), names, folder / "destined.arrow")


def _expected(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.arrow"


def _write_destined(out: Path, manifest: Manifest, files: Sequence[FileEntry], folder: Path) -> int:
    """Writes the expected rows of each file and the split of all rows; returns their number."""
    for entry in ledger_files(manifest):
        check_file(out, entry)
    kept = (
        scan_ledger(out)
        .filter(pl.col("verdict") == "keep")
        .select("row", "source", "source_row", "split", "group", "file")
        .sort("row")
        .collect()
    )
    of_file = kept.partition_by("file", as_dict=True, include_key=False)
    frames = [of_file.pop((entry.path,), kept.clear().drop("file")) for entry in files]
    if of_file:
        raise IntegrityError(
            f"{out}: the ledger says that rows went to {next(iter(of_file))[0]}, which the "
            "manifest does not name. Run `prefdata verify`, and build the dataset again."
        )
    for number, frame in enumerate(frames):
        table = frame.select("source", "source_row").to_arrow().cast(EXPECTED_SCHEMA)
        write_table(_expected(folder, number), table.to_batches(), EXPECTED_SCHEMA)
    rows = pl.concat([kept.clear().drop("file"), *frames]).select(
        pl.int_range(pl.len()).alias("row"),
        pl.col("row").alias("number"),
        pl.col("split").replace_strict(SPLITS, range(len(SPLITS)), return_dtype=pl.Int8),
        "group",
    )
    batches = rows.to_arrow().cast(DESTINED_SCHEMA).to_batches(max_chunksize=65_536)
    write_table(folder / "destined.arrow", batches, DESTINED_SCHEMA)
    return len(rows)
