"""The result of a filter: the value of every row, the threshold, and the evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from prefdata.records.arrays import Flags, Floats, Ints
from prefdata.steps.verdict_tables import verdict_frame, write_verdicts
from prefdata.transforms.semantic.threshold import Side


@dataclass(frozen=True)
class FilterResult:
    """The rows that a filter examined, ascending. All arrays have shape (n).

    `values`: what is compared with the threshold, for example a similarity. `is_taken`: the value
    lies at the threshold or beyond it on its `side`, and no guard spares the row; `is_spared`: a
    guard does. `threshold`: NaN for a share of the rows that is less than one row. `others`: the
    second row of the verdict, -1 for none. `passed_by`: reason to number of rows that were spared
    or not examined. `examined`: how many rows, if `rows` are only some of them. `recall`: of an
    approximate search, 0 to 1.
    """

    reason: str
    measure: str
    action: str
    threshold: float
    side: Side
    rows: Ints
    values: Floats
    is_taken: Flags
    evidence: Callable[[int], str]
    is_spared: Flags | None = None
    others: Ints | None = None
    examined: int | None = None
    passed_by: Mapping[str, int] = field(default_factory=dict)
    recall: float | None = None

    @property
    def limit(self) -> float | None:
        """The threshold for JSON: None instead of NaN."""
        return None if math.isnan(self.threshold) else self.threshold

    @property
    def count(self) -> int:
        """How many rows were examined."""
        return len(self.rows) if self.examined is None else self.examined


class FilterSummary(msgspec.Struct):
    """What a run keeps of a filter: the threshold, rows `examined`, "verdict:reason" to rows in
    `counts`, and `passed_by` and `recall` of its result."""

    threshold: float | None
    examined: int
    counts: dict[str, int]
    passed_by: dict[str, int]
    recall: float | None


def write_filter_result(folder: Path, result: FilterResult) -> FilterSummary:
    """Writes `verdicts.arrow` to a folder: one line with evidence for every row that is taken."""
    taken = np.flatnonzero(result.is_taken)
    others = result.others if result.others is not None else np.full(len(result.rows), -1)
    lines = [
        (int(result.rows[i]), result.action, result.reason, result.evidence(i), _other(others, i))
        for i in taken.tolist()
    ]
    counts = write_verdicts(folder / "verdicts.arrow", verdict_frame(lines))
    return FilterSummary(result.limit, result.count, counts, dict(result.passed_by), result.recall)


def _other(others: Ints, position: int) -> int | None:
    other = int(others[position])
    return other if other >= 0 else None
