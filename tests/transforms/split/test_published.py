from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import SplitConfig
from prefdata.transforms.split.groups import NOWHERE, RowKeys, find_groups_of
from prefdata.transforms.split.published import (
    NO_SPLIT,
    are_kept,
    split_named,
    splits_of_files,
)
from prefdata.transforms.split.split import SPLITS, TEST, TRAIN, VALIDATION


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("TRAIN", "train"),
        ("train_prefs-00000-of-00003", "train"),
        ("test_prefs-00000-of-00001", "test"),
        ("hh-rlhf-test", "test"),
        ("hh_test_v2", "test"),
        ("validation", "validation"),
        ("valid-00001-of-00002", "validation"),
        ("my.val", "validation"),
        ("dev", "validation"),
        ("测试集", "test"),
        ("训练集", "train"),
        ("latest", None),
        ("contest", None),
        ("training-data", "train"),
        ("trained", None),
        ("unit-test-pairs", None),
        ("train-vs-test", None),
        ("development", None),
        ("", None),
        ("00000-of-00001", None),
    ],
)
def test_a_name_names_a_split_by_its_first_or_last_token(name: str, split: str | None) -> None:
    assert split_named(name) == (NO_SPLIT if split is None else SPLITS.index(split))


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["data/train_prefs-0.parquet", "data/test_prefs-0.parquet"], [TRAIN, TEST]),
        (["ds/train/data-0.arrow", "ds/test/data-0.arrow"], [TRAIN, TEST]),
        (["test/hh/train.jsonl.gz", "test/hh/dev.jsonl.gz"], [TRAIN, VALIDATION]),
        (["x/test/train.jsonl", "x/train/rows.jsonl"], [TRAIN, TRAIN]),
        (["test/a.jsonl"], [NO_SPLIT]),
        (["latest.jsonl", "train.test.jsonl"], [NO_SPLIT, NO_SPLIT]),
        (["https://test.example/a/train.csv", "https://test.example/a/x.csv"], [TRAIN, NO_SPLIT]),
        ([], []),
    ],
)
def test_files_and_the_folders_that_tell_them_apart_name_splits(
    names: list[str], splits: list[int]
) -> None:
    assert splits_of_files(names) == splits


@pytest.mark.parametrize(
    ("by_file", "by_field", "others", "kept"),
    [
        ({TRAIN, TEST}, set(), False, True),
        ({TRAIN, VALIDATION}, set(), True, True),
        ({TEST}, set(), False, False),
        ({TEST}, set(), True, False),
        ({TRAIN}, set(), True, False),
        ({TEST}, {TRAIN}, False, True),
        (set(), {TEST}, True, True),
        (set(), {TEST}, False, False),
        (set(), {TRAIN}, True, False),
        (set(), set(), True, False),
    ],
)
def test_published_splits_are_kept_if_something_is_held_out_and_something_is_left(
    by_file: set[int], by_field: set[int], others: bool, kept: bool
) -> None:
    assert are_kept(by_file, by_field, has_others=others) is kept


class Row(NamedTuple):
    prompt: int
    turn: int
    published: int


rows_of = st.lists(
    st.builds(Row, st.integers(0, 12), st.integers(0, 12), st.sampled_from([-1, -1, 0, 1, 2]))
)
similar = st.frozensets(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=8)
configs = st.builds(
    SplitConfig,
    test=st.sampled_from([0.0, 0.4]),
    first_turn=st.booleans(),
    bridges=st.sampled_from(["drop", "merge"]),
    max_group=st.sampled_from([0.3, 1.0]),
)


def keys_of_rows(rows: list[Row], pairs: frozenset[tuple[int, int]]) -> RowKeys:
    firsts = {row.prompt: len(rows) - 1 - at for at, row in enumerate(reversed(rows))}
    edges = [sorted((firsts[a], firsts[b])) for a, b in sorted(pairs) if {a, b} <= set(firsts)]
    return RowKeys(
        np.array([row.prompt for row in rows], np.uint64),
        np.array([row.turn for row in rows], np.uint64),
        np.zeros(len(rows), np.int64),
        np.ones(len(rows), bool),
        np.array([edge for edge in edges if edge[0] < edge[1]], np.int64).reshape(-1, 2),
        np.array([row.published for row in rows], np.int8),
    )


