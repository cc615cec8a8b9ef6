from __future__ import annotations

import random
import re
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import LabelsConfig
from prefdata.transforms.duplicates.cycles import (
    CYCLE,
    SEARCHED_WHOLE,
    VERDICT_COLUMNS,
    cycle_verdicts,
)

Pair = tuple[int, int, int]
"""(prompt, chosen, rejected)"""

numbers = [st.integers(0, 1), st.integers(0, 5), st.integers(0, 5)]
rows = st.lists(st.tuples(*numbers), max_size=24)
FLAG = LabelsConfig(cycles="flag")


def frame(pairs: Sequence[Pair], held: Sequence[int] = ()) -> pl.DataFrame:
    columns = zip(*pairs, strict=True) if pairs else ((), (), ())
    names = ("prompt", "chosen", "rejected")
    keys = {
        name: pl.Series([number.to_bytes(16, "big") for number in column], dtype=pl.Binary)
        for name, column in zip(names, columns, strict=True)
    }
    rows = {
        "row": pl.Series(range(len(pairs)), dtype=pl.Int64),
        "held": pl.Series(held or [0] * len(pairs), dtype=pl.Int8),
    }
    return pl.DataFrame(rows | keys)


def ring(completions: int, prompt: int = 0) -> list[Pair]:
    return [(prompt, a, (a + 1) % completions) for a in range(completions)]


def shortest(pairs: Sequence[Pair], row: int) -> int | None:
    """Completions of the shortest circle of three or more through a row, by plain spreading."""
    prompt, goal, start = pairs[row]
    edges = {(a, b) for p, a, b in pairs if p == prompt} - {(start, goal)}
    reached = {start}
    for length in range(2, 2 + len(edges)):
        reached = {b for a, b in edges if a in reached}
        if goal in reached:
            return length if goal != start else None
    return None


def circle_of(evidence: str) -> tuple[list[int], int]:
    chain, count = re.fullmatch(r"(row .*) form a cycle \((\d+) completions\)", evidence).groups()  # type: ignore[union-attr]
    return [int(row) for row in re.findall(r"row (\d+)", chain)], int(count)


@given(rows)
def test_the_rows_on_circles_are_those_that_spreading_finds(pairs: list[Pair]) -> None:
    verdicts = cycle_verdicts(frame(pairs), FLAG)
    expected = {row: shortest(pairs, row) for row in range(len(pairs))}
    told = {row: circle_of(said)[1] for row, said in verdicts.select("row", "evidence").rows()}
    assert told == {row: length for row, length in expected.items() if length}


@given(rows)
def test_the_evidence_is_a_circle_in_the_data(pairs: list[Pair]) -> None:
    for row, evidence, other in (
        cycle_verdicts(frame(pairs), FLAG).select("row", "evidence", "other").iter_rows()
    ):
        named, length = circle_of(evidence)
        assert named[:2] == [row, other]
        assert {pairs[r][0] for r in named} == {pairs[row][0]}
        assert all(pairs[a][2] == pairs[b][1] for a, b in pairwise([*named, row]))
        assert len({pairs[r][1] for r in named}) == len(named) == length >= 3


@given(rows, st.randoms())
def test_the_order_of_the_frame_does_not_matter(pairs: list[Pair], deal: Any) -> None:
    keys = frame(pairs)
    order = list(range(len(pairs)))
    deal.shuffle(order)
    assert cycle_verdicts(keys[order], FLAG).equals(cycle_verdicts(keys, FLAG))


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [(0, 1, 2)],
        [(0, 1, 2), (0, 2, 3), (0, 1, 3)],
        [(0, 1, 2), (0, 2, 1), (0, 1, 2)],  # a contradiction, not a circle
        [(0, 1, 2), (0, 2, 1), (0, 2, 3), (0, 3, 2)],  # two of them, and still none
        [(0, 1, 1), (0, 1, 2), (0, 2, 3)],
        [(0, 1, 2), (0, 2, 3), (1, 3, 1)],  # round over two prompts
    ],
    ids=["empty", "one", "order", "conflict", "conflicts", "itself", "prompts"],
)
def test_no_circle_where_there_is_none(pairs: list[Pair]) -> None:
    verdicts = cycle_verdicts(frame(pairs), FLAG)
    assert verdicts.is_empty()
    assert verdicts.columns == list(VERDICT_COLUMNS)


