"""Groups of prompts that must share a split, and the split of each group.

Rows are processed in order. A *node* is the first occurrence of a prompt with its first turn. It is
linked to earlier nodes with the same prompt, the same first turn or a similar prompt, and joins
their group. A node without links begins a group, whose split is decided at once (`split`). A node
that links groups of different splits is a *bridge*: any split would leak, so it gets no group and
is ignored by later nodes (or, by config, merges the groups into the oldest). By induction,

- two linked nodes that have a group share it, and a group is in one split;
- the group and split of a node depend on earlier nodes only.

Giant groups are found only at the end, as connected components of *all* links. They are moved to
train; since no link leaves a component, nothing else has to move.

Rows with a published split keep it. Their nodes come first, those of test before those of
validation and train, so that all that is held out stands when the rest arrives. A published node
that is linked to one of a split held out more is a *leak* and gets no group. A node without a
published split, in a component that knows only one, goes there; a component with published rows is
never giant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from prefdata.config.model import SplitConfig
from prefdata.records.arrays import Flags, Ints
from prefdata.transforms.split.components import lowest_connected
from prefdata.transforms.split.published import NO_SPLIT
from prefdata.transforms.split.split import SPLITS, TEST, TRAIN, Balance, Codes, wished_splits

GIANT_ROWS = 10
"""Smaller groups are never giant: in a small dataset, any group is a large share."""

NOWHERE = -1
SAME_PROMPT, SAME_TURN, SIMILAR = "same prompt", "same first turn", "similar prompt"


@dataclass(frozen=True)
class RowKeys:
    """The keys of n rows in row order, each array (n), and `edges` (m, 2): positions of rows with
    similar prompts.

    Dropped rows are included: appending rows may change which rows are dropped, and must not move
    others to another split. `is_kept` affects only the size of groups. `published` (n): the
    published split of every row, `NO_SPLIT` for none.
    """

    prompts: npt.NDArray[np.uint64]
    turns: npt.NDArray[np.uint64]
    sources: Ints
    is_kept: Flags
    edges: Ints
    published: Codes | None = None


class PromptLink(NamedTuple):
    """A link to a node, and its kind."""

    node: int
    kind: str


@dataclass(frozen=True)
class Bridge:
    """A node that links nodes of different splits: `one` is the oldest linked node, `other` the
    oldest one in another split."""

    node: int
    one: PromptLink
    other: PromptLink


@dataclass(frozen=True)
class Leak:
    """A node of a published split that is linked to `one`, of a split that is held out more."""

    node: int
    one: PromptLink


@dataclass(frozen=True)
class Giant:
    """A group that is too large for any split but train; `sources`: kept rows by source."""

    head: int
    rows: int
    sources: dict[int, int]


@dataclass(frozen=True)
class Groups:
    """The result for n rows and m nodes."""

    nodes: Ints
    """The node of every row (n)."""
    firsts: Ints
    """The position of the first row of every node (m)."""
    heads: Ints
    """The node that began the group of every node (m); `NOWHERE` for a bridge or a leak."""
    splits: Codes
    """The split of every node (m); undefined for a bridge. A leak has its published one."""
    bridges: tuple[Bridge, ...]
    giants: tuple[Giant, ...]
    leaks: tuple[Leak, ...] = ()


def find_groups_of(keys: RowKeys, config: SplitConfig) -> Groups:
    """Groups the rows and decides the split of every group."""
    nodes = _nodes_of(keys, first_turn=config.first_turn)
    oldest = _oldest(nodes)
    walk = _stand(nodes, _pinned(nodes, oldest), keys, config)
    heads, splits = walk.heads, walk.splits
    giants = tuple(_giants(oldest[nodes.of_rows], keys, config))
    giants = tuple(giant for giant in giants if nodes.published[giant.head] == NO_SPLIT)
    is_giant = np.isin(oldest, [giant.head for giant in giants])
    heads[is_giant], splits[is_giant] = oldest[is_giant], TRAIN
    bridges = tuple(bridge for bridge in walk.bridges if not is_giant[bridge.node])
    return Groups(nodes.of_rows, nodes.firsts, heads, splits, bridges, giants, tuple(walk.leaks))


@dataclass(frozen=True)
class _Nodes:
    """Nodes in row order, those with a published split first and of these what is held out most,
    with the numbers (from 0) of their prompt and first turn, and their published split."""

    of_rows: Ints
    firsts: Ints
    prompts: Ints
    turns: Ints
    published: Codes
    similar: Ints
    """Pairs (k, 2) of similar prompts in both directions, sorted."""


def _nodes_of(keys: RowKeys, *, first_turn: bool) -> _Nodes:
    prompts, _ = _numbered(keys.prompts)
    turns = _numbered(keys.turns)[0] if first_turn else prompts
    ties = prompts * (int(turns.max(initial=0)) + 1) + turns
    if keys.published is None:
        of_rows, firsts = _numbered(ties)
        published = np.full(len(firsts), NO_SPLIT, np.int8)
    else:
        of_rows, firsts = _numbered(ties * (len(SPLITS) + 1) + keys.published - NO_SPLIT)
        order = np.argsort(-keys.published[firsts], kind="stable")
        of_rows, firsts = np.argsort(order)[of_rows], firsts[order]
        published = keys.published[firsts]
    one, other = prompts[keys.edges.reshape(-1, 2)].T
    base = int(prompts.max(initial=0)) + 1
    pairs = np.unique(np.concatenate([one * base + other, other * base + one]))
    similar = np.stack(np.divmod(pairs, base), axis=1)
    return _Nodes(of_rows, firsts, prompts[firsts], turns[firsts], published, similar)


def _numbered(values: npt.NDArray[np.generic]) -> tuple[Ints, Ints]:
    """Numbers distinct values by first occurrence; returns numbers and first positions."""
    _, firsts, inverse = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(firsts)
    numbers = np.empty(len(firsts), np.int64)
    numbers[order] = np.arange(len(firsts))
    return numbers[inverse.reshape(-1)], firsts[order]


@dataclass
class _Standing:
    """A union-find of the nodes so far that have a group, indexed by prompt and first turn."""

    by_prompt: dict[int, int] = field(default_factory=dict)
    by_turn: dict[int, int] = field(default_factory=dict)
    parents: dict[int, int] = field(default_factory=dict)

    def met(self, prompt: int, turn: int, similar: Iterable[int]) -> list[PromptLink]:
        """The links of a node with this prompt and turn, the oldest node first.

        Of several nodes with the same prompt or turn only the first, since they share a group.
        """
        links = [(self.by_prompt.get(prompt), SAME_PROMPT), (self.by_turn.get(turn), SAME_TURN)]
        links += [(self.by_prompt.get(other), SIMILAR) for other in similar]
        met = [PromptLink(node, kind) for node, kind in links if node is not None]
        return sorted(met, key=itemgetter(0)) if len(met) > 1 else met

    def head(self, node: int) -> int:
        """The node that began the group of a node."""
        while (parent := self.parents[node]) != node:
            self.parents[node] = node = self.parents[parent]
        return node

    def heads(self, count: int) -> Ints:
        """The heads (count) of the first `count` nodes; a node that was not added is its own."""
        heads = np.arange(count)
        for node in self.parents:
            heads[node] = self.head(node)
        return heads

    def add(self, node: int, prompt: int, turn: int, heads: Iterable[int]) -> int:
        """Merges the groups of some heads into the oldest, adds the node to it; returns its
        head."""
        head = min(heads, default=node)
        for other in (node, *heads):
            self.parents[other] = head
        self.by_prompt.setdefault(prompt, node)
        self.by_turn.setdefault(turn, node)
        return head


def _pinned(nodes: _Nodes, oldest: Ints) -> Codes:
    """The split (m) in which every node must stand, `NO_SPLIT` if that is to be decided.

    `oldest` (m): the first node of the component of every node.
    """
    pinned = nodes.published.copy()
    is_published = pinned != NO_SPLIT
    least = np.full(len(pinned), TEST, np.int8)
    np.minimum.at(least, oldest[is_published], pinned[is_published])
    # the first node of a component has its highest published split
    is_sole = (pinned[oldest] == least[oldest]) & ~is_published
    pinned[is_sole] = pinned[oldest[is_sole]]
    return pinned


@dataclass
class _Walk:
    """What became of every node (m): see `Groups`."""

    heads: Ints
    splits: Codes
    bridges: list[Bridge] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)


def _stand(nodes: _Nodes, pinned: Codes, keys: RowKeys, config: SplitConfig) -> _Walk:
    """Walks over all nodes in order; `pinned` (m): see `_pinned`."""
    wishes = wished_splits(keys.prompts[nodes.firsts], config).tolist()
    sources, pins = keys.sources[nodes.firsts].tolist(), pinned.tolist()
    last = int((nodes.published != NO_SPLIT).sum())  # nodes before this one are published
    balance, standing = Balance(config), _Standing()
    splits = bytearray(len(wishes))
    walk = _Walk(np.zeros(0, np.int64), np.zeros(0, np.int8))
    links = _linked(nodes)
    linked = next(links, None)
    for node, (wish, source, pin) in enumerate(zip(wishes, sources, pins, strict=True)):
        if linked is None or linked[0] != node:  # most nodes have no link
            splits[node] = balance.settle(wish, source) if pin == NO_SPLIT else pin
            continue
        _, prompt, turn, similar = linked
        linked = next(links, None)
        met = standing.met(prompt, turn, similar)
        if node < last:
            splits[node] = pin
            if leaking := [link for link in met if splits[link.node] != pin]:
                walk.leaks.append(Leak(node, leaking[0]))
                continue
        of_links = [standing.head(link.node) for link in met]
        heads = set(of_links)
        if len({splits[head] for head in heads}) > 1:
            is_fixed = len({splits[head] for head in heads if head < last}) > 1
            if config.bridges == "drop" or is_fixed:
                elsewhere = [splits[head] != splits[of_links[0]] for head in of_links].index(True)
                walk.bridges.append(Bridge(node, met[0], met[elsewhere]))
                continue
        head = standing.add(node, prompt, turn, heads)
        if met:
            splits[node] = splits[head]
        elif node >= last:
            splits[node] = balance.settle(wish, source) if pin == NO_SPLIT else pin
    walk.heads = standing.heads(len(splits))
    # merged groups take the split of the oldest
    walk.splits = np.frombuffer(splits, np.int8)[walk.heads]
    walk.heads[[bridge.node for bridge in walk.bridges]] = NOWHERE
    walk.heads[[leak.node for leak in walk.leaks]] = NOWHERE
    return walk


def _linked(nodes: _Nodes) -> Iterator[tuple[int, int, int, list[int]]]:
    """(node, prompt, turn, similar prompts) of every node with a link."""
    prompts, turns = nodes.prompts, nodes.turns
    starts = np.searchsorted(nodes.similar[:, 0], np.arange(int(prompts.max(initial=-1)) + 2))
    is_shared = np.bincount(prompts)[prompts] + np.bincount(turns)[turns] > 2
    is_linked = is_shared | (np.diff(starts) > 0)[prompts]
    chosen = np.flatnonzero(is_linked)
    of_chosen = prompts[chosen]
    columns = (chosen, of_chosen, turns[chosen], starts[of_chosen], starts[of_chosen + 1])
    lines = zip(*(column.tolist() for column in columns), strict=True)
    for node, prompt, turn, start, stop in lines:
        similar = nodes.similar[start:stop, 1].tolist() if start < stop else []
        yield node, prompt, turn, similar


def _oldest(nodes: _Nodes) -> Ints:
    """The oldest node (m) of the connected component of every node, bridges included."""
    if not len(nodes.similar) and _are_unique(nodes.prompts) and _are_unique(nodes.turns):
        return np.arange(len(nodes.prompts))  # no node is connected with another
    # vertices are prompts and turns; a node is an edge between its prompt and its turn
    turns = nodes.turns + int(nodes.prompts.max(initial=-1)) + 1
    ties = np.concatenate([np.stack([nodes.prompts, turns], axis=1), nodes.similar])
    components = lowest_connected(ties[:, 0], ties[:, 1], int(turns.max(initial=-1)) + 1)
    _, oldest, inverse = np.unique(
        components[nodes.prompts], return_index=True, return_inverse=True
    )
    return oldest[inverse]


def _are_unique(labels: Ints) -> bool:
    return int(np.bincount(labels).max(initial=0)) <= 1


def _giants(oldest: Ints, keys: RowKeys, config: SplitConfig) -> Iterator[Giant]:
    """The giant components; `oldest` (n): the oldest node of the component of every row."""
    kept = oldest[keys.is_kept]
    rows = np.bincount(kept)
    is_giant = (rows > config.max_group * len(kept)) & (rows >= GIANT_ROWS)
    within = is_giant[kept]
    members = np.stack([kept[within], keys.sources[keys.is_kept][within]], axis=1)
    sources: dict[int, dict[int, int]] = {}
    for (head, source), count in zip(*_counted(members), strict=True):
        sources.setdefault(head, {})[source] = count
    for head, by_source in sources.items():
        yield Giant(head, int(rows[head]), by_source)


def _counted(pairs: Ints) -> tuple[list[list[int]], list[int]]:
    """The distinct pairs, ascending, and how often each occurs."""
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    return distinct.tolist(), counts.tolist()
