"""Verdicts on rows that are nearly the same, and on those that nearly contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from prefdata.config.model import LabelsConfig, NearConfig
from prefdata.records.texts import Ints
from prefdata.transforms.compare.clusters import overruled, representatives

NEAR_DUPLICATE, NEAR_CONFLICT = "near-duplicate", "near-conflict"

Line = tuple[int, str, str, str, int]
"""row, verdict, reason, evidence, other"""


@dataclass(frozen=True)
class ComparedNear:
    """What a comparison came to: nodes by rank, and the pairs of them that are alike."""

    rows: Ints
    votes: Ints
    margins: np.ndarray
    edges: pl.DataFrame
    """`low`, `high` (ranks), `prompt`, `first`, `second` (similarities), `crossed`."""


@dataclass(frozen=True)
class Edge:
    """Another node, and how alike it is, part by part."""

    other: int
    prompt: float
    first: float
    second: float

    @property
    def overall(self) -> float:
        return min(self.prompt, self.first, self.second)


@dataclass
class Conflicts:
    """Opposite labels: by node the most similar contradiction, by cluster the first of them."""

    of_node: dict[int, Edge] = field(default_factory=dict)
    of_cluster: dict[int, tuple[int, Edge]] = field(default_factory=dict)
    clusters: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def of(cls, crossed: pl.DataFrame, chosen: Ints) -> Conflicts:
        """Out of the edges with opposite labels; `chosen` is the representative of each node."""
        found = cls()
        for low, high, *parts in crossed.drop("crossed").iter_rows():
            one, other = int(chosen[low]), int(chosen[high])
            if one == other:  # alike both ways round: nothing to contradict
                continue
            found.clusters.add((min(one, other), max(one, other)))
            found._note(low, one, Edge(high, *parts))
            found._note(high, other, Edge(low, *parts))
        return found

    def _note(self, node: int, cluster: int, edge: Edge) -> None:
        known = self.of_node.get(node)
        if known is None or edge.overall > known.overall:
            self.of_node[node] = edge
        self.of_cluster.setdefault(cluster, (node, edge))


def near_verdicts(compared: ComparedNear, near: NearConfig, labels: LabelsConfig) -> list[Line]:
    """What there is to say of each node, in the order of their numbers.

    Rows that agree come first: each cluster keeps one. Then labels: where clusters contradict each
    other, all rows of a cluster follow the policy. A row that contradicts nobody itself goes with
    its cluster, and its evidence names the row that does.
    """
    count = len(compared.rows)
    same = compared.edges.filter(~pl.col("crossed"))
    chosen = representatives(count, same["low"].to_numpy(), same["high"].to_numpy())
    conflicts = Conflicts.of(compared.edges.filter(pl.col("crossed")), chosen)
    gone = overruled(
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
    """Every represented node with the edge to its representative."""
    low, high = same["low"].to_numpy(), same["high"].to_numpy()
    to_representative = same.filter(pl.Series(chosen[high] == low))
    for one, other, *parts in to_representative.drop("crossed").iter_rows():
        yield other, Edge(one, *parts)


def _largest(margins: np.ndarray, chosen: Ints) -> np.ndarray:
    """The largest margin of each cluster; NaN where none of its rows has one."""
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
    told = f" ({parts.format(edge)})" if parts else ""
    evidence = f"{what}similarity {edge.overall:.3f} to row {other}{told}"
    return int(rows[node]), near.action, NEAR_DUPLICATE, evidence, other


def _conflict_line(node: int, cluster: int, verdict: str, conflicts: Conflicts, rows: Ints) -> Line:
    edge = conflicts.of_node.get(node)
    if edge is not None:
        other = int(rows[edge.other])
        evidence = (
            f"row {other} prefers the other completion; "
            f"similarity {edge.overall:.3f} ({_CROSSED_PARTS.format(_seen_from(node, edge))})"
        )
    else:
        speaker, edge = conflicts.of_cluster[cluster]
        other = int(rows[edge.other])
        evidence = (
            f"near-duplicate of row {int(rows[cluster])}, whose cluster is contradicted: "
            f"row {other} says the opposite of row {int(rows[speaker])}"
        )
    return int(rows[node]), verdict, NEAR_CONFLICT, evidence, other


def _seen_from(node: int, edge: Edge) -> Edge:
    """The edge with the parts named for this row: `first` is of the lower one's chosen."""
    if node < edge.other:
        return edge
    return Edge(edge.other, edge.prompt, edge.second, edge.first)
