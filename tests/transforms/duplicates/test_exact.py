from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import ExactConfig, LabelsConfig
from prefdata.transforms.duplicates.exact import CONFLICT, DUPLICATE, SHARED, exact_verdicts

Pair = tuple[bytes, bytes, bytes]
Margins = list[float | None]

letters = [st.sampled_from(text) for text in (b"pq", b"abc", b"abc")]
rows = st.lists(st.tuples(*(letter.map(lambda c: bytes([c])) for letter in letters)), max_size=12)
margins = st.lists(
    st.sampled_from([None, math.nan, -math.inf, -1.0, 0.0, 0.5, 2.0, math.inf]),
    min_size=12,
    max_size=12,
)
policies = st.sampled_from(["drop-all", "keep-majority", "keep-margin", "keep-first", "flag"])


def frame(
    pairs: list[Pair], given: Margins | None = None, held: list[int] | None = None
) -> pl.DataFrame:
    prompts, chosen, rejected = zip(*pairs, strict=True) if pairs else ((), (), ())
    columns = {
        "row": pl.Series(range(len(pairs)), dtype=pl.Int64),
        "prompt": pl.Series(prompts, dtype=pl.Binary),
        "chosen": pl.Series(chosen, dtype=pl.Binary),
        "rejected": pl.Series(rejected, dtype=pl.Binary),
        "margin": pl.Series((given or [None] * len(pairs))[: len(pairs)], dtype=pl.Float64),
        "held": pl.Series((held or [0] * len(pairs))[: len(pairs)], dtype=pl.Int8),
    }
    return pl.DataFrame(columns)


def largest(rows: list[int], given: Margins) -> tuple[bool, float]:
    """The largest margin of some rows, so that it compares: no margin is less than any."""
    known = [m for m in (given[row] for row in rows) if m is not None and not math.isnan(m)]
    return (True, max(known)) if known else (False, 0.0)


