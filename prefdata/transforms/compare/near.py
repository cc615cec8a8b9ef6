"""Verdicts on rows that are nearly the same, and on those that nearly contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from prefdata.config.model import LabelsConfig, NearConfig
from prefdata.records.texts import Ints
from prefdata.results.sentences import Sentence
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


def _duplicate_line(node: int, edge: Edge, rows: Ints, near: NearConfig) -> Line:
    other = int(rows[edge.other])
    return int(rows[node]), near.action, NEAR_DUPLICATE, _alike(edge, other, near.on), other


def _alike(edge: Edge, other: int, on: Literal["pair", "prompt", "completion"]) -> Sentence:
    whole, first, second = edge.overall, edge.first, edge.second
    if on == "prompt":
        return Sentence("near.prompt", similarity=whole, other=other)
    if on == "completion":
        return Sentence(
            "near.completion", similarity=whole, other=other, first=first, second=second
        )
    return Sentence(
        "near.pair",
        similarity=whole,
        other=other,
        prompt=edge.prompt,
        first=first,
        second=second,
    )


def _conflict_line(node: int, cluster: int, verdict: str, conflicts: Conflicts, rows: Ints) -> Line:
    edge = conflicts.of_node.get(node)
    if edge is not None:
        other = int(rows[edge.other])
        evidence = _opposed(_seen_from(node, edge), other)
    else:
        speaker, edge = conflicts.of_cluster[cluster]
        other = int(rows[edge.other])
        evidence = Sentence(
            "near.contradicted", row=int(rows[cluster]), other=other, speaker=int(rows[speaker])
        )
    return int(rows[node]), verdict, NEAR_CONFLICT, evidence, other


def _opposed(edge: Edge, other: int) -> Sentence:
    return Sentence(
        "near.opposite",
        other=other,
        similarity=edge.overall,
        prompt=edge.prompt,
        first=edge.first,
        second=edge.second,
    )


def _seen_from(node: int, edge: Edge) -> Edge:
    """The edge with the parts named for this row: `first` is of the lower one's chosen."""
    if node < edge.other:
        return edge
    return Edge(edge.other, edge.prompt, edge.second, edge.first)