@pytest.mark.parametrize("action", ["flag", "drop"])
def test_a_planted_circle_is_told_row_by_row(action: Any) -> None:
    pairs = [(0, 9, 1), *ring(3), (0, 0, 1), *ring(2, prompt=1)]
    verdicts = cycle_verdicts(frame(pairs), LabelsConfig(cycles=action))
    assert verdicts.drop("sentence").rows() == [
        (1, action, CYCLE, "row 1 > row 2 > row 3 form a cycle (3 completions)", 2),
        (2, action, CYCLE, "row 2 > row 3 > row 1 form a cycle (3 completions)", 3),
        (3, action, CYCLE, "row 3 > row 1 > row 2 form a cycle (3 completions)", 1),
        (4, action, CYCLE, "row 4 > row 2 > row 3 form a cycle (3 completions)", 2),
    ]


def test_a_row_that_contradicts_a_circle_is_not_on_it() -> None:
    pairs = [*ring(3), (0, 1, 0)]
    assert cycle_verdicts(frame(pairs), FLAG)["row"].to_list() == [0, 1, 2]


def test_a_long_circle_is_told_with_its_beginning_and_end() -> None:
    evidence = cycle_verdicts(frame(ring(SEARCHED_WHOLE)), FLAG)["evidence"]
    rows = "row 0 > row 1 > row 2 > row 3 > row 4 > row 5 > row 6 > ... > row 999"
    assert evidence[0] == f"{rows} form a cycle ({SEARCHED_WHOLE} completions)"
    assert evidence.str.ends_with(f"({SEARCHED_WHOLE} completions)").all()


def test_a_giant_circle_is_found_and_its_evidence_says_what_was_not_looked_up() -> None:
    size = 20_000
    verdicts = cycle_verdicts(frame([*ring(size), (0, size, 0)]), FLAG)
    assert verdicts["row"].to_list() == list(range(size))
    assert verdicts["other"].null_count() == size
    assert verdicts["evidence"].unique().to_list() == [
        "one of 20000 rows that form cycles (20000 completions); "
        f"the shortest cycle through this row was not found in {SEARCHED_WHOLE**2 // size} steps"
    ]


def test_in_a_giant_knot_of_short_circles_nearly_all_are_found() -> None:
    coin = random.Random(1)
    pairs = [(0, *coin.sample(pair, 2)) for pair in combinations(range(200), 2)]
    evidence = cycle_verdicts(frame(pairs), FLAG)["evidence"]
    assert len(evidence) > 0.99 * len(pairs)
    assert evidence.str.ends_with("form a cycle (3 completions)").sum() > 0.99 * len(pairs)


def test_every_row_of_a_component_that_is_searched_whole_has_its_circle() -> None:
    # a long order in which every row but one goes down, so that ways back are rare
    down = [(0, a, b) for a, b in combinations(range(44), 2) if (a, b) != (0, 43)]
    verdicts = cycle_verdicts(frame([*down, (0, 43, 0)]), FLAG)
    assert len(verdicts) == len(down) + 1 <= SEARCHED_WHOLE
    assert verdicts["other"].null_count() == 0


def test_a_cycle_that_others_close_leaves_the_rows_held_out() -> None:
    drop = LabelsConfig(cycles="drop")
    closed = cycle_verdicts(frame(ring(3), [2, 2, 0]), drop)
    said = closed.select("row", "verdict").rows()
    assert said == [(0, "flag"), (1, "flag"), (2, "drop")]
    alone = cycle_verdicts(frame([*ring(3), (0, 1, 0)], [2, 2, 2, 0]), drop)
    assert alone.filter(pl.col("verdict") == "drop")["row"].to_list() == [0, 1, 2]


@given(
    st.lists(st.tuples(st.just(0), st.integers(0, 4), st.integers(0, 4)), max_size=12),
    st.lists(st.sampled_from([0, 2]), min_size=12, max_size=12),
)
def test_rows_held_out_less_change_nothing_for_the_others(
    pairs: list[Pair], held: list[int]
) -> None:
    keys, drop = frame(pairs, held[: len(pairs)]), LabelsConfig(cycles="drop")
    is_dropped = pl.col("verdict") == "drop"
    dropped = cycle_verdicts(keys, drop).filter(is_dropped)["row"].to_list()
    alone = cycle_verdicts(keys.filter(pl.col("held") == 2), drop).filter(is_dropped)
    assert [row for row in dropped if held[row] == 2] == alone["row"].to_list()
    left = keys.filter(~pl.col("row").is_in(dropped)).with_columns(held=pl.lit(0, pl.Int8))
    assert cycle_verdicts(left, drop).is_empty()


def test_a_chain_of_any_length_is_on_no_circle_and_hides_none() -> None:
    chain = [(0, at, at + 1) for at in range(40)]
    assert cycle_verdicts(frame(chain), FLAG).is_empty()
    into_a_ring = [*chain, (0, 40, 38)]
    assert cycle_verdicts(frame(into_a_ring), FLAG)["row"].to_list() == [38, 39, 40]