def reference(pairs: list[Pair], given: Margins, policy: str) -> dict[int, str]:
    """Row to the reason it is dropped for, one pair after another."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for row, (prompt, chosen, rejected) in enumerate(pairs):
        groups[prompt, frozenset((chosen, rejected))].append(row)
    dropped: dict[int, str] = {}
    for members in groups.values():
        sides = defaultdict(list)
        for row in members:
            sides[pairs[row][1]].append(row)
        for same in sides.values():
            opposite = [row for row in members if row not in same]
            lost = (
                opposite
                and {
                    "drop-all": True,
                    "flag": False,
                    "keep-first": min(same) > min(opposite),
                    "keep-majority": len(same) <= len(opposite),
                    "keep-margin": largest(same, given) <= largest(opposite, given),
                }[policy]
            )
            for row in same:
                if lost:
                    dropped[row] = CONFLICT
                elif row != min(same):
                    dropped[row] = DUPLICATE
    return dropped


@given(rows, margins, policies)
def test_drops_agree_with_the_reference(pairs: list[Any], given: Margins, policy: Any) -> None:
    labels = LabelsConfig(conflict=policy)
    verdicts = exact_verdicts(frame(pairs, given), ExactConfig(), labels)
    dropped = verdicts.filter(pl.col("verdict") == "drop")
    assert dict(dropped.select("row", "reason").iter_rows()) == reference(pairs, given, policy)


@given(rows, margins, policies, st.randoms())
def test_the_order_of_the_frame_does_not_matter(
    pairs: list[Any], given: Margins, policy: Any, random: Any
) -> None:
    keys = frame(pairs, given)
    order = list(range(len(pairs)))
    random.shuffle(order)
    configs = ExactConfig(), LabelsConfig(conflict=policy)
    assert exact_verdicts(keys[order], *configs).equals(exact_verdicts(keys, *configs))


@given(rows, margins, policies)
def test_a_conflict_names_a_row_that_says_the_opposite(
    pairs: list[Any], given: Margins, policy: Any
) -> None:
    labels = LabelsConfig(conflict=policy)
    verdicts = exact_verdicts(frame(pairs, given), ExactConfig(), labels)
    for row, other in verdicts.filter(reason=CONFLICT).select("row", "other").iter_rows():
        prompt, chosen, rejected = pairs[row]
        opposite = [r for r, pair in enumerate(pairs) if pair == (prompt, rejected, chosen)]
        if policy == "keep-margin":
            opposite = [r for r in opposite if largest([r], given) == largest(opposite, given)]
        assert other == min(opposite)


@pytest.mark.parametrize(
    ("along", "against", "dropped"),
    [
        ([1.0, 3.0], [2.0], [1, 2]),  # 1 is a copy: the larger margin keeps its side, not its row
        ([2.0], [2.0], [0, 1]),
        ([None], [math.nan], [0, 1]),
        ([math.nan, None], [-1.0], [0, 1]),
        ([-math.inf], [None], [1]),
    ],
)
def test_the_larger_margin_keeps_its_side(
    along: Margins, against: Margins, dropped: list[int]
) -> None:
    pairs = [(b"p", b"a", b"b")] * len(along) + [(b"p", b"b", b"a")] * len(against)
    labels = LabelsConfig(conflict="keep-margin")
    verdicts = exact_verdicts(frame(pairs, along + against), ExactConfig(), labels)
    assert verdicts.filter(verdict="drop")["row"].to_list() == dropped


def test_a_copy_names_the_first_and_a_conflict_its_opposite() -> None:
    pairs = [(b"p", b"a", b"b"), (b"p", b"a", b"b"), (b"q", b"a", b"b"), (b"q", b"b", b"a")]
    verdicts = exact_verdicts(frame(pairs), ExactConfig(), LabelsConfig())
    assert verdicts.select("row", "reason", "other", "copies").rows() == [
        (1, DUPLICATE, 0, 2),
        (2, CONFLICT, 3, 1),
        (3, CONFLICT, 2, 1),
    ]


def test_other_completions_of_a_prompt_are_kept_and_told() -> None:
    pairs = [(b"p", b"a", b"b"), (b"p", b"a", b"c"), (b"q", b"a", b"b")]
    verdicts = exact_verdicts(frame(pairs), ExactConfig(), LabelsConfig())
    assert verdicts.select("row", "verdict", "reason").rows() == [
        (0, "flag", SHARED),
        (1, "flag", SHARED),
    ]


@pytest.mark.parametrize("identical", ["drop", "flag"])
def test_copies_can_be_flagged_in_place_of_dropped(identical: Any) -> None:
    keys = frame([(b"p", b"a", b"b")] * 3)
    verdicts = exact_verdicts(keys, ExactConfig(identical=identical), LabelsConfig())
    assert verdicts.select("row", "verdict").rows() == [(1, identical), (2, identical)]


splits = st.lists(st.integers(0, 2), min_size=12, max_size=12)


@given(rows, margins, splits, policies)
def test_rows_held_out_less_change_nothing_for_the_others(
    pairs: list[Pair], given: Margins, held: list[int], policy: str
) -> None:
    labels = LabelsConfig(conflict=policy)  # type: ignore[arg-type]
    keys = frame(pairs, given, held)
    dropped = dropped_of(exact_verdicts(keys, ExactConfig(), labels))
    for least in (1, 2):
        alone = exact_verdicts(keys.filter(pl.col("held") >= least), ExactConfig(), labels)
        assert {row for row in dropped if held[row] >= least} == dropped_of(alone)
    kept = [(pair, held[row]) for row, pair in enumerate(pairs) if row not in dropped]
    for (prompt, chosen, rejected), of_one in kept:
        same = [of for pair, of in kept if pair == (prompt, chosen, rejected)]
        turned = [of for pair, of in kept if pair == (prompt, rejected, chosen)]
        assert len(same) == 1
        assert policy == "flag" or chosen == rejected or set(turned) <= {of_one}


def dropped_of(verdicts: pl.DataFrame) -> set[int]:
    return set(verdicts.filter(pl.col("verdict") == "drop")["row"].to_list())
