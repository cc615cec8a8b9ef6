"""Preference cycles: labels of one prompt such as A over B, B over C, C over A.

Each row is an edge from its chosen to its rejected completion. A row can only be on a cycle if both
ends lie in one strongly connected component of that graph; a component of two completions is a
label conflict, which `exact` handles. ELSPR uses the same components (arXiv 2505.17691).

Of each prompt the rows that a published split holds out most come first. A cycle that others close
falls on those alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np
import polars as pl

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
"""Up to how many rows of a component the search for shortest cycles is exhaustive."""
LEAST_STEPS = 16
"""The least steps of a search in a component of any size; so the work stays linear in its rows."""
_ROWS_NAMED = 8
_TRIMS = 8

Edge = tuple[int, int, int]
"""(row, chosen, rejected), the completions as numbers."""
Below = Mapping[int, Mapping[int, int]]
"""Completion to the completions it is preferred to, each with the first row that states it."""


def cycle_verdicts(keys: pl.DataFrame, labels: LabelsConfig) -> pl.DataFrame:
    """Verdicts on the rows of preference cycles, for a frame with all rows of each prompt.

    `keys`: a frame with `row`, the keys `prompt`, `chosen`, `rejected`, and `held`. Returns,
    ascending by row, `row`, `verdict` (by `labels.cycles`), `reason`, `evidence` (a shortest cycle
    through the row) and `other` (the next row of that cycle).

    A cycle has three or more completions; a row whose only path back is a direct contradiction of
    it is on no cycle. In components of more than `SEARCHED_WHOLE` rows a search stops after some
    steps: such a row counts as on a cycle, its evidence says so, and `other` is null.
    """
    is_held = keys["held"] == keys.select(pl.col("held").max().over("prompt"))["held"]
    held = _cycles(keys.filter(is_held), labels.cycles)
    if is_held.all():
        return held
    left = keys.join(held.filter(pl.col("verdict") == "drop"), on="row", how="anti")
    closed = _cycles(left, labels.cycles).join(held, on="row", how="anti")
    falls = closed["row"].is_in(keys["row"].filter(~is_held).implode())
    return pl.concat(
        [held, closed.filter(falls), closed.filter(~falls).with_columns(verdict=pl.lit("flag"))]
    ).sort("row")


def _cycles(keys: pl.DataFrame, verdict: str) -> pl.DataFrame:
    """The same verdict on each row that is on a cycle."""
    edges = _in_components(_numbered(keys)).select("knot", "row", "chosen", "rejected").iter_rows()
    lines = [
        (row, verdict, CYCLE, evidence, other, sentence_json(evidence))
        for _, knot in groupby(edges, itemgetter(0))
        for row, evidence, other in _evidence([edge[1:] for edge in knot])
    ]
    return pl.DataFrame(lines, VERDICT_COLUMNS, orient="row").sort("row")


def _numbered(keys: pl.DataFrame) -> pl.DataFrame:
    """The rows that may be on a cycle, with a number for every completion of every prompt."""
    rows = keys.select("row", "prompt", "chosen", "rejected").filter(
        (pl.len().over("prompt") >= 3) & (pl.col("chosen") != pl.col("rejected"))
    )
    completion_frames = [rows.select("prompt", completion=side) for side in ("chosen", "rejected")]
    completions = pl.concat(completion_frames).unique().with_row_index("number")
    for side in ("chosen", "rejected"):
        rows = (
            rows.join(completions, left_on=["prompt", side], right_on=["prompt", "completion"])
            .drop(side)
            .rename({"number": side})
        )
    return rows.select("row", pl.col("chosen", "rejected").cast(pl.Int32))


def _in_components(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows within components of three or more completions, component by component."""
    rows = _trimmed(rows)
    if rows.is_empty():
        return rows.with_columns(knot=pl.lit(0, pl.Int32))
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    chosen, rejected = rows["chosen"].to_numpy(), rows["rejected"].to_numpy()
    count = 1 + max(chosen.max(), rejected.max())
    graph = csr_array((np.ones(len(rows)), (chosen, rejected)), shape=(count, count))
    _, knots = connected_components(graph, directed=True, connection="strong")
    completions = np.bincount(knots)
    inside = (knots[chosen] == knots[rejected]) & (completions[knots[chosen]] >= 3)
    return rows.with_columns(knot=knots[chosen]).filter(inside).sort("knot", "row")


def _trimmed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without most of those that no circle passes: nothing is preferred to their chosen
    completion, or their rejected one to nothing. Often nothing is left, and the search ends."""
    chosen, rejected = rows["chosen"].to_numpy(), rows["rejected"].to_numpy()
    left = np.arange(len(rows))
    for _ in range(_TRIMS):
        above, below = chosen[left], rejected[left]
        inside = np.isin(above, below) & np.isin(below, above)
        left = left[inside]
        if inside.all():
            break
    return rows[left]


def _evidence(edges: Sequence[Edge]) -> Iterator[tuple[int, str, int | None]]:
    """(row, evidence, next row) for the rows of one component that are on a cycle."""
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
    # with few rows every search may visit all of them; with many, the budget shrinks
    return rows if rows <= SEARCHED_WHOLE else max(LEAST_STEPS, SEARCHED_WHOLE**2 // rows)


def shortest_way_back(below: Below, start: int, goal: int, steps: int) -> list[int] | None:
    """The rows of a shortest path of two or more edges from `start` to `goal`.

    Empty if there is none, None if the search gave up after `steps` steps. Breadth-first search; a
    completion is tested for the goal when it is discovered, not when it is expanded, so that a few
    steps suffice in a dense graph.
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
