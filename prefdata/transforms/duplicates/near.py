"""Verdicts on near-duplicates and near-conflicts.

The rows of a cluster that published splits hold out as much have one label: they stand or fall
together. A contradiction between such *sides* that are not held out as much falls on the one that
is held out less, so that a row of a published test split never goes for one of train.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from prefdata.config.model import LabelsConfig, NearConfig
from prefdata.records.arrays import Flags, Ints
from prefdata.results.sentences import Sentence, joined
from prefdata.transforms.duplicates.representatives import overruled_clusters, representatives
from prefdata.transforms.duplicates.told_apart import Told

NEAR_DUPLICATE, NEAR_CONFLICT = "near-duplicate", "near-conflict"

Line = tuple[int, str, str, str, int]
"""row, verdict, reason, evidence, other"""


@dataclass(frozen=True)
class ComparedNear:
    """The result of a comparison: n nodes by rank, each array (n), those `held` out more first; and
    `edges` between similar nodes."""

    rows: Ints
    votes: Ints
    margins: np.ndarray
    held: Ints
    edges: pl.DataFrame
    """`low`, `high` (ranks), `prompt`, `first`, `second` (similarities), `crossed`; `part`, `kind`,
    `low_has`, `high_has`: what sets the two apart, null for nothing but form."""


@dataclass(frozen=True)
class Edge:
    """Another node, its similarity part by part (0 to 1), and what sets it apart, if anything."""

    other: int
    prompt: float
    first: float
    second: float
    told: Told | None = None

    @classmethod
    def of(
        cls,
        other: int,
        prompt: float,
        first: float,
        second: float,
        _: bool,
        part: str,
        kind: str | None,
        *says: str,
    ) -> Edge:
        """From the columns of a line of `edges`."""
        return cls(other, prompt, first, second, Told(part, kind, *says) if kind else None)

    @property
    def overall(self) -> float:
        return min(self.prompt, self.first, self.second)


@dataclass
class Conflicts:
    """Opposite labels: the most similar contradiction of each node, the first of each side, and
    pairs of contradicting sides."""

    of_node: dict[int, Edge] = field(default_factory=dict)
    of_side: dict[int, tuple[int, Edge]] = field(default_factory=dict)
    sides: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def of(cls, crossed: pl.DataFrame, chosen: Ints, sides: Ints) -> Conflicts:
        """From the edges with opposite labels; `chosen` (n): the representative of each node;
        `sides` (n): the first node of its side."""
        conflicts = cls()
        for low, high, *columns in crossed.iter_rows():
            if chosen[low] == chosen[high]:  # similar in both orientations: no contradiction
                continue
            one, other = int(sides[low]), int(sides[high])
            conflicts.sides.add((min(one, other), max(one, other)))
            conflicts._note(low, one, Edge.of(high, *columns))
            conflicts._note(high, other, Edge.of(low, *columns))
        return conflicts

    def _note(self, node: int, side: int, edge: Edge) -> None:
        known = self.of_node.get(node)
        if known is None or edge.overall > known.overall:
            self.of_node[node] = edge
        self.of_side.setdefault(side, (node, edge))

    def follow(self, chosen: Ints, sides: Ints, gone: set[int]) -> None:
        """Adds the sides of clusters whose first side goes to those that go: they are copies of
        rows that are contradicted."""
        for node in np.flatnonzero(sides == np.arange(len(sides))).tolist():
            first = int(chosen[node])
            if first in gone and node not in gone:
                gone.add(node)
                self.of_side.setdefault(node, self.of_side[first])


def near_verdicts(compared: ComparedNear, near: NearConfig, labels: LabelsConfig) -> list[Line]:
    """The verdicts on nodes, ascending by number.

    First duplicates: each cluster of nodes that differ in form only keeps its representative. Then
    conflicts: if sides contradict each other, the policy applies to all rows of a side. For a row
    without a contradiction of its own, the evidence names the row of its side that has one.
    Last, flags on nodes that stay and are similar to others that stay, but are told apart.
    """
    count = len(compared.rows)
    is_same, is_crossed = pl.col("kind").is_null(), pl.col("crossed")
    same = compared.edges.filter(is_same & ~is_crossed)
    chosen = representatives(count, same["low"].to_numpy(), same["high"].to_numpy())
    sides = _sides(chosen, compared.held)
    conflicts = Conflicts.of(compared.edges.filter(is_same & is_crossed), chosen, sides)
    gone = overruled_clusters(
        labels.conflict,
        conflicts.sides,
        np.bincount(sides, compared.votes, count).astype(np.int64),
        _largest(compared.margins, sides),
        compared.held,
    )
    conflicts.follow(chosen, sides, gone)
    duplicates = dict(_duplicates(same, chosen))
    lines: list[Line] = []
    contradicted = np.flatnonzero(np.isin(sides, list(conflicts.of_side)))
    for node in sorted({*duplicates, *contradicted.tolist()}):
        side = int(sides[node])
        if node in duplicates and side not in gone:
            lines.append(_duplicate_line(node, duplicates[node], compared.rows, near))
        if side in gone or (node in conflicts.of_node and _is_kept(node, int(chosen[node]), near)):
            verdict = "drop" if side in gone else "flag"
            lines.append(_conflict_line(node, side, verdict, conflicts, compared.rows, near))
    stays = (chosen == np.arange(count)) & ~np.isin(chosen, list(gone))
    lines += _flags(compared, stays, near)
    rank = {int(row): node for node, row in enumerate(compared.rows)}
    return sorted(lines, key=lambda line: rank[line[0]])


def _flags(compared: ComparedNear, stays: Flags, near: NearConfig) -> Iterator[Line]:
    """Flags on nodes that stay: similar to another, or labelled the other way round, but told
    apart. A duplicate names a node that no other node is named for."""
    told = compared.edges.filter(pl.col("kind").is_not_null())
    both = stays[told["low"].to_numpy()] & stays[told["high"].to_numpy()]
    told = told.filter(pl.Series(both))
    alike = told.filter(~pl.col("crossed"))
    count = len(compared.rows)
    named = representatives(count, alike["low"].to_numpy(), alike["high"].to_numpy())
    for node, edge in _duplicates(alike, named):
        yield _duplicate_line(node, edge, compared.rows, near, verdict="flag")
    each = np.arange(count)
    opposed = Conflicts.of(told.filter(pl.col("crossed")), each, each)
    for node in opposed.of_node:
        yield _conflict_line(node, node, "flag", opposed, compared.rows, near)


def _is_kept(node: int, representative: int, near: NearConfig) -> bool:
    return node == representative or near.action == "flag"


def _duplicates(same: pl.DataFrame, chosen: Ints) -> Iterator[tuple[int, Edge]]:
    """(node, edge to its representative) for every node that is not one itself."""
    low, high = same["low"].to_numpy(), same["high"].to_numpy()
    to_representative = same.filter(pl.Series(chosen[high] == low))
    for one, other, *columns in to_representative.iter_rows():
        yield other, Edge.of(one, *columns)


def _sides(chosen: Ints, held: Ints) -> Ints:
    """The first node of the side of each node (n): of its cluster, and held out as much."""
    keys = chosen * (1 + int(held.max(initial=0))) + held
    _, firsts, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return np.asarray(firsts[inverse], np.int64)


def _largest(margins: np.ndarray, sides: Ints) -> np.ndarray:
    """The largest margin of each side; NaN if no row of it has one."""
    largest = np.full(len(margins), -np.inf)
    known = ~np.isnan(margins)
    np.maximum.at(largest, sides[known], margins[known])
    return np.where(np.isinf(largest), np.nan, largest)


def _duplicate_line(
    node: int, edge: Edge, rows: Ints, near: NearConfig, verdict: str | None = None
) -> Line:
    other = int(rows[edge.other])
    evidence = _with_difference(_alike(edge, other, near), _as_seen_by(node, edge))
    return int(rows[node]), verdict or near.action, NEAR_DUPLICATE, evidence, other


def _with_difference(evidence: Sentence, edge: Edge) -> Sentence:
    return evidence if edge.told is None else joined(evidence, edge.told.sentence())


def _alike(edge: Edge, other: int, near: NearConfig) -> Sentence:
    common = {"similarity": edge.overall, "other": other, "threshold": near.threshold}
    if near.on == "prompt":
        return Sentence("near.prompt", **common)
    sides = {"first": edge.first, "second": edge.second}
    if near.on == "completion":
        return Sentence("near.completion", **common, **sides)
    return Sentence("near.pair", **common, **sides, prompt=edge.prompt)


def _conflict_line(
    node: int, side: int, verdict: str, conflicts: Conflicts, rows: Ints, near: NearConfig
) -> Line:
    edge = conflicts.of_node.get(node)
    if edge is not None:
        other = int(rows[edge.other])
        seen = _as_seen_by(node, edge)
        evidence = _with_difference(_opposed(seen, other, near), seen)
    else:
        speaker, edge = conflicts.of_side[side]
        other = int(rows[edge.other])
        evidence = Sentence(
            "near.contradicted", row=int(rows[side]), other=other, speaker=int(rows[speaker])
        )
    return int(rows[node]), verdict, NEAR_CONFLICT, evidence, other


def _opposed(edge: Edge, other: int, near: NearConfig) -> Sentence:
    return Sentence(
        "near.opposite",
        other=other,
        similarity=edge.overall,
        threshold=near.threshold,
        prompt=edge.prompt,
        first=edge.first,
        second=edge.second,
    )


def _as_seen_by(node: int, edge: Edge) -> Edge:
    """A crossed edge with parts named from the point of view of `node`; in an edge, `first` refers
    to the chosen of the lower node, and so does what sets the two apart."""
    if node < edge.other:
        return edge
    told = None if edge.told is None else edge.told.mirrored
    return Edge(edge.other, edge.prompt, edge.second, edge.first, told)
