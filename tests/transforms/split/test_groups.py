from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import sqrt
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import SplitConfig
from prefdata.transforms.split.groups import GIANT_ROWS, NOWHERE, Groups, RowKeys, find_groups_of
from prefdata.transforms.split.split import SPLITS, TEST, TRAIN, VALIDATION, wished_splits


class Row(NamedTuple):
    """A row with small numbers in place of keys; two prompts may be called similar."""

    prompt: int
    turn: int
    source: int = 0
    is_kept: bool = True


Pairs = frozenset[tuple[int, int]]

turns = st.one_of(st.integers(0, 4), st.integers(0, 30))
rows_of = st.lists(st.builds(Row, st.integers(0, 25), turns, st.integers(0, 1), st.booleans()))
similar = st.frozensets(st.tuples(st.integers(0, 25), st.integers(0, 25)), max_size=15)
configs = st.builds(
    SplitConfig,
    test=st.sampled_from([0.1, 0.4]),
    validation=st.sampled_from([0.0, 0.3]),
    first_turn=st.booleans(),
    bridges=st.sampled_from(["drop", "merge"]),
    max_group=st.sampled_from([0.3, 1.0]),
)


def linked(a: Row, b: Row, pairs: Pairs, config: SplitConfig) -> bool:
    same_turn = config.first_turn and a.turn == b.turn
    near = (a.prompt, b.prompt) in pairs or (b.prompt, a.prompt) in pairs
    return a.prompt == b.prompt or same_turn or near


def keys_of_rows(rows: Sequence[Row], pairs: Pairs) -> RowKeys:
    """Edges between the first rows of similar prompts, as the step hands them over."""
    firsts = {row.prompt: len(rows) - 1 - at for at, row in enumerate(reversed(rows))}
    edges = [sorted((firsts[a], firsts[b])) for a, b in sorted(pairs) if {a, b} <= set(firsts)]
    return RowKeys(
        np.array([row.prompt for row in rows], np.uint64),
        np.array([row.turn for row in rows], np.uint64),
        np.array([row.source for row in rows], np.int64),
        np.array([row.is_kept for row in rows], bool),
        np.array([edge for edge in edges if edge[0] < edge[1]], np.int64).reshape(-1, 2),
    )


def found(rows: Sequence[Row], pairs: Pairs, config: SplitConfig) -> list[tuple[int, int]]:
    """Of every row, its group (named by a row) and its split; `NOWHERE` twice for a bridge."""
    groups = find_groups_of(keys_of_rows(rows, pairs), config)
    heads = groups.heads[groups.nodes]
    splits = np.where(heads == NOWHERE, NOWHERE, groups.splits[groups.nodes])
    named = np.where(heads == NOWHERE, NOWHERE, groups.firsts[heads])
    return list(zip(named.tolist(), splits.tolist(), strict=True))


def reference(rows: Sequence[Row], pairs: Pairs, config: SplitConfig) -> list[tuple[int, int]]:
    """The same, row after row, each looking at all the rows before it."""
    group: list[int] = []
    split: dict[int, int] = {}
    begun, taken = Counter[int](), Counter[tuple[int, int]]()
    for at, row in enumerate(rows):
        twin = next((i for i in range(at) if alike(rows[i], row, config)), None)
        if twin is not None:
            group.append(group[twin])
            continue
        met = {group[i] for i in range(at) if linked(rows[i], row, pairs, config)} - {NOWHERE}
        if config.bridges == "drop" and len({split[head] for head in met}) > 1:
            group.append(NOWHERE)
            continue
        head = min(met, default=at)
        group = [head if other in met else other for other in [*group, head]]
        if not met:
            split[at] = settled(row, config, begun, taken)
    giants = giant_rows(rows, pairs, config)
    return [
        (giants[at], TRAIN) if at in giants else (head, split.get(head, NOWHERE))
        for at, head in enumerate(group)
    ]


def alike(a: Row, b: Row, config: SplitConfig) -> bool:
    return a.prompt == b.prompt and (a.turn == b.turn or not config.first_turn)


def settled(row: Row, config: SplitConfig, begun: Any, taken: Any) -> int:
    split = int(wished_splits(np.array([row.prompt], np.uint64), config)[0])
    n = begun[row.source]
    lacks = {
        code: (p * n - taken[row.source, code], 1 + sqrt(p * (1 - p) * n))
        for code, p in ((TEST, config.test), (VALIDATION, config.validation))
        if p
    }
    needy = [code for code, (lack, bound) in lacks.items() if lack >= bound]
    if needy:
        split = needy[0]
    elif split in lacks and -lacks[split][0] >= lacks[split][1]:
        split = TRAIN
    begun[row.source] += 1
    taken[row.source, split] += 1
    return split


def giant_rows(rows: Sequence[Row], pairs: Pairs, config: SplitConfig) -> dict[int, int]:
    """Every row of a giant component, with the first row of it."""
    component = list(range(len(rows)))
    for a in range(len(rows)):
        for b in range(a):
            if linked(rows[a], rows[b], pairs, config):
                old, new = sorted((component[a], component[b]), reverse=True)
                component = [new if label == old else label for label in component]
    sizes = Counter(c for c, row in zip(component, rows, strict=True) if row.is_kept)
    least = config.max_group * sizes.total()
    giants = {c for c, size in sizes.items() if size > least and size >= GIANT_ROWS}
    return {at: c for at, c in enumerate(component) if c in giants}


