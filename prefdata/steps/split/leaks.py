"""Rows of published splits whose prompts are connected with a split that is held out more.

They are found before rows are compared with one another, so that of two copies the one held out
stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from prefdata.config.model import SplitConfig
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.records.arrays import Ints
from prefdata.records.identity import KEYS_SCHEMA
from prefdata.results.sentences import Sentence
from prefdata.steps.once import once
from prefdata.steps.split.groups import link_sentence, read_rows
from prefdata.steps.verdict_tables import DROP, Tables, dropped_by, verdict_frame, write_verdicts
from prefdata.transforms.split.groups import find_groups_of

LEAK = "leaks-into-test"


def find_leaks(
    keys: Sequence[Path],
    shards: Sequence[Shard],
    verdicts: Tables,
    edges: Path,
    published: Path,
    config: SplitConfig,
    folder: Path,
) -> dict[str, int]:
    """Writes a verdict on every such row to `folder/verdicts.arrow`; returns their counts.

    `edges`: an npy file, int64 (n, 2), of pairs of rows with similar prompts. `published`: see
    `read_published`.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def work() -> dict[str, int]:
        rows = read_rows(keys, shards, verdicts, published)
        groups = find_groups_of(rows.linked_by(np.load(edges)), config)
        named = rows.numbers[groups.firsts]
        leaks = {leak.node: leak.one for leak in groups.leaks}
        is_leak = np.isin(groups.nodes, list(leaks))
        lines = []
        for row, node in zip(
            rows.numbers[is_leak].tolist(), groups.nodes[is_leak].tolist(), strict=True
        ):
            evidence = link_sentence(leaks[node], groups, named)
            lines.append(
                (
                    row,
                    DROP,
                    LEAK,
                    Sentence("groups.leak", one=evidence),
                    int(named[leaks[node].node]),
                )
            )
        return write_verdicts(folder / "verdicts.arrow", verdict_frame(lines))

    return once(folder / "done.json", dict[str, int], work)


def keys_without_leaks(keys: Sequence[Path], verdicts: Tables, folder: Path) -> list[Path]:
    """Writes the tables of keys without the rows that are dropped by now; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    dropped = dropped_by([table for _, table in verdicts.steps])
    paths = []
    for table in keys:
        left = folder / table.name
        if not left.exists():
            write_table(left, _without(table, dropped), KEYS_SCHEMA)
        paths.append(left)
    return paths


def _without(table: Path, dropped: Ints) -> Iterator[pa.RecordBatch]:
    for batch in read_table(table):
        stays = ~np.isin(batch.column("row").to_numpy(), dropped)
        yield batch.filter(pa.array(stays))
