from __future__ import annotations

import polars as pl
import pytest

from prefdata.pipeline.explanation.links import connected, rows_named, stood_for

COPY, NEAR, CONFLICT = "duplicate-pair", "near-duplicate", "near-conflict"


def links(*said: tuple[int, str, int]) -> pl.DataFrame:
    kinds = {"row": pl.Int64, "reason": pl.String, "other": pl.Int64}
    frame = pl.DataFrame(said, schema=kinds, orient="row")
    return frame.with_columns(is_flag=pl.lit(value=False))


NEARLY = (5, NEAR, 2), (7, NEAR, 2), (4, CONFLICT, 2)
CHAIN = links((8, COPY, 5), (9, COPY, 5), (6, COPY, 4), *NEARLY)


def test_copies_of_copies_count() -> None:
    assert stood_for(CHAIN, [2, 5, 6]) == {2: {COPY: 2, NEAR: 2}, 5: {COPY: 2}}


def test_a_row_that_is_only_flagged_as_alike_stands_for_itself() -> None:
    flagged = CHAIN.with_columns(is_flag=pl.col("row") == 7)
    assert stood_for(flagged, [2]) == {2: {COPY: 2, NEAR: 1}}
    assert list(connected(flagged, 2)) == [2, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("row", [2, 8, 6])
def test_every_member_finds_the_cluster(row: int) -> None:
    found = connected(CHAIN, row)
    assert list(found) == [2, 4, 5, 6, 7, 8, 9]
    opposite = {4, 6} if row in (2, 8) else {2, 5, 7, 8, 9}
    assert {number for number, turned in found.items() if turned} == opposite


def test_a_row_alone_is_connected_with_itself() -> None:
    assert connected(links(), 3) == {3: False}


def test_a_ledger_that_goes_round_ends() -> None:
    circle = links((1, COPY, 2), (2, COPY, 3), (3, COPY, 1))
    assert connected(circle, 1) == {1: False, 2: False, 3: False}
    assert stood_for(circle, [1]) == {1: {COPY: 2}}


def test_a_line_names_each_row_once_and_a_bridge_both_ends() -> None:
    evidence = "connects row 28 (train, same first turn) with row 30 (test, similar prompt)"
    near = {"reason": NEAR, "evidence": "similarity 0.9 to row 5", "other": 30}
    line = {"reason": "bridges-splits", "evidence": evidence, "other": 28, "flags": [near, near]}
    line |= {"measured": {"rows": [28, 30]}}
    assert rows_named(line) == {28: ("bridges-splits",), 30: ("bridges-splits", NEAR)}
    assert rows_named({"reason": None, "evidence": None, "other": None, "flags": []}) == {}
