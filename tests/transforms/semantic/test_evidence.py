from __future__ import annotations

import doctest

import pytest

from prefdata.transforms.semantic import evidence as meaning_lines
from prefdata.transforms.semantic.evidence import duplicate_line, outlier_line


def test_lines_read_as_documented() -> None:
    found = doctest.testmod(meaning_lines)
    assert found.attempted == 6
    assert found.failed == 0


@pytest.mark.parametrize(("neighbours", "said"), [(1, "its nearest other"), (3, "its 3 nearest")])
def test_one_neighbour_is_no_mean_of_many(neighbours: int, said: str) -> None:
    assert said in outlier_line(0.1, neighbours, 0.2)


def test_a_duplicate_is_as_similar_as_its_least_similar_part() -> None:
    assert duplicate_line(3, {"prompt": 0.99, "chosen": 0.96}, 0.95).startswith("similarity 0.960")
