from __future__ import annotations

from collections.abc import Sequence

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
    count: int,
    edges: list[Edge],
    margins: dict[int, float] | None = None,
    told: dict[tuple[int, int], tuple[str, str, str, str]] | None = None,
    held: Sequence[int] | None = None,
) -> ComparedNear:
    """Nodes 0 to count - 1, which are rows 100, 101, ...; `told`: what sets two of them apart."""
    known = np.full(count, np.nan)
    for node, margin in (margins or {}).items():
        known[node] = margin
    columns = {
        **dict.fromkeys(("low", "high"), pl.Int64),
        **dict.fromkeys(("prompt", "first", "second"), pl.Float64),
        "crossed": pl.Boolean,
        **dict.fromkeys(("part", "kind", "low_has", "high_has"), pl.String),
    }
    told = told or {}
    lines = [
        (low, high, 1.0, like, 1.0, crossed, *told.get((low, high), (None,) * 4))
        for low, high, like, crossed in edges
    ]
    frame = pl.DataFrame(lines, schema=columns, orient="row")
    kept = np.array(held or [0] * count)
    return ComparedNear(np.arange(count) + 100, np.ones(count, np.int64), known, kept, frame)


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
            "(prompt 1.000, chosen to its rejected 0.875, rejected to its chosen 1.000)",
        ),
        (
            101,
            "row 100 prefers the other completion; similarity 0.875 "
            "(prompt 1.000, chosen to its rejected 1.000, rejected to its chosen 0.875)",
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


NUMBERS = ("prompt", "numbers", "36", "39")
WORDS = ("chosen-rejected", "words", "chaos", "")


def test_rows_that_are_told_apart_stay_and_the_evidence_says_what_differs() -> None:
    found = compared(2, [(0, 1, 0.9, False)], told={(0, 1): NUMBERS})
    assert said(found) == [(101, "flag", NEAR_DUPLICATE, 100)]
    ((*_, evidence, _),) = near_verdicts(found, NearConfig(), LabelsConfig())
    assert evidence.endswith("they differ in numbers of the prompt: “39” here, “36” there")


def test_a_contradiction_of_rows_that_are_told_apart_is_flagged_whatever_the_policy() -> None:
    found = compared(2, [(0, 1, 0.9, True)], told={(0, 1): WORDS})
    for policy in ("drop-all", "keep-first", "keep-majority", "keep-margin", "flag"):
        assert said(found, policy) == [
            (100, "flag", NEAR_CONFLICT, 101),
            (101, "flag", NEAR_CONFLICT, 100),
        ]
    first, second = (line[3] for line in near_verdicts(found, NearConfig(), LabelsConfig()))
    assert first.endswith("words of chosen and the rejected there: “chaos” here, nothing there")
    assert second.endswith("words of rejected and the chosen there: nothing here, “chaos” there")


def test_a_row_stays_whose_representative_is_told_apart_but_not_a_copy_of_it() -> None:
    edges: list[Edge] = [(0, 1, 0.9, False), (0, 2, 0.9, False), (1, 2, 1.0, False)]
    found = compared(3, edges, told={(0, 1): NUMBERS, (0, 2): NUMBERS})
    assert said(found) == [
        (101, "flag", NEAR_DUPLICATE, 100),
        (102, "drop", NEAR_DUPLICATE, 101),
    ]


def test_nothing_is_flagged_for_a_row_that_goes() -> None:
    edges: list[Edge] = [(0, 1, 1.0, True), (1, 2, 0.9, False)]
    found = compared(3, edges, told={(1, 2): NUMBERS})
    assert said(found) == [
        (100, "drop", NEAR_CONFLICT, 101),
        (101, "drop", NEAR_CONFLICT, 100),
    ]


def test_a_contradiction_falls_on_the_row_that_is_held_out_less() -> None:
    opposed = [(0, 1, 0.9, True)]
    assert said(compared(2, opposed, held=[2, 0])) == [
        (100, "flag", NEAR_CONFLICT, 101),
        (101, "drop", NEAR_CONFLICT, 100),
    ]
    assert {line[1] for line in said(compared(2, opposed, held=[2, 0]), "flag")} == {"flag"}


@pytest.mark.parametrize("action", ["drop", "flag"])
def test_a_copy_that_is_held_out_less_speaks_for_no_row_of_a_test_split(action: str) -> None:
    # 2 is like 0, and contradicts 1; both of these are held out
    found = compared(3, [(0, 2, 0.9, False), (1, 2, 0.9, True)], held=[2, 2, 0])
    dropped = {line[0] for line in said(found, action=action) if line[1] == "drop"}
    assert dropped == {102}


def test_a_copy_of_rows_that_contradict_each_other_goes_with_them() -> None:
    found = compared(3, [(0, 1, 0.9, True), (0, 2, 0.9, False)], held=[2, 2, 0])
    assert [(line[0], line[1], line[2]) for line in said(found)] == [
        (100, "drop", NEAR_CONFLICT),
        (101, "drop", NEAR_CONFLICT),
        (102, "drop", NEAR_CONFLICT),
    ]
