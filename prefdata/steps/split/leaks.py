"""Rows of published splits whose prompts are connected with a split that is held out more.

They are found before rows are compared with one another: a row that leaks must not represent one
that is held out.
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
from prefdata.steps.split.published import read_published
from prefdata.steps.verdict_tables import DROP, Tables, dropped_by, verdict_frame, write_verdicts
from prefdata.transforms.split.groups import find_groups_of
from prefdata.transforms.split.split import TRAIN, Codes

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


def keys_of_published(
    keys: Sequence[Path], verdicts: Tables, published: Path, folder: Path
) -> list[Path]:
    """Writes the tables of keys with `held`, and without the rows that are dropped by now; returns
    the paths.

    `published`: see `read_published`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dropped = dropped_by([table for _, table in verdicts.steps])
    # a row without a published split is held out no more than one of train
    held = np.maximum(read_published(published), TRAIN)
    paths = []
    for table in keys:
        left = folder / table.name
        if not left.exists():
            write_table(left, _with_held(table, dropped, held), KEYS_SCHEMA)
        paths.append(left)
    return paths


def _with_held(table: Path, dropped: Ints, held: Codes) -> Iterator[pa.RecordBatch]:
    place = KEYS_SCHEMA.get_field_index("held")
    for batch in read_table(table):
        rows = batch.column("row").to_numpy()
        of_rows = batch.set_column(place, KEYS_SCHEMA.field(place), pa.array(held[rows]))
        yield of_rows.filter(pa.array(~np.isin(rows, dropped)))
