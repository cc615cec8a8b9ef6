"""Which answers are evidence of the share of wrong labels, and of how much."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.label_audit.claims.bounds import StratumRead, rate_of
from prefdata.label_audit.claims.evidence import Evidence, RowReadings, share_of
from prefdata.label_audit.claims.reading import SURE, reading_again, widened
from prefdata.results.audit import RowsRead
from prefdata.results.review import DECISIONS, Decision, Drawn, Stratum

NAMES: dict[str, Decision] = {"k": "keep", "f": "flip", "d": "drop", "?": "unsure"}
TOTAL = 1000


def drawn(stratum: Stratum = "all", design: int = 1) -> Drawn:
    size = {"first": 50, "others": TOTAL - 50}.get(stratum, TOTAL)
    return Drawn(stratum, size, TOTAL, design)


def row(said: str, number: int = 0, how: Drawn | None = None, group: int | None = None):  # type: ignore[no-untyped-def]
    readings = tuple(NAMES[letter] for letter in said)
    return RowReadings(number, number if group is None else group, readings, how)


def evidence(*said: str, error: float = 0.1, stratum: Stratum = "all") -> Evidence:
    """Each text is a row, its letters what was said of it in order."""
    return Evidence([row(one, n, drawn(stratum)) for n, one in enumerate(said)], error)


@pytest.mark.parametrize(
    ("said", "is_wrong", "asks_again", "is_read_again"),
    [
        ("k", False, False, False),
        ("f", True, True, False),  # called wrong once
        ("ff", True, False, True),
        ("fk", None, True, True),  # who is right?
        ("kf", None, True, True),
        ("fkk", False, False, True),
        ("fkf", True, False, True),
        ("fkfk", None, True, True),
        ("d", False, False, False),  # useless, whatever its label
        ("fd", None, True, True),
        ("?", None, False, False),
        ("??", None, False, False),
        ("f?", True, False, True),  # was asked again
        ("k?", False, False, False),
        ("", None, False, False),
    ],
)
def test_what_readings_say_of_a_row(
    said: str, is_wrong: bool | None, asks_again: bool, is_read_again: bool
) -> None:
    found = row(said)
    assert (found.is_wrong, found.asks_again, found.is_read_again) == (
        is_wrong,
        asks_again,
        is_read_again,
    )


@given(st.lists(st.sampled_from(DECISIONS), max_size=6))
def test_order_does_not_matter_for_what_most_say(readings: list[Decision]) -> None:
    one = RowReadings(0, 0, tuple(readings), None)
    other = replace(one, readings=tuple(readings[::-1]))
    assert one.is_wrong == other.is_wrong
    assert one.is_read_again == other.is_read_again
    assert not (one.asks_again and one.is_wrong is False)


def test_readers_are_corrected_once_all_that_was_called_wrong_was_read_again() -> None:
    assert evidence("k", "k").readers == SURE  # nothing was called wrong
    assert evidence("k", "f").readers == SURE  # and nobody has read it again
    half = evidence("ff", "f", "k")
    assert (half.again, half.once, half.readers) == (1, 1, SURE)
    done = evidence("ff", "fkk", "k")
    assert (done.again, done.once, done.readers) == (2, 0, reading_again(0.1))
    assert evidence("ff", "k", error=0).readers == SURE


def test_a_correction_widens_the_share() -> None:
    said = ["k"] * 36 + ["ff"] * 4
    plain, corrected = (evidence(*said, error=error).rate for error in (0.0, 0.1))
    assert plain is not None
    assert corrected is not None
    assert corrected.low < plain.low
    assert corrected.high > plain.high
    raw = rate_of([StratumRead(TOTAL, 40, 4)])
    assert plain == share_of(raw)
    assert corrected == share_of(widened(raw, reading_again(0.1)))


def test_rows_that_nobody_could_settle_are_not_read() -> None:
    found = evidence("k", "?", "fk", "f", "d")
    assert [row.row for row in found.settled] == [0, 3, 4]
    assert found.parts == (RowsRead(name="all", rows=TOTAL, read=3, wrong=1),)
    assert evidence("?", "fk").rate is None
    assert evidence().rate is None
    assert evidence().parts == ()


def test_strata_are_weighed_by_their_rows() -> None:
    rows = [row("ff", n, drawn("first")) for n in range(10)]
    rows += [row("k", 100 + n, drawn("others")) for n in range(10)]
    found = Evidence(rows, 0.0)
    assert found.parts == (
        RowsRead(name="first", rows=50, read=10, wrong=10),
        RowsRead(name="others", rows=950, read=10, wrong=0),
    )
    assert found.rate is not None
    assert found.rate.value == pytest.approx(0.05)
    assert found.rate == share_of(rate_of([StratumRead(50, 10, 10), StratumRead(950, 10, 0)]))


def test_a_stratum_that_nobody_read_leaves_the_interval_open() -> None:
    found = Evidence([row("k", n, drawn("first")) for n in range(20)], 0.0).rate
    assert found is not None
    assert found.low == pytest.approx(0, abs=0.01)
    assert found.high > 0.9


def test_rows_that_somebody_picked_are_no_evidence() -> None:
    picked = [row("f", n) for n in range(9)]
    beyond = [row("f", 20 + n, drawn("beyond")) for n in range(9)]
    alone = Evidence([*picked, *beyond], 0.1)
    assert (alone.rate, alone.drawn, alone.parts) == (None, [], ())
    assert len(alone.settled) == 18
    sheet = [row("k", 100 + n, drawn()) for n in range(20)]
    together = Evidence([*picked, *beyond, *sheet], 0.1)
    assert together.rate is not None
    assert together.rate.value == 0
    assert together.rate == Evidence(sheet, 0.1).rate


def test_of_two_sheets_the_one_with_most_answers_counts() -> None:
    one = [row("k", n, drawn(design=7)) for n in range(5)]
    other = [row("ff", 50 + n, drawn(design=2)) for n in range(4)]
    found = Evidence([*one, *other], 0.0)
    assert {how.design for how, _ in found.drawn} == {7}
    assert found.rate is not None
    assert found.rate.value == 0
    undecided = [row("?", 90 + n, drawn(design=2)) for n in range(9)]
    assert Evidence([*one, *other, *undecided], 0.0).rate == found.rate


def test_the_first_rows_are_those_of_the_ranking_of_today() -> None:
    """Rows that were first in another ranking say nothing of the first of this one."""
    before = [row("ff", n, drawn("first", design=7)) for n in range(12)]
    now = [row("k", 50 + n, drawn("first", design=2)) for n in range(5)]
    rest = [row("k", 100 + n, drawn("others", design=2)) for n in range(7)]
    sheets = [*before, *now, *rest]
    old, new, none = (Evidence(sheets, 0.0, (design, TOTAL)) for design in (7, 2, 1))
    assert old.top == RowsRead(name="first", rows=50, read=12, wrong=12)
    assert new.top == RowsRead(name="first", rows=50, read=5, wrong=0)
    assert none.top is None
    assert Evidence(sheets, 0.0).top is None
    assert Evidence(sheets, 0.0, (2, TOTAL + 1)).top is None  # rows have come since
    assert old.drawn == new.drawn  # the share does not depend on the ranking


def test_sheets_of_as_many_rows_count_together_where_rows_are_not_ranked() -> None:
    one = [row("k", n, Drawn("all", 100, 100, 5)) for n in range(5)]
    other = [row("f", 50 + n, Drawn("all", 200, 200, 5)) for n in range(6)]
    found = Evidence([*one, *other], 0.0)
    assert found.parts == (RowsRead(name="all", rows=200, read=6, wrong=6),)


def test_rows_of_a_group_count_as_fewer() -> None:
    said = ["k", "f"] * 20
    alone = Evidence([row(one, n, drawn()) for n, one in enumerate(said)], 0.0)
    grouped = Evidence([row(one, n, drawn(), n // 10) for n, one in enumerate(said)], 0.0)
    few = Evidence([row(one, n, drawn()) for n, one in enumerate(said[:4])], 0.0)
    rates = [each.rate for each in (alone, grouped, few)]
    assert all(rate is not None and rate.value == 0.5 for rate in rates)
    by_one, by_group, by_few = (rate.high for rate in rates if rate is not None)
    assert by_group > by_one
    assert by_group == pytest.approx(by_few, abs=0.01)  # four groups: as four rows
    assert alone.parts == grouped.parts  # what was read is told as it is


rows_said = st.lists(
    st.tuples(st.sampled_from(["k", "f", "ff", "fk", "fkk", "d", "?"]), st.integers(0, 5)),
    min_size=1, max_size=40,
)  # fmt: skip


@given(rows_said, st.floats(0, 0.4))
def test_whatever_was_said_is_a_share(said: list[tuple[str, int]], error: float) -> None:
    rows = [
        row(one, n, drawn("first" if n % 2 else "others"), group)
        for n, (one, group) in enumerate(said)
    ]
    found = Evidence(rows, error).rate
    settled = [each for each in rows if each.is_wrong is not None]
    assert (found is None) == (not settled)
    if found is not None:
        assert -1e-9 <= found.low <= found.value + 1e-9
        assert found.value <= found.high + 1e-9 <= 1 + 2e-9
