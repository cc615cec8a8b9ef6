"""Rows of published splits whose prompts are connected with a split that is held out more.

They are found before rows are compared with one another, so that of two copies the one held out
stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from prefdata.config.model import SplitConfig
from prefdata.io.files.shards import Shard
from prefdata.results.sentences import Sentence
from prefdata.steps.once import once
from prefdata.steps.split.groups import link_sentence, read_rows
from prefdata.steps.verdict_tables import DROP, Tables, verdict_frame, write_verdicts
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
            lines.append((row, DROP, LEAK, Sentence("groups.leak", one=evidence), int(named[leaks[node].node])))
        return write_verdicts(folder / "verdicts.arrow", verdict_frame(lines))

    return once(folder / "done.json", dict[str, int], work)
