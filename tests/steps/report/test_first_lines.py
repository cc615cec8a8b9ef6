from __future__ import annotations

import itertools
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.results.audit import RowPlace
from prefdata.steps.report.accounts import LINE_COLUMNS, VERDICT_COLUMNS, RowAccounts, Shown
from prefdata.steps.report.facts import added, counts_of, source_flows, tally
from prefdata.steps.report.issues import ALIKE, alike, first_alike, first_verdicts, issues

Line = tuple[int, str, str, str, int | None]


def frame(lines: list[Line]) -> pl.DataFrame:
    return pl.DataFrame([(*line, None) for line in lines], VERDICT_COLUMNS, orient="row")


LINES = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(["drop", "flag"]),
        st.sampled_from([*ALIKE[:2], "tie"]),
        st.just("why"),
        st.none() | st.integers(0, 12),
    ),
    max_size=40,
).map(lambda lines: sorted(lines, key=lambda line: line[0]))


def first_said_slowly(lines: list[Line], count: int) -> list[Line]:
    kinds = [line[1:3] for line in lines]
    return [line for n, line in enumerate(lines) if kinds[:n].count(kinds[n]) < count]


def first_alike_slowly(lines: list[Line], count: int) -> list[Line]:
    seen: list[tuple[str, frozenset[int | None]]] = []
    found = []
    for line in lines:
        key = line[2], frozenset((line[0], line[4]))
        if line[2] in ALIKE and line[4] is not None and key not in seen:
            seen.append(key)
            if [kind for kind, _ in seen].count(line[2]) <= count:
                found.append(line)
    return found


@pytest.mark.parametrize(
    ("fast", "slow"), [(first_verdicts, first_said_slowly), (first_alike, first_alike_slowly)]
)
@given(lines=LINES, count=st.integers(0, 4), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_first_lines_of_parts_are_those_of_the_whole(
    fast: Any, slow: Any, lines: list[Line], count: int, cuts: list[int]
) -> None:
    borders = [0, *sorted(cuts), len(lines)]
    parts = [fast([frame(lines[a:b])], count) for a, b in itertools.pairwise(borders)]
    assert fast(parts, count).drop("sentence").rows() == slow(lines, count)


def test_a_reason_of_another_version_is_an_issue_too() -> None:
    lines = pl.DataFrame([(3, "a", 4, "drop", None)], LINE_COLUMNS, orient="row")
    said = frame([(3, "drop", "from-tomorrow", "because", None)])
    whole = added([tally(RowAccounts(lines, said))])
    shown = {3: Shown(RowPlace(row=3, source="a", source_row=4))}
    (issue,) = issues(whole, said, shown)
    assert (issue.code, issue.rows) == ("from-tomorrow", 1)
    assert "does not know" in issue.says
    assert issue.examples[0].evidence == "because"


def test_sources_keep_their_order_and_empty_ones_are_there() -> None:
    lines = [(0, "b", 1, "keep", "test"), (1, "a", 1, "quarantine", None)]
    said = frame([(0, "flag", "mojibake", "", None), (1, "quarantine", "invalid-json", "", None)])
    part = RowAccounts(pl.DataFrame(lines, LINE_COLUMNS, orient="row"), said)
    flows = source_flows(added([tally(part)]), ["c", "b"])
    assert [(flow.name, flow.counts.read) for flow in flows] == [("c", 0), ("b", 1), ("a", 1)]
    whole = counts_of(flows)
    assert (whole.read, whole.kept, whole.quarantined) == (2, 1, 1)
    assert (whole.flagged, whole.splits) == ({"mojibake": 1}, {"test": 1})


def test_a_pair_whose_other_row_is_gone_is_left_out() -> None:
    first = frame([(3, "drop", "near-duplicate", "alike", 9)])
    assert alike(first, {3: Shown(RowPlace(row=3, source="a", source_row=1))}) == ()
