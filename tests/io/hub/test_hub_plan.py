"""Into how many commits changes go."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from prefdata.io.hub.plan import PlannedCommit, Sent, plan_commits
from prefdata.io.targets.target import LocalFile
from prefdata.results.layout import (
    CARD,
    MANIFEST,
)


def sent(path: str, size: int, *, is_large: bool) -> Sent:
    return Sent(LocalFile(path, Path(path), size, "0" * 64), is_large)


def weight(commit: PlannedCommit, by_path: dict[str, Sent]) -> tuple[int, int]:
    members = [by_path[file.path] for file in commit.send]
    encoded = sum(4 * math.ceil(one.file.bytes / 3) for one in members if not one.is_large)
    return sum(one.is_large for one in members), encoded


SHARDS = st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=12)


@given(
    SHARDS,
    st.lists(st.sampled_from([CARD, MANIFEST]), unique=True),
    st.lists(st.sampled_from(["data/old", "ledger/old"]), unique=True),
    st.booleans(),
    st.integers(1, 6),
    st.integers(1, 200),
)
def test_all_goes_once_in_order_and_within_limits(
    shards: list[tuple[int, bool]],
    last: list[str],
    delete: list[str],
    is_there: bool,
    large_files: int,
    small_bytes: int,
) -> None:
    files = [sent(path, 5, is_large=False) for path in last] + [
        sent(f"data/{number}", size, is_large=large) for number, (size, large) in enumerate(shards)
    ]
    by_path = {one.file.path: one for one in files}
    there = [MANIFEST] if is_there else []
    plan = plan_commits(files, delete, there, large_files=large_files, small_bytes=small_bytes)
    assert sorted(file.path for one in plan for file in one.send) == sorted(by_path)
    assert not any(one.delete for one in plan[1:])
    is_marked = len(plan) > 1 and is_there and MANIFEST in last
    assert plan[0].delete == ((MANIFEST,) if is_marked else ()) + tuple(delete)
    if len(plan) > 1:
        assert {*last} <= {file.path for file in plan[-1].send}
    for one in plan:
        large, small = weight(one, by_path)
        is_alone = len({file.path for file in one.send} - {CARD, MANIFEST}) <= 1
        assert is_alone or (large <= large_files and small <= small_bytes)
    total = weight(PlannedCommit(tuple(one.file for one in files), ()), by_path)
    assert len(plan) == 1 or total[0] > large_files or total[1] > small_bytes


def test_a_limit_is_no_commit_more() -> None:
    files = [sent(f"data/{n}", 1, is_large=True) for n in range(4)]
    sizes = {
        limit: len(plan_commits(files, (), (), large_files=limit, small_bytes=1))
        for limit in (1, 2, 3, 4)
    }
    assert sizes == {1: 4, 2: 2, 3: 2, 4: 1}
