"""How long the texts of kept rows are, and in which languages they are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from prefdata.io.shards import Shard
from prefdata.records.texts import Flags, Ints, SideTexts
from prefdata.steps.known_pairs import KnownPairs
from prefdata.steps.verdict_tables import Tables
from prefdata.transforms.length import character_lengths
from prefdata.verdicts.audit import Histogram, Share

_STEPS = (10, 15, 20, 30, 50, 70)
_FINEST = (0, 1, 2, 3, 5, 7)
_EDGES = np.array([*_FINEST, *(step * 10**power for power in range(9) for step in _STEPS)])
"""Edges that are about as far apart on a logarithmic scale and easy to read; the last of them
lies beyond what a string of Arrow can hold."""


def lengths(shards: Sequence[Shard], verdicts: Tables, known: KnownPairs) -> tuple[Histogram, ...]:
    """Characters of prompt, chosen and rejected of all pairs that are known.

    `verdicts`: they leave these pairs, and perhaps others. A prompt counts with all its messages,
    the system's too. The edges are the same for all three.
    """
    counts = {"prompt": np.zeros(len(_EDGES) - 1, np.int64)}
    for shard in shards:
        for batch in verdicts.active(shard):
            of_prompts = character_lengths(SideTexts.of(batch.column("prompt")))
            counts["prompt"] += _counted(of_prompts[_are_in(known.rows, batch)])
    for side, of_side in zip(("chosen", "rejected"), known.lengths, strict=True):
        counts[side] = _counted(of_side)
    used = np.flatnonzero(sum(counts.values()))
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    edges = tuple(_EDGES[first : last + 2].tolist())
    return tuple(
        Histogram(name=side, edges=edges, counts=tuple(of_side[first : last + 1].tolist()))
        for side, of_side in counts.items()
    )


def languages(known: KnownPairs) -> tuple[Share, ...]:
    """Pairs by language, the most first."""
    counts = (
        known.frame.group_by("language").len().sort("len", "language", descending=[True, False])
    )
    return tuple(Share(name=name, rows=rows) for name, rows in counts.iter_rows())


def _are_in(rows: Ints, batch: pa.RecordBatch) -> Flags:
    """Which rows of a batch are among some; both ascend."""
    of_batch = batch.column("row").to_numpy()
    if not len(of_batch):
        return np.zeros(0, np.bool_)
    first, last = np.searchsorted(rows, [of_batch[0], of_batch[-1] + 1])
    return np.isin(of_batch, rows[first:last], assume_unique=True)


def _counted(of_rows: Ints) -> Ints:
    places = np.searchsorted(_EDGES, of_rows, side="right") - 1
    return np.bincount(places, minlength=len(_EDGES) - 1)
