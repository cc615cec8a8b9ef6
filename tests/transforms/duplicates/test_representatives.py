from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.duplicates.representatives import overruled_clusters, representatives

COUNT = 12
FREE = np.zeros(4, np.int8)
EDGES = st.sets(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda e: e[0] < e[1])
)


@given(EDGES)
def test_who_goes_is_like_who_stays_and_nobody_who_stays_is_like_another(
    edges: set[tuple[int, int]],
) -> None:
    low, high = np.array(sorted(edges) or np.zeros((0, 2)), np.int64).reshape(-1, 2).T
    chosen = representatives(COUNT, low, high).tolist()
    stays = {node for node in range(COUNT) if chosen[node] == node}
    for node in range(COUNT):
        if node not in stays:
            assert chosen[node] in stays
            assert (chosen[node], node) in edges
    assert not any(a in stays and b in stays for a, b in edges)


@given(EDGES, st.randoms())
def test_the_order_of_edges_does_not_matter(edges: set[tuple[int, int]], random: object) -> None:
    listed = sorted(edges)
    random.shuffle(listed)  # type: ignore[attr-defined]
    one = np.array(sorted(edges) or np.zeros((0, 2)), np.int64).reshape(-1, 2)
    other = np.array(listed or np.zeros((0, 2)), np.int64).reshape(-1, 2)
    assert np.array_equal(representatives(COUNT, *one.T), representatives(COUNT, *other.T))


@pytest.mark.parametrize(
    ("policy", "gone"),
    [
        ("drop-all", {0, 1, 2}),
        ("keep-first", {1}),
        ("keep-majority", {1, 2}),
        ("keep-margin", {0, 1, 2}),
        ("flag", set()),
    ],
)
def test_policies(policy: str, gone: set[int]) -> None:
    votes = np.array([3, 1, 1, 9])  # 0 against 1, 1 against 2
    margins = np.array([1.0, 2.0, 2.0, np.nan])
    found = overruled_clusters(policy, [(0, 1), (1, 2)], votes, margins, FREE)  # type: ignore[arg-type]
    assert found == gone


@pytest.mark.parametrize("policy", ["drop-all", "keep-first", "keep-majority", "keep-margin"])
def test_the_cluster_that_is_held_out_less_goes(policy: str) -> None:
    held, votes, margins = np.array([2, 1, 0]), np.array([1, 5, 9]), np.array([0.1, 1.0, 2.0])
    found = overruled_clusters(policy, [(0, 1), (0, 2)], votes, margins, held)  # type: ignore[arg-type]
    assert found == {1, 2}
    assert not overruled_clusters("flag", [(0, 1)], votes, margins, held)


def test_a_margin_counts_for_more_than_none() -> None:
    margins = np.array([np.nan, 0.1])
    assert overruled_clusters("keep-margin", [(0, 1)], np.array([1, 1]), margins, FREE) == {0}