def linked(a: Row, b: Row, pairs: frozenset[tuple[int, int]], config: SplitConfig) -> bool:
    same_turn = config.first_turn and a.turn == b.turn
    near = (a.prompt, b.prompt) in pairs or (b.prompt, a.prompt) in pairs
    return a.prompt == b.prompt or same_turn or near


@given(rows_of, similar, configs)
def test_the_side_held_out_stays_and_nothing_linked_parts(
    rows: list[Row], pairs: frozenset[tuple[int, int]], config: SplitConfig
) -> None:
    groups = find_groups_of(keys_of_rows(rows, pairs), config)
    heads, splits = groups.heads[groups.nodes].tolist(), groups.splits[groups.nodes].tolist()
    leaking = {leak.node for leak in groups.leaks}
    stands = [at for at in range(len(rows)) if heads[at] != NOWHERE]
    for at, row in enumerate(rows):
        if row.published != NO_SPLIT:
            # by hand: a published row goes if one that stands and is held out more is linked
            above = [
                b
                for b in stands
                if rows[b].published > row.published and linked(row, rows[b], pairs, config)
            ]
            assert (heads[at] == NOWHERE) == bool(above) == (groups.nodes[at] in leaking)
            assert splits[at] == row.published
    for a in stands:
        for b in stands:
            if linked(rows[a], rows[b], pairs, config):
                assert (heads[a], splits[a]) == (heads[b], splits[b])
    for head in {heads[at] for at in stands}:
        members = [at for at in stands if heads[at] == head]
        published = {rows[at].published for at in members} - {NO_SPLIT}
        assert len({splits[at] for at in members}) == 1
        assert published <= {splits[members[0]]}


@given(rows_of, similar, configs)
def test_without_published_rows_nothing_changes(
    rows: list[Row], pairs: frozenset[tuple[int, int]], config: SplitConfig
) -> None:
    keys = keys_of_rows([row._replace(published=NO_SPLIT) for row in rows], pairs)
    one, other = (find_groups_of(k, config) for k in (keys, replace(keys, published=None)))
    assert one.heads.tolist() == other.heads.tolist()
    assert one.splits.tolist() == other.splits.tolist()
    assert (one.bridges, one.giants, one.leaks) == (other.bridges, other.giants, ())


@pytest.mark.parametrize("split", [TRAIN, VALIDATION, TEST])
def test_a_group_goes_where_its_published_member_is_even_through_a_chain(split: int) -> None:
    other = TRAIN if split == TEST else TEST
    rows = [Row(1, 1, NO_SPLIT), Row(1, 2, NO_SPLIT), Row(3, 2, split), Row(9, 9, other)]
    groups = find_groups_of(keys_of_rows(rows, frozenset()), SplitConfig())
    assert groups.splits[groups.nodes].tolist() == [split] * 3 + [other]
    assert (groups.bridges, groups.leaks) == ((), ())


def test_a_row_without_a_split_between_train_and_test_is_a_bridge() -> None:
    rows = [Row(1, 1, TRAIN), Row(2, 2, TEST), Row(1, 2, NO_SPLIT)]
    for bridges in ("drop", "merge"):
        config = SplitConfig(bridges=bridges)
        groups = find_groups_of(keys_of_rows(rows, frozenset()), config)
        assert groups.leaks == ()
        assert len(groups.bridges) == 1
        assert groups.heads[groups.nodes[2]] == NOWHERE


def test_a_published_group_is_never_called_giant() -> None:
    rows = [Row(1, 1, TEST)] * 20 + [Row(n, n, TRAIN) for n in range(2, 5)]
    groups = find_groups_of(keys_of_rows(rows, frozenset()), SplitConfig(max_group=0.1))
    assert groups.giants == ()
    assert set(groups.splits[groups.nodes[:20]].tolist()) == {TEST}
