"""Search that misses a little, for more rows than exact search is patient with.

A graph of near neighbours (HNSW, Malkov and Yashunin 2018; by usearch) names candidates, and their
similarities are worked out exactly: what is found is alike, but something alike may be missed. How
much is measured on some rows against exact search. What the graph holds are the bounds of
`vector_bounds`, of all parts side by side: a third of the numbers, nearly the same order. Nodes
go in on one core, since on several the graph would come out otherwise each time; look-ups use all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from prefdata.records.texts import Ints
from prefdata.transforms.semantic.vector_bounds import Axes, principal_axes
from prefdata.transforms.semantic.vector_rows import Floats, VectorRows

_AXES, _AXES_OF_SEVERAL = 128, 64  # of a part in the graph: where it is the only one, or not
_EDGES, _WIDTH = 16, 64  # of the graph, and of looking around in it: recall for time


class VectorIndex:
    """A graph of some rows of `rows`, in which others of the same axes are looked up."""

    def __init__(self, rows: VectorRows) -> None:
        from usearch.index import Index

        width = min(_AXES if rows.parts == 1 else _AXES_OF_SEVERAL, rows.dimension)
        parts = range(rows.parts)
        self._axes = [Axes(p, principal_axes(rows, p)[:, :width].copy()) for p in parts]
        self._graph: Any = Index(
            ndim=rows.parts * (width + 1),
            metric="ip",
            dtype="f16",
            connectivity=_EDGES,
            expansion_add=_WIDTH,
            expansion_search=_WIDTH,
        )

    def coordinates(self, rows: VectorRows, which: slice | Ints) -> Floats:
        """(b, numbers): what the graph knows of some rows, of length one."""
        made = [axes.bound(rows, which) for axes in self._axes]
        return np.concatenate(made, axis=1) / np.float32(np.sqrt(len(made)))

    def add(self, names: Ints, coordinates: Floats) -> None:
        """Puts rows into the graph."""
        if len(names):
            self._graph.add(names.astype(np.uint64), coordinates, threads=1)

    def candidates(self, coordinates: Floats, count: int) -> Ints:
        """(b, c): names of the nearest, ascending, -1 in the place of missing ones."""
        count = min(count, len(self._graph))
        if count == 0:
            return np.full((len(coordinates), 0), -1, np.int64)
        self._graph.expansion_search = max(_WIDTH, 2 * count)
        matches = self._graph.search(coordinates, count, threads=0)
        names = np.asarray(matches.keys).reshape(len(coordinates), count).astype(np.int64)
        counts = np.asarray(matches.counts).reshape(-1, 1)
        names[np.arange(count) >= counts] = -1
        names.sort(axis=1)
        return names
