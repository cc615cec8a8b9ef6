"""Pairs of similar prompts, which must share a split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from prefdata.config.model import BuildConfig
from prefdata.engines.engine import Engine
from prefdata.io.files.arrays import write_array
from prefdata.io.files.shards import Shard, read_table
from prefdata.records.arrays import Ints
from prefdata.steps.duplicates.pairs_alike import find_alike
from prefdata.steps.duplicates.sketch import Comparison
from prefdata.steps.once import once


class PromptSummary(msgspec.Struct):
    """Pairs of prompts that were `compared`, found `alike`, or `skipped` in crowded buckets."""

    compared: int
    alike: int
    skipped: int


def edges_file(folder: Path) -> Path:
    """The path of the edges: int64 (n, 2), the first rows of two prompts, the earlier first."""
    return folder / "edges.npy"


def find_near_prompts(
    engine: Engine,
    shards: Sequence[Shard],
    keys: Sequence[Path],
    config: BuildConfig,
    folder: Path,
    *,
    published: bool = False,
) -> PromptSummary:
    """Compares all distinct prompts, each at its first row, and writes the edges.

    Dropped rows take part: appending rows may change which are dropped, and must not change which
    prompts are similar. Shingles and signatures follow `near`. Without `split.near`, or with only
    one split, nothing is compared. `published`: there are published splits to keep, so more than
    one split.
    """
    folder.mkdir(parents=True, exist_ok=True)
    split, near = config.split, config.near

    def work() -> PromptSummary:
        if not (split.near and (split.test or split.validation or published)):
            write_array(edges_file(folder), np.zeros((0, 2), np.int64))
            return PromptSummary(0, 0, 0)
        rows = _first_rows(keys)
        comparison = Comparison(
            "prompt", split.near, near.words, near.characters, near.hashes, near.crowd
        )
        result = find_alike(engine, shards, rows, comparison, folder)
        ranks = result.edges.select("low", "high").to_numpy().astype(np.int64)
        write_array(edges_file(folder), rows[ranks].reshape(-1, 2))
        return PromptSummary(result.compared, len(ranks), result.skipped)

    return once(folder / "done.json", PromptSummary, work)


def _first_rows(keys: Sequence[Path]) -> Ints:
    """The first row of each distinct prompt, ascending."""
    batches = [batch for table in keys for batch in read_table(table, ["row", "split"])]
    if not batches:
        return np.zeros(0, np.int64)
    rows = np.concatenate([batch.column("row").to_numpy() for batch in batches])
    prompts = np.concatenate([batch.column("split").to_numpy() for batch in batches])
    _, firsts = np.unique(prompts, return_index=True)
    return np.sort(rows[firsts])
