"""Verdicts on near-duplicates and near-conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from prefdata.config.model import LabelsConfig, NearConfig
from prefdata.records.arrays import Ints
from prefdata.transforms.compare.clusters import overruled_clusters, representatives

NEAR_DUPLICATE, NEAR_CONFLICT = "near-duplicate", "near-conflict"

Line = tuple[int, str, str, str, int]
"""row, verdict, reason, evidence, other"""


@dataclass(frozen=True)
class ComparedNear:
    """The result of a comparison: n nodes by rank, each array (n), and `edges` between similar
    nodes."""

    rows: Ints
    votes: Ints
    margins: np.ndarray
    edges: pl.DataFrame
    """`low`, `high` (ranks), `prompt`, `first`, `second` (similarities), `crossed`."""


@dataclass(frozen=True)
class Edge:
    """Another node, and its similarity part by part (0 to 1)."""

    other: int
    prompt: float
    first: float
    second: float

    @property
    def overall(self) -> float:
        return min(self.prompt, self.first, self.second)


@dataclass
class Conflicts:
    """Opposite labels: the most similar contradiction of each node, the first of each cluster, and
    pairs of contradicting clusters."""

    of_node: dict[int, Edge] = field(default_factory=dict)
    of_cluster: dict[int, tuple[int, Edge]] = field(default_factory=dict)
    clusters: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def of(cls, crossed: pl.DataFrame, chosen: Ints) -> Conflicts:
        """From the edges with opposite labels; `chosen` (n): the representative of each node."""
        conflicts = cls()
        for low, high, *parts in crossed.drop("crossed").iter_rows():
            one, other = int(chosen[low]), int(chosen[high])
            if one == other:  # similar in both orientations: no contradiction
                continue
            conflicts.clusters.add((min(one, other), max(one, other)))
            conflicts._note(low, one, Edge(high, *parts))
            conflicts._note(high, other, Edge(low, *parts))
        return conflicts

    def _note(self, node: int, cluster: int, edge: Edge) -> None:
        known = self.of_node.get(node)
        if known is None or edge.overall > known.overall:
            self.of_node[node] = edge
        self.of_cluster.setdefault(cluster, (node, edge))


def near_verdicts(compared: ComparedNear, near: NearConfig, labels: LabelsConfig) -> list[Line]:
    """The verdicts on nodes, ascending by number.

    First duplicates: each cluster keeps its representative. Then conflicts: if clusters contradict
    each other, the policy applies to all rows of a cluster. For a row without a contradiction of
    its own, the evidence names the row of its cluster that has one.
    """
    count = len(compared.rows)
    same = compared.edges.filter(~pl.col("crossed"))
    chosen = representatives(count, same["low"].to_numpy(), same["high"].to_numpy())
    conflicts = Conflicts.of(compared.edges.filter(pl.col("crossed")), chosen)
    gone = overruled_clusters(
        labels.conflict,
        conflicts.clusters,
        np.bincount(chosen, compared.votes, count).astype(np.int64),
        _largest(compared.margins, chosen),
    )
    duplicates = dict(_duplicates(same, chosen))
    lines: list[Line] = []
    contradicted = np.flatnonzero(np.isin(chosen, list(conflicts.of_cluster)))
    for node in sorted({*duplicates, *contradicted.tolist()}):
        cluster = int(chosen[node])
        if node in duplicates and cluster not in gone:
            lines.append(_duplicate_line(node, duplicates[node], compared.rows, near))
        if cluster in gone or (node in conflicts.of_node and _is_kept(node, cluster, near)):
            verdict = "drop" if cluster in gone else "flag"
            lines.append(_conflict_line(node, cluster, verdict, conflicts, compared.rows))
    return lines


def _is_kept(node: int, cluster: int, near: NearConfig) -> bool:
    return node == cluster or near.action == "flag"


def _duplicates(same: pl.DataFrame, chosen: Ints) -> Iterator[tuple[int, Edge]]:
    """(node, edge to its representative) for every node that is not one itself."""
    low, high = same["low"].to_numpy(), same["high"].to_numpy()
    to_representative = same.filter(pl.Series(chosen[high] == low))
    for one, other, *parts in to_representative.drop("crossed").iter_rows():
        yield other, Edge(one, *parts)


def _largest(margins: np.ndarray, chosen: Ints) -> np.ndarray:
    """The largest margin of each cluster; NaN if no row of it has one."""
    largest = np.full(len(margins), -np.inf)
    known = ~np.isnan(margins)
    np.maximum.at(largest, chosen[known], margins[known])
    return np.where(np.isinf(largest), np.nan, largest)


_SAME_PARTS = {
    "pair": "prompt {0.prompt:.3f}, chosen {0.first:.3f}, rejected {0.second:.3f}",
    "completion": "chosen {0.first:.3f}, rejected {0.second:.3f}",
}
_CROSSED_PARTS = (
    "prompt {0.prompt:.3f}, chosen as its rejected {0.first:.3f}, "
    "rejected as its chosen {0.second:.3f}"
)


def _duplicate_line(node: int, edge: Edge, rows: Ints, near: NearConfig) -> Line:
    other = int(rows[edge.other])
    what = "" if near.on == "pair" else f"{near.on} "
    parts = _SAME_PARTS.get(near.on)
    details = f" ({parts.format(edge)})" if parts else ""
    evidence = f"{what}similarity {edge.overall:.3f} to row {other}{details}"
    return int(rows[node]), near.action, NEAR_DUPLICATE, evidence, other


def _conflict_line(node: int, cluster: int, verdict: str, conflicts: Conflicts, rows: Ints) -> Line:
    edge = conflicts.of_node.get(node)
    if edge is not None:
        other = int(rows[edge.other])
        evidence = (
            f"row {other} prefers the other completion; "
            f"similarity {edge.overall:.3f} ({_CROSSED_PARTS.format(_as_seen_by(node, edge))})"
        )
    else:
        speaker, edge = conflicts.of_cluster[cluster]
        other = int(rows[edge.other])
        evidence = (
            f"near-duplicate of row {int(rows[cluster])}, whose cluster is contradicted: "
            f"row {other} says the opposite of row {int(rows[speaker])}"
        )
    return int(rows[node]), verdict, NEAR_CONFLICT, evidence, other


def _as_seen_by(node: int, edge: Edge) -> Edge:
    """The edge with parts named from the point of view of `node`; in an edge, `first` refers to
    the chosen of the lower node."""
    if node < edge.other:
        return edge
    return Edge(edge.other, edge.prompt, edge.second, edge.first)
