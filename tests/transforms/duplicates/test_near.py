from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from prefdata.config.model import LabelsConfig, NearConfig
from prefdata.transforms.duplicates.near import (
    NEAR_CONFLICT,
    NEAR_DUPLICATE,
    ComparedNear,
    near_verdicts,
)

Edge = tuple[int, int, float, bool]


def compared(
    count: int, edges: list[Edge], margins: dict[int, float] | None = None
) -> ComparedNear:
    """Nodes 0 to count - 1, which are rows 100, 101, ..."""
    known = np.full(count, np.nan)
    for node, margin in (margins or {}).items():
        known[node] = margin
    frame = pl.DataFrame(
        [(low, high, 1.0, like, 1.0, crossed) for low, high, like, crossed in edges],
        schema=["low", "high", "prompt", "first", "second", "crossed"],
        orient="row",
    )
    return ComparedNear(np.arange(count) + 100, np.ones(count, np.int64), known, frame)


def said(
    found: ComparedNear, policy: str = "drop-all", action: str = "drop"
) -> list[tuple[object, ...]]:
    near = NearConfig(action=action)  # type: ignore[arg-type]
    lines = near_verdicts(found, near, LabelsConfig(conflict=policy))  # type: ignore[arg-type]
    return [(row, verdict, reason, other) for row, verdict, reason, _, other in lines]


def test_a_chain_does_not_pull_unlike_rows_along() -> None:
    chain = compared(3, [(0, 1, 0.9, False), (1, 2, 0.85, False)])
    assert said(chain) == [(101, "drop", NEAR_DUPLICATE, 100)]


def test_evidence_names_the_row_that_stays_and_how_alike_they_are() -> None:
    lines = near_verdicts(compared(2, [(0, 1, 0.875, False)]), NearConfig(), LabelsConfig())
    assert lines == [
        (
            101,
            "drop",
            NEAR_DUPLICATE,
            "similarity 0.875 to row 100 (prompt 1.000, chosen 0.875, rejected 1.000)",
            100,
        )
    ]


def test_evidence_of_a_contradiction_is_told_from_the_row_itself() -> None:
    lines = near_verdicts(compared(2, [(0, 1, 0.875, True)]), NearConfig(), LabelsConfig())
    assert [(line[0], line[3]) for line in lines] == [
        (
            100,
            "row 101 prefers the other completion; similarity 0.875 "
            "(prompt 1.000, chosen as its rejected 0.875, rejected as its chosen 1.000)",
        ),
        (
            101,
            "row 100 prefers the other completion; similarity 0.875 "
            "(prompt 1.000, chosen as its rejected 1.000, rejected as its chosen 0.875)",
        ),
    ]


TWO_AGAINST_ONE: list[Edge] = [(0, 1, 0.9, False), (0, 2, 0.9, True)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (
            "drop-all",
            [
                (100, "drop", NEAR_CONFLICT, 102),
                (101, "drop", NEAR_CONFLICT, 102),
                (102, "drop", NEAR_CONFLICT, 100),
            ],
        ),
        (
            "keep-majority",
            [
                (100, "flag", NEAR_CONFLICT, 102),
                (101, "drop", NEAR_DUPLICATE, 100),
                (102, "drop", NEAR_CONFLICT, 100),
            ],
        ),
        (
            "keep-margin",
            [
                (100, "drop", NEAR_CONFLICT, 102),
                (101, "drop", NEAR_CONFLICT, 102),
                (102, "flag", NEAR_CONFLICT, 100),
            ],
        ),
        (
            "flag",
            [
                (100, "flag", NEAR_CONFLICT, 102),
                (101, "drop", NEAR_DUPLICATE, 100),
                (102, "flag", NEAR_CONFLICT, 100),
            ],
        ),
    ],
)
def test_policies_of_contradictions(policy: str, expected: list[tuple[object, ...]]) -> None:
    found = compared(3, TWO_AGAINST_ONE, margins={0: 0.5, 2: 2.0})
    assert said(found, policy) == expected


def test_opposite_labels_do_not_represent_one_another() -> None:
    found = compared(2, [(0, 1, 0.9, True)])
    assert [verdict for _, verdict, *_ in said(found, "flag")] == ["flag", "flag"]


def test_flagged_copies_that_contradict_are_flagged_twice() -> None:
    edges = [*TWO_AGAINST_ONE, (1, 2, 0.9, True)]
    assert said(compared(3, edges), "flag", "flag") == [
        (100, "flag", NEAR_CONFLICT, 102),
        (101, "flag", NEAR_DUPLICATE, 100),
        (101, "flag", NEAR_CONFLICT, 102),
        (102, "flag", NEAR_CONFLICT, 100),
    ]
