"""Labels of one prompt that go round in a circle: A over B, B over C, C over A.

Each row is an edge from its chosen to its rejected completion. Rows that can be on a circle stand
inside a strongly connected component of that graph; a component of two completions is a label
conflict, which `exact` speaks of. The components are what ELSPR looks at (arXiv 2505.17691).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from prefdata.config.model import LabelsConfig
from prefdata.results.sentences import Sentence, sentence_json

CYCLE = "preference-cycle"
VERDICT_COLUMNS = {
    "row": pl.Int64,
    "verdict": pl.String,
    "reason": pl.String,
    "evidence": pl.String,
    "other": pl.Int64,
    "sentence": pl.String,
}

SEARCHED_WHOLE = 1_000
"""Rows of a component in which every shortest circle is found, however long it takes."""
LEAST_STEPS = 16
"""Steps of a search in a component of any size, so that the work stays linear in its rows."""
_ROWS_NAMED = 8

Edge = tuple[int, int, int]
"""(row, chosen, rejected), the completions as numbers."""
Below = Mapping[int, Mapping[int, int]]
"""Completion to the ones it is preferred to, each with the first row that says so."""


def cycle_verdicts(keys: pl.DataFrame, labels: LabelsConfig) -> pl.DataFrame:
    """Verdicts on the rows of a frame that holds whole prompt groups.

    Takes `row`, `prompt`, `chosen`, `rejected` (keys); gives, in row order, `row`, `verdict`
    (as `labels.cycles` says), `reason`, `evidence` (a shortest circle through the row) and
    `other` (the next row of that circle).

    A circle has three or more completions. Where contradicting labels were let through, a row
    whose only way back is its own contradiction is on none. In components of more than
    `SEARCHED_WHOLE` rows a search gives up after some steps; such a row counts as on a circle,
    its evidence says that none was looked up, and `other` is null.
    """
    edges = _knotted(_numbered(keys)).select("knot", "row", "chosen", "rejected").iter_rows()
    lines = [
        (row, labels.cycles, CYCLE, evidence, other, sentence_json(evidence))
        for _, knot in groupby(edges, itemgetter(0))
        for row, evidence, other in _told([edge[1:] for edge in knot])
    ]
    return pl.DataFrame(lines, VERDICT_COLUMNS, orient="row").sort("row")


def _numbered(keys: pl.DataFrame) -> pl.DataFrame:
    """The rows that may be on a circle; a number for every completion of every prompt."""
    rows = keys.select("row", "prompt", "chosen", "rejected").filter(
        (pl.len().over("prompt") >= 3) & (pl.col("chosen") != pl.col("rejected"))
    )
    sides = [rows.select("prompt", completion=side) for side in ("chosen", "rejected")]
    completions = pl.concat(sides).unique().with_row_index("number")
    for side in ("chosen", "rejected"):
        rows = (
            rows.join(completions, left_on=["prompt", side], right_on=["prompt", "completion"])
            .drop(side)
            .rename({"number": side})
        )
    return rows.select("row", pl.col("chosen", "rejected").cast(pl.Int32))


def _knotted(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows inside components of three or more completions, component by component."""
    if rows.is_empty():
        return rows.with_columns(knot=pl.lit(0, pl.Int32))
    chosen, rejected = rows["chosen"].to_numpy(), rows["rejected"].to_numpy()
    count = 1 + max(chosen.max(), rejected.max())
    graph = csr_array((np.ones(len(rows)), (chosen, rejected)), shape=(count, count))
    _, knots = connected_components(graph, directed=True, connection="strong")
    completions = np.bincount(knots)
    inside = (knots[chosen] == knots[rejected]) & (completions[knots[chosen]] >= 3)
    return rows.with_columns(knot=knots[chosen]).filter(inside).sort("knot", "row")


def _told(edges: Sequence[Edge]) -> Iterator[tuple[int, str, int | None]]:
    """(row, evidence, next row) for the rows of one component that are on a circle."""
    below: dict[int, dict[int, int]] = {}
    for row, chosen, rejected in edges:
        below.setdefault(chosen, {}).setdefault(rejected, row)
    steps = _steps(len(edges))
    for row, chosen, rejected in edges:
        way_back = shortest_way_back(below, rejected, chosen, steps)
        if way_back is None:
            yield row, _not_found(len(edges), len(below), steps), None
        elif way_back:
            yield row, _circle([row, *way_back]), way_back[0]


def _steps(rows: int) -> int:
    # a search looks at each of few rows at most once; of many, at ever fewer
    return rows if rows <= SEARCHED_WHOLE else max(LEAST_STEPS, SEARCHED_WHOLE**2 // rows)


def shortest_way_back(below: Below, start: int, goal: int, steps: int) -> list[int] | None:
    """The rows of a shortest path of two or more edges; empty if there is none, None if given up.

    Breadth first. A completion is asked for the goal when it is first met, not when its turn
    comes, so that in a dense graph, where circles are short, a few steps are enough.
    """
    came_from = {start: start}
    queue = [start]
    for completion in queue:
        for lower in below[completion]:
            if not steps:
                return None
            steps -= 1
            if lower in came_from or lower == goal:  # the goal: from the start alone, in one edge
                continue
            came_from[lower] = completion
            if goal in below[lower]:
                return _rows_along(below, came_from, lower, goal)
            queue.append(lower)
    return []


def _rows_along(below: Below, came_from: Mapping[int, int], last: int, goal: int) -> list[int]:
    rows = [below[last][goal]]
    while (before := came_from[last]) != last:
        rows.append(below[before][last])
        last = before
    return rows[::-1]


def _circle(rows: Sequence[int]) -> Sentence:
    named: list[str] = [Sentence("row", row=row) for row in rows]
    if len(rows) > _ROWS_NAMED:
        named[_ROWS_NAMED - 1 : -1] = ["..."]
    return Sentence("cycle.circle", rows=tuple(named), completions=len(rows))


def _not_found(rows: int, completions: int, steps: int) -> Sentence:
    return Sentence("cycle.not-found", rows=rows, completions=completions, steps=steps)