@given(rows_of, similar, configs)
def test_it_agrees_with_the_reference(rows: list[Row], pairs: Pairs, config: SplitConfig) -> None:
    assert found(rows, pairs, config) == reference(rows, pairs, config)


@pytest.mark.parametrize(
    ("links", "max_group"), [(0, 1.0), (40, 1.0), (120, 1.0), (40, 0.05), (120, 0.2)]
)
def test_it_agrees_with_the_reference_on_many_rows(links: int, max_group: float) -> None:
    random = Random(links)
    rows = [
        Row(
            prompt, random.choice([prompt, prompt % 40]), random.randrange(2), random.random() < 0.9
        )
        for prompt in (random.randrange(250) for _ in range(300))
    ]
    pairs = frozenset((random.randrange(250), random.randrange(250)) for _ in range(links))
    config = SplitConfig(test=0.2, validation=0.1, max_group=max_group)
    expected = reference(rows, pairs, config)
    assert found(rows, pairs, config) == expected
    groups = find_groups_of(keys_of_rows(rows, pairs), config)
    assert bool(groups.giants) == (max_group < 1)
    assert groups.bridges or groups.giants


@given(rows_of, similar, configs)
def test_linked_rows_stand_in_one_split(rows: list[Row], pairs: Pairs, config: SplitConfig) -> None:
    stands = [
        (row, place)
        for row, place in zip(rows, found(rows, pairs, config), strict=True)
        if NOWHERE not in place
    ]
    for row, place in stands:
        assert {other for b, other in stands if linked(row, b, pairs, config)} == {place}
    if config.bridges == "merge":
        assert len(stands) == len(rows)


@given(rows_of, rows_of, similar, configs)
def test_rows_that_are_appended_move_none(
    before: list[Row], after: list[Row], pairs: Pairs, config: SplitConfig
) -> None:
    config = config.model_copy(update={"bridges": "drop", "max_group": 1.0})
    # what comes later may also change which of the earlier rows are kept
    both = [row._replace(is_kept=not row.is_kept) for row in before] + after
    splits = [split for _, split in found(both, pairs, config)[: len(before)]]
    assert splits == [split for _, split in found(before, pairs, config)]


def groups_of(rows: Sequence[Row], pairs: Pairs = frozenset(), **config: Any) -> Groups:
    return find_groups_of(keys_of_rows(rows, pairs), SplitConfig(**config))


def apart(config: SplitConfig) -> tuple[int, int]:
    """A prompt whose hash asks for train and one whose hash asks for test."""
    wishes = wished_splits(np.arange(100, dtype=np.uint64), config).tolist()
    return wishes.index(TRAIN), wishes.index(TEST)


@pytest.mark.parametrize("by", ["turn", "similar"])
def test_a_bridge_stands_nowhere_and_says_what_it_links(by: str) -> None:
    train, test = apart(SplitConfig(test=0.5))
    bridge = Row(200, train if by == "turn" else 200)
    near = frozenset({(test, 200)} if by == "turn" else {(test, 200), (train, 200)})
    rows = [Row(train, train), Row(test, test), bridge, Row(201, 201), bridge]
    groups = groups_of(rows, near, test=0.5)
    assert groups.heads[groups.nodes].tolist() == [0, 1, NOWHERE, 3, NOWHERE]
    (said,) = groups.bridges
    assert said.node == 2
    assert [said.one.node, said.other.node] == [0, 1]
    first = "same first turn" if by == "turn" else "similar prompt"
    assert (said.one.kind, said.other.kind) == (first, "similar prompt")
    merged = groups_of(rows, near, test=0.5, bridges="merge")
    assert [SPLITS[split] for split in merged.splits[[0, 1, 2]]] == ["train"] * 3


def test_a_giant_group_goes_to_train_and_its_sources_are_counted() -> None:
    _, test = apart(SplitConfig(test=0.5))
    large = [Row(test, test, source=n % 3 // 2) for n in range(12)]
    rows = large + [Row(1000 + n, 1000 + n, source=2) for n in range(30)]
    assert groups_of(rows, test=0.5, max_group=0.5).splits[0] == TEST
    groups = groups_of(rows, test=0.5, max_group=0.2)
    assert groups.splits[0] == TRAIN
    (giant,) = groups.giants
    assert (giant.head, giant.rows, giant.sources) == (0, 12, {0: 8, 1: 4})
    few = [Row(test, test)] * (GIANT_ROWS - 1)
    assert groups_of(few, test=0.5, max_group=0.2).giants == ()


def test_what_links_a_giant_group_is_no_bridge() -> None:
    train, test = apart(SplitConfig(test=0.5))
    rows = [Row(train, train), Row(test, test), Row(200, train), *[Row(test, test)] * 12]
    groups = groups_of(rows, frozenset({(test, 200)}), test=0.5, max_group=0.2)
    assert groups.bridges == ()
    assert set(groups.heads.tolist()) == {0}
    assert set(groups.splits.tolist()) == {TRAIN}


def test_nothing_is_nothing() -> None:
    assert len(groups_of([]).heads) == 0
