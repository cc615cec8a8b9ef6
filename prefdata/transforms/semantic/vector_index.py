"""Approximate nearest-neighbour search, for more rows than exact search can handle in time.

A graph of near neighbours (HNSW, Malkov and Yashunin 2018; by usearch) proposes candidates, whose
similarities are computed exactly: what it finds is similar, but it may miss some. Recall is
measured on sampled rows against exact search. The graph stores the bounds of `vector_bounds`, of
all parts side by side: a third of the numbers, in nearly the same order. Nodes are added on one
core, so that the graph is deterministic; look-ups use all cores.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from prefdata.records.arrays import Floats, Ints
from prefdata.transforms.semantic.vector_bounds import Axes, principal_axes
from prefdata.transforms.semantic.vector_rows import VectorRows

_AXES, _AXES_OF_SEVERAL = (
    128,
    64,
)  # of a part in the graph: if it is the only one, or one of several
_EDGES, _WIDTH = (
    16,
    64,
)  # of the graph, and of the search in it: higher values trade time for recall


class VectorIndex:
    """A graph of rows, in which other rows with the same axes are looked up."""

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
        """The coordinates (b, width) of some rows in the graph, at unit length."""
        made = [axes.bound(rows, which) for axes in self._axes]
        return np.concatenate(made, axis=1) / np.float32(np.sqrt(len(made)))

    def add(self, names: Ints, coordinates: Floats) -> None:
        """Adds rows to the graph."""
        if len(names):
            self._graph.add(names.astype(np.uint64), coordinates, threads=1)

    def candidates(self, coordinates: Floats, count: int) -> Ints:
        """The names (b, c) of the nearest rows, ascending, -1 for missing ones."""
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
