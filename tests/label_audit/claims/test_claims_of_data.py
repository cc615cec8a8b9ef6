"""What is said of a dataset, without answers of people and with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from turned_labels import Turned, turned

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.claims.claims import Claimed, claims_of, likely_rows
from prefdata.label_audit.claims.evidence import Evidence, RowReadings
from prefdata.label_audit.claims.shape import FIRST
from prefdata.results.review import STRATA, Decision, Drawn

ROWS = 1000
SHIFT = 7
"""Numbers of rows are other than their places in the ranking."""


@pytest.fixture(scope="module")
def data() -> Turned:
    return turned(0.15, np.random.default_rng(1), seen=1.4, rows=ROWS)


def claimed(
    data: Turned, rows: Sequence[RowReadings] = (), design: int = 1, **config: Any
) -> Claimed:
    places = {place + SHIFT: place for place in range(ROWS)}
    return claims_of(
        data.ranking, places, Evidence(rows, 0.1, (design, ROWS)), AuditConfig(**config)
    )


def sheet(data: Turned, wrong: tuple[Decision, ...]) -> list[RowReadings]:
    """Right answers to forty rows; `wrong`: the readings of those whose label is wrong."""
    random, order = np.random.default_rng(2), data.ranking.order
    rows = []
    for name, part in (("first", order[:FIRST]), ("others", order[FIRST:])):
        stratum = STRATA[STRATA.index(name)]  # type: ignore[arg-type]
        for place in random.choice(part, 20, replace=False).tolist():
            said: tuple[Decision, ...] = wrong if data.is_wrong[place] else ("keep",)
            how = Drawn(stratum, len(part), ROWS, 1)
            rows.append(RowReadings(place + SHIFT, place, said, how))
    return rows


def test_without_answers_there_is_an_order_and_nothing_is_claimed(data: Turned) -> None:
    found = claimed(data)
    assert found.chances is None
    assert found.claims.answers is None
    assert not likely_rows(found.chances, ROWS, 0.0).any()
    assert (found.claims.first, found.claims.most) == (FIRST, pytest.approx(50, abs=5))
    assert [each.rate for each in found.claims.what_if] == [0.01, 0.03, 0.1]
    said = " ".join(found.claims.says)
    assert "these data alone cannot tell" in said
    assert "20 answers will show it" in said
    assert "are wrong, however the errors arose" not in said


def test_a_range_that_is_stated_bounds_what_is_said(data: Turned) -> None:
    stated = claimed(data, prior={"low": 0.02, "high": 0.05}).claims
    assert [each.rate for each in stated.what_if] == [0.02, 0.05]
    assert stated.most <= claimed(data).claims.most
    assert claimed(data, prior={"high": 0.0}).claims.most == 0


def test_picked_rows_alone_claim_nothing(data: Turned) -> None:
    picked = [RowReadings(SHIFT, 0, ("flip", "flip"), None)]
    found = claimed(data, picked)
    assert found.chances is None
    assert found.claims == claimed(data).claims


def test_answers_tell_the_share_and_the_yield(data: Turned) -> None:
    picked = RowReadings(int(data.ranking.order[700]) + SHIFT, 700, ("keep",), None)
    found = claimed(data, [*sheet(data, ("flip", "flip")), picked])
    answers = found.claims.answers
    assert answers is not None
    assert found.chances is not None
    first, others = answers.parts
    assert (first.name, first.rows, first.read) == ("first", 50, 20)
    assert (others.name, others.rows, others.read) == ("others", 950, 20)
    assert (answers.again, answers.once) == (first.wrong + others.wrong, 0)
    assert (answers.reading_error, answers.beyond, answers.unread) == (0.1, 1, 30)
    assert answers.rate.low <= data.rate <= answers.rate.high
    least, most = answers.wrong_at_top
    assert least <= data.at_top <= most
    likely = likely_rows(found.chances, ROWS, 0.5)
    assert answers.likely == likely.sum() > 50
    assert data.is_wrong[likely].mean() > 0.5
    widths = [more.width for more in answers.more]
    assert [more.answers for more in answers.more] == [60, 100, 150]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] < answers.rate.high - answers.rate.low
    said = " ".join(found.claims.says)
    assert "whatever the cause" in said
    assert "were read again" in said
    assert "cannot tell" not in said


def test_answers_to_another_ranking_say_nothing_of_the_first_rows() -> None:
    random = np.random.default_rng(3)
    data = turned(0.2, random, seen=2.5, rows=ROWS)
    rows = sheet(data, ("flip", "flip"))
    mine, others = (claimed(data, rows, design, precision=0.8).claims for design in (1, 2))
    assert mine.answers is not None
    assert others.answers is not None
    assert (mine.answers.of_this_ranking, others.answers.of_this_ranking) == (True, False)
    assert others.answers.rate == mine.answers.rate
    assert others.answers.wrong_at_top == (0, FIRST)
    assert (mine.answers.may_drop, others.answers.may_drop) == (True, False)
    assert (mine.answers.unread, others.answers.unread) == (30, FIRST)
    said = [" ".join(claims.says) for claims in (mine, others)]
    assert ["an earlier ranking" in each for each in said] == [False, True]
    assert "an earlier ranking, of 1,000 rows" in said[1]


def test_answers_read_once_are_taken_as_they_are_and_that_is_said(data: Turned) -> None:
    once = claimed(data, sheet(data, ("flip",))).claims
    again = claimed(data, sheet(data, ("flip", "flip"))).claims
    assert once.answers is not None
    assert again.answers is not None
    assert (once.answers.once, once.answers.reading_error) == (again.answers.again, 0)
    assert once.answers.rate.low > again.answers.rate.low
    assert "one reading" in " ".join(once.says)
    assert "one reading" not in " ".join(again.says)


@pytest.mark.parametrize(
    ("precision", "readings", "is_promised"),
    [(0.8, ("flip",), True), (0.8, ("flip", "flip"), True), (0.95, ("flip",), False)],
)
def test_what_may_be_dropped_is_said(
    precision: float, readings: tuple[Decision, ...], is_promised: bool
) -> None:
    random = np.random.default_rng(3)
    data = turned(0.2, random, seen=2.5, rows=ROWS)
    assert data.at_top == FIRST
    found = claimed(data, sheet(data, readings), precision=precision).claims
    assert found.answers is not None
    assert found.answers.may_drop is is_promised
    said = " ".join(found.says)
    assert ("drops them" in said) is is_promised
    assert ("drops none of them" in said) is not is_promised


def test_rows_that_are_not_ranked_are_read_all_the_same(data: Turned) -> None:
    """Of other numbers, such as rows that a model could not judge."""
    rows = [
        RowReadings(5000 + n, n, ("flip", "flip"), Drawn("all", ROWS, ROWS, 1)) for n in range(10)
    ]
    found = claimed(data, [*sheet(data, ("flip", "flip")), *rows[:5]])
    assert found.claims.answers is not None
    only = claimed(data, rows)
    assert only.chances is None
    assert only.claims.answers is None
