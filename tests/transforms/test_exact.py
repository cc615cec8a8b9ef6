from __future__ import annotations

from collections import defaultdict
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import ExactConfig
from prefdata.transforms.exact import CONFLICT, DUPLICATE, SHARED, exact_verdicts

rows = st.lists(
    st.tuples(st.sampled_from(b"pq"), st.sampled_from(b"abc"), st.sampled_from(b"abc")).map(
        lambda t: tuple(bytes([c]) for c in t)
    ),
    max_size=12,
)
policies = st.sampled_from(["drop-all", "keep-majority", "keep-first", "flag"])


def frame(pairs: list[tuple[bytes, bytes, bytes]]) -> pl.DataFrame:
    columns = list(zip(*pairs, strict=True)) or [(), (), ()]
    kinds = {"prompt": pl.Binary, "chosen": pl.Binary, "rejected": pl.Binary}
    keys = pl.DataFrame(dict(zip(kinds, map(list, columns), strict=True)), schema=kinds)
    return keys.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))


def reference(pairs: list[tuple[bytes, bytes, bytes]], policy: str) -> dict[int, str]:
    """Row to the reason it is dropped for, one pair after another."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for row, (prompt, chosen, rejected) in enumerate(pairs):
        groups[prompt, frozenset((chosen, rejected))].append(row)
    dropped: dict[int, str] = {}
    for members in groups.values():
        sides = defaultdict(list)
        for row in members:
            sides[pairs[row][1]].append(row)
        in_conflict = len(sides) == 2
        for same in sides.values():
            lost = (
                in_conflict
                and {
                    "drop-all": True,
                    "flag": False,
                    "keep-first": min(same) != min(members),
                    "keep-majority": 2 * len(same) <= len(members),
                }[policy]
            )
            for row in same:
                if lost:
                    dropped[row] = CONFLICT
                elif row != min(same):
                    dropped[row] = DUPLICATE
    return dropped


@given(rows, policies)
def test_drops_agree_with_the_reference(pairs: list[Any], policy: Any) -> None:
    verdicts = exact_verdicts(frame(pairs), ExactConfig(conflict=policy))
    dropped = verdicts.filter(pl.col("verdict") == "drop")
    assert dict(dropped.select("row", "reason").iter_rows()) == reference(pairs, policy)


@given(rows, policies, st.randoms())
def test_the_order_of_the_frame_does_not_matter(pairs: list[Any], policy: Any, random: Any) -> None:
    keys = frame(pairs)
    order = list(range(len(pairs)))
    random.shuffle(order)
    config = ExactConfig(conflict=policy)
    assert exact_verdicts(keys[order], config).equals(exact_verdicts(keys, config))


def test_a_copy_names_the_first_and_a_conflict_its_opposite() -> None:
    pairs = [(b"p", b"a", b"b"), (b"p", b"a", b"b"), (b"q", b"a", b"b"), (b"q", b"b", b"a")]
    verdicts = exact_verdicts(frame(pairs), ExactConfig())
    assert verdicts.select("row", "reason", "other", "copies").rows() == [
        (1, DUPLICATE, 0, 2),
        (2, CONFLICT, 3, 1),
        (3, CONFLICT, 2, 1),
    ]


def test_other_completions_of_a_prompt_are_kept_and_told() -> None:
    pairs = [(b"p", b"a", b"b"), (b"p", b"a", b"c"), (b"q", b"a", b"b")]
    verdicts = exact_verdicts(frame(pairs), ExactConfig())
    assert verdicts.select("row", "verdict", "reason").rows() == [
        (0, "flag", SHARED),
        (1, "flag", SHARED),
    ]


@pytest.mark.parametrize("identical", ["drop", "flag"])
def test_copies_can_be_flagged_in_place_of_dropped(identical: Any) -> None:
    verdicts = exact_verdicts(frame([(b"p", b"a", b"b")] * 3), ExactConfig(identical=identical))
    assert verdicts.select("row", "verdict").rows() == [(1, identical), (2, identical)]
