"""Small versions of the kills and of the many faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asking.faults import faulty
from tests.asking.kills import killed


@pytest.mark.slow
def test_killed_runs_ask_for_nothing_twice(tmp_path: Path) -> None:
    found = killed(tmp_path, kills=4, prompts=3000, count=2, seed=0)
    assert (found.faults, found.kills) == ([], 4)


@pytest.mark.slow
def test_books_balance_whatever_goes_wrong(tmp_path: Path) -> None:
    ended = faulty(tmp_path, requests=3000, faults=0.2)
    assert ended.faults == []
    assert len(ended.told["faults"]) > 25
