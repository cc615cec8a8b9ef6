"""Tokenising the pairs of one shard: the unit of work of one process."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from prefdata.config.reward import LengthConfig
from prefdata.io.files.arrays import write_array
from prefdata.io.files.shards import Shard, write_table
from prefdata.preflight import load_tokenizer
from prefdata.preflight.side_fit import Fit, fit
from prefdata.preflight.sides import side_ids
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.preflight.tokens import Ids
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import DROP, FLAG, VERDICT_SCHEMA, Tables

ROWS_AT_ONCE = 1024
"""Rows whose ids are in memory as Python integers at a time."""

KINDS = {
    "ids": np.int32,
    "shared": np.int32,
    "chosen": np.int32,
    "rejected": np.int32,
    "margins": np.float32,
    "rows": np.int64,
}
"""The arrays of `TokenPairs` that are written per shard and concatenated."""


class ShardTokens(msgspec.Struct):
    """Counts of one shard; `longest`: tokens of the longest side."""

    rows: int
    pairs: int
    dropped: dict[str, int]
    flagged: dict[str, int]
    longest: int


@dataclass(frozen=True)
class ShardTask:
    """A shard, the verdicts on its rows so far, and the folder for its arrays."""

    shard: Shard
    verdicts: Tables
    place: Path


@dataclass
class _Gathered:
    """The tokenised pairs of a shard and the verdicts on its rows, as they accumulate."""

    pairs: list[TokenPairs] = field(default_factory=list)
    verdicts: list[dict[str, object]] = field(default_factory=list)
    rows: int = 0

    def take(self, batch: pa.RecordBatch, fits: Sequence[Fit]) -> None:
        """Adds a batch: a row with token ids becomes a pair, one with a reason gets a verdict."""
        sides: list[tuple[Ids, Ids]] = []
        rows: list[int] = []
        margins: list[float | None] = []
        columns = (batch.column(name).to_pylist() for name in ("row", "margin"))
        for row, margin, each in zip(*columns, fits, strict=True):
            if each.sides is not None:
                sides.append(each.sides)
                rows.append(row)
                margins.append(margin)
            if each.reason is not None:
                self.verdicts.append(_verdict(row, each))
        self.pairs.append(token_pairs(sides, margins=margins, rows=rows))
        self.rows += len(fits)


def _verdict(row: int, fit: Fit) -> dict[str, object]:
    verdict = DROP if fit.sides is None else FLAG
    columns = {"verdict": verdict, "reason": fit.reason, "evidence": fit.evidence}
    return {"row": row, **columns, "other": None}


def tokenise_shard(task: ShardTask, name: str, config: LengthConfig) -> ShardTokens:
    """Tokenises a shard: writes the arrays of `KINDS` and a verdict table to the task's folder."""
    return once(task.place / "done.json", ShardTokens, lambda: _write_part(task, name, config))


def _write_part(task: ShardTask, name: str, config: LengthConfig) -> ShardTokens:
    tokenizer = tokenizer_of(name)
    gathered = _Gathered()
    for batch in task.verdicts.active(task.shard):
        for start in range(0, len(batch), ROWS_AT_ONCE):
            part = batch.slice(start, ROWS_AT_ONCE)
            fits = [fit(sides, tokenizer, config) for sides in side_ids(part, tokenizer)]
            gathered.take(part, fits)
    pairs = gathered.pairs
    for field_name, kind in KINDS.items():
        arrays = [np.zeros(0, kind), *(getattr(each, field_name) for each in pairs)]
        write_array(task.place / f"{field_name}.npy", np.concatenate(arrays))
    table = pa.Table.from_pylist(gathered.verdicts, VERDICT_SCHEMA)
    write_table(task.place / "verdicts.arrow", table.to_batches(), VERDICT_SCHEMA)
    return ShardTokens(
        rows=gathered.rows,
        pairs=sum(map(len, pairs)),
        dropped=_counted(gathered.verdicts, DROP),
        flagged=_counted(gathered.verdicts, FLAG),
        longest=max((_longest(each) for each in pairs), default=0),
    )


@lru_cache(maxsize=1)
def tokenizer_of(name: str) -> Tokenizer:
    """The tokenizer of this name, loaded once per process. Raises UsageError if there is none."""
    if multiprocessing.parent_process() is not None:  # each worker has one core
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return load_tokenizer(name)


def _longest(pairs: TokenPairs) -> int:
    return int((pairs.shared + np.maximum(pairs.chosen, pairs.rejected)).max(initial=0))


def _counted(verdicts: Sequence[Mapping[str, object]], verdict: str) -> dict[str, int]:
    counts = Counter(str(line["reason"]) for line in verdicts if line["verdict"] == verdict)
    return dict(sorted(counts.items()))
