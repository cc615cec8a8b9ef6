from __future__ import annotations

from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from prefdata.transforms.split.components import lowest_connected

VERTICES = 30


def by_scipy(one: np.ndarray, other: np.ndarray, count: int) -> list[int]:
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    _, firsts = np.unique(labels, return_index=True)
    return firsts[labels].tolist()


@given(st.lists(st.tuples(st.integers(0, VERTICES - 1), st.integers(0, VERTICES - 1)), max_size=40))
def test_components_are_those_of_scipy(edges: list[tuple[int, int]]) -> None:
    one, other = np.array(edges, np.int64).reshape(-1, 2).T
    assert lowest_connected(one, other, VERTICES).tolist() == by_scipy(one, other, VERTICES)


@pytest.mark.parametrize("shape", ["path", "shuffled path", "star", "comb", "random"])
def test_large_graphs_of_any_shape_take_few_rounds(shape: str) -> None:
    count = 200_000
    names = np.arange(count)
    one, other = {
        "path": (names[:-1], names[1:]),
        "shuffled path": (lambda order: (order[:-1], order[1:]))(
            np.random.default_rng(1).permutation(count)
        ),
        "star": (np.full(count - 1, count - 1), names[:-1]),
        "comb": (names[1:], names[1:] // 2 * (names[1:] % 2)),
        "random": tuple(np.random.default_rng(2).integers(0, count, (2, count))),
    }[shape]
    before = process_time()
    found = lowest_connected(one, other, count)
    assert process_time() - before < 10
    assert found.tolist() == by_scipy(one, other, count)
