"""What a filter on embeddings found: every value, the threshold, and words for each row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.io.files.shards import write_table
from prefdata.records.texts import Flags, Ints
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, write_verdicts
from prefdata.transforms.semantic.threshold import Side

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FilterResult:
    """The rows that a filter judged, in ascending order.

    `values[i]` is the similarity that row `rows[i]` was judged by; `is_taken[i]`: it lies at the
    threshold or beyond, on the `side` of it, and no guard speaks for it; `is_spared[i]`: a guard
    does. `threshold`: NaN where a share was given that no row belongs to. `others[i]`: the row it
    is about besides, -1: none. `passed_by`: why rows were not taken, or not judged, although they
    are here, to how many. `judged`: how many, where `rows` are only some of them. `recall`: of an
    approximate search.
    """

    reason: str
    measure: str
    action: str
    threshold: float
    side: Side
    rows: Ints
    values: Values
    is_taken: Flags
    evidence: Callable[[int], str]
    is_spared: Flags | None = None
    others: Ints | None = None
    judged: int | None = None
    passed_by: Mapping[str, int] = field(default_factory=dict)
    recall: float | None = None

    @property
    def limit(self) -> float | None:
        """The threshold as it can be written to JSON."""
        return None if math.isnan(self.threshold) else self.threshold

    @property
    def count(self) -> int:
        """How many rows were judged."""
        return len(self.rows) if self.judged is None else self.judged


class FilterSummary(msgspec.Struct):
    """What is remembered of a filter: its threshold, how many it judged, and the counts."""

    threshold: float | None
    judged: int
    counts: dict[str, int]
    passed_by: dict[str, int]
    recall: float | None


def write_filter_result(folder: Path, found: FilterResult) -> FilterSummary:
    """Writes `verdicts.arrow`: a line for every row that is taken, with its evidence."""
    taken = np.flatnonzero(found.is_taken)
    others = found.others if found.others is not None else np.full(len(found.rows), -1)
    lines = [
        (int(found.rows[i]), found.action, found.reason, found.evidence(i), _other(others, i))
        for i in taken.tolist()
    ]
    if lines:
        frame = pl.DataFrame(lines, schema=pl.Schema(VERDICT_SCHEMA), orient="row")
        counts = write_verdicts(folder / "verdicts.arrow", frame)
    else:
        write_table(folder / "verdicts.arrow", [], VERDICT_SCHEMA)
        counts = {}
    return FilterSummary(found.limit, found.count, counts, dict(found.passed_by), found.recall)


def _other(others: Ints, position: int) -> int | None:
    other = int(others[position])
    return other if other >= 0 else None
