"""Shares, yields and promises hold as often as they say, whatever turned the labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, hypergeom
from turned_labels import KINDS, read, turned

from prefdata.label_audit.claims.bounds import (
    COVERED,
    StratumRead,
    calls,
    exact_share,
    may_drop,
    most_at_top,
    rate_of,
    wrong_at_top,
)
from prefdata.label_audit.claims.reading import SURE, Readers, reading_again, widened
from prefdata.label_audit.claims.shape import FIRST, Ranking

RUNS = 300
ERRING = reading_again(0.1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rate", "widest"), [(0, 0.13), (0.03, 0.17), (0.15, 0.28)])
def test_the_share_of_forty_answers_holds(kind: str, rate: float, widest: float) -> None:
    random = np.random.default_rng(3)
    held, widths = 0, []
    for _ in range(RUNS):
        data = turned(rate, random, kind=kind, seen=0.6)
        found = rate_of(read(data, 40, random).strata)
        held += found.low - 1e-9 <= data.rate <= found.high + 1e-9
        widths.append(found.width)
    assert held >= 0.9 * RUNS
    assert np.mean(widths) < widest


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [0, 0.03, 0.15])
def test_it_holds_if_one_answer_in_ten_is_false_and_would_not_without_the_correction(
    kind: str, rate: float
) -> None:
    random = np.random.default_rng(4)
    held, raw = 0, []
    for _ in range(RUNS):
        data = turned(rate, random, kind=kind, seen=0.6)
        found = rate_of(read(data, 40, random, error=0.1).strata)
        corrected = widened(found, ERRING)
        held += corrected.low - 1e-9 <= data.rate <= corrected.high + 1e-9
        assert corrected.low <= found.low
        assert corrected.high >= found.high
        raw.append(found.value)
    assert held >= 0.9 * RUNS
    if not rate:
        assert np.mean(raw) > 0.01  # false alarms alone


parts = st.builds(
    lambda rows, read, wrong: StratumRead(rows, rows * read, rows * read * wrong),
    st.integers(1, 5000), st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip


@pytest.mark.parametrize("read", [1, 7, 20, 50])
def test_the_interval_of_a_share_covers_at_every_share_and_is_never_wider(read: int) -> None:
    counts = range(read + 1)
    ends = np.array([exact_share(wrong, read) for wrong in counts])
    for share in np.linspace(0.001, 0.999, 250):
        is_held = (ends[:, 0] <= share) & (share <= ends[:, 1])
        assert binom.pmf(counts, read, share)[is_held].sum() >= COVERED
    assert ends[::-1] == pytest.approx(1 - ends[:, ::-1], abs=1e-6)
    for wrong, (low, high) in zip(counts, ends, strict=True):
        assert low >= (beta.ppf(0.05, wrong, read - wrong + 1) if wrong else 0) - 1e-9
        assert high <= (beta.ppf(0.95, wrong + 1, read - wrong) if wrong < read else 1) + 1e-9


@given(st.lists(parts, min_size=1, max_size=4))
def test_a_share_is_a_share_and_lies_between_its_ends(strata: list[StratumRead]) -> None:
    found = rate_of(strata)
    assert -1e-9 <= found.low <= found.value + 1e-9
    assert found.value <= found.high + 1e-9 <= 1 + 2e-9


def test_what_nobody_read_may_be_anything_and_what_all_read_is_known() -> None:
    unread = rate_of([StratumRead(100, 0, 0)])
    assert (unread.low, unread.high) == (0, 1)
    known = rate_of([StratumRead(40, 40, 10), StratumRead(60, 60, 0)])
    assert known.low == known.high == pytest.approx(0.1)
    half = rate_of([StratumRead(50, 50, 0), StratumRead(50, 0, 0)])
    assert half.high >= 0.5
    with_empty = rate_of([StratumRead(40, 20, 2), StratumRead(0, 0, 0)])
    assert with_empty == rate_of([StratumRead(40, 20, 2)])


def test_more_answers_tell_more() -> None:
    widths = [rate_of([StratumRead(2000, n, n / 10)]).width for n in (10, 20, 40, 100, 500)]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("readers", [SURE, ERRING, reading_again(0.3)])
@pytest.mark.parametrize(("first", "number"), [(50, 12), (50, 20), (30, 30), (30, 15), (3, 2)])
def test_the_yield_holds_whatever_it_is(readers: Readers, first: int, number: int) -> None:
    """Exactly: over all that may be called, for every number of wrong labels."""
    chance = calls(first, number, readers)
    assert chance.sum(axis=1) == pytest.approx(1)
    ends = [wrong_at_top(first, number, called, readers) for called in range(number + 1)]
    for wrong in range(first + 1):
        held = [low <= wrong <= high for low, high in ends]
        assert chance[wrong] @ held >= 0.9
    for of_each in zip(*ends, strict=True):
        assert list(of_each) == sorted(of_each)


def test_the_yield_of_reading_all_by_readers_who_never_err_is_what_they_say() -> None:
    assert [wrong_at_top(50, 50, called) for called in (0, 13, 50)] == [(0, 0), (13, 13), (50, 50)]


@pytest.mark.parametrize("readers", [SURE, ERRING])
def test_calls_are_those_of_readers(readers: Readers) -> None:
    random = np.random.default_rng(5)
    wrong, drawn, runs = 17, 20, 20_000
    held = random.hypergeometric(wrong, 50 - wrong, drawn, runs)
    called = random.binomial(held, 1 - readers.misses)
    called += random.binomial(drawn - held, readers.alarms)
    counted = np.bincount(called, minlength=drawn + 1) / runs
    assert np.abs(counted - calls(50, drawn, readers)[wrong]).max() < 0.012


def test_who_may_stop_at_any_time_is_held_at_all_times() -> None:
    """Exactly, by the chances of all ways in which reading can go."""
    first = 14
    ends = {
        (read_rows, called): wrong_at_top(first, read_rows, called, is_stopped=True)
        for read_rows in range(first + 1)
        for called in range(read_rows + 1)
    }
    for wrong in range(first + 1):
        so_far = {0: 1.0}  # called wrong, to the chance that the truth was held until now
        for read_rows in range(first):
            after: dict[int, float] = {}
            for called, chance in so_far.items():
                share = (wrong - called) / (first - read_rows)
                for is_wrong, of_it in ((1, share), (0, 1 - share)):
                    key = called + is_wrong
                    after[key] = after.get(key, 0.0) + chance * of_it
            so_far = {
                called: chance
                for called, chance in after.items()
                if chance > 0
                and ends[read_rows + 1, called][0] <= wrong <= ends[read_rows + 1, called][1]
            }
        assert sum(so_far.values()) >= 0.9


@pytest.mark.parametrize("precision", [0.5, 0.8])
@pytest.mark.parametrize(("first", "number"), [(50, 12), (50, 20), (20, 10)])
@pytest.mark.parametrize("readers", [SURE, ERRING])
def test_rows_that_are_dropped_are_as_often_wrong_as_promised(
    precision: float, first: int, number: int, readers: Readers
) -> None:
    """Exactly: the promise is broken in a tenth of all sheets at most, whatever is true."""
    dropped = [may_drop(first, number, n, precision, readers) for n in range(number + 1)]
    assert dropped == sorted(dropped)  # never for fewer wrong rows
    assert not dropped[0]
    assert dropped[-1] or number == 10  # too few to promise much
    for wrong in range(first + 1):
        broken = 0.0
        for seen in range(max(0, number - first + wrong), min(wrong, number) + 1):
            if wrong - seen < precision * (first - number):
                chance = hypergeom.pmf(seen, first, wrong, number)
                broken += chance * (calls_of(seen, number, readers) @ dropped)
        assert broken <= 0.1


def calls_of(seen: int, number: int, readers: Readers) -> np.ndarray:
    """The chance of each number of rows called wrong, of so many wrong ones read."""
    found = binom.pmf(np.arange(seen + 1), seen, 1 - readers.misses)
    alarms = binom.pmf(np.arange(number - seen + 1), number - seen, readers.alarms)
    return np.convolve(found, alarms)


def test_a_top_that_is_wrong_is_dropped_and_one_that_is_not_is_kept() -> None:
    assert may_drop(50, 20, 20, 0.8)
    assert not may_drop(50, 20, 16, 0.8)
    assert not may_drop(50, 20, 0, 0.1)
    assert may_drop(50, 20, 20, 0.8, ERRING)
    assert not may_drop(50, 50, 50, 0.8)  # there is nothing left to drop
    assert not may_drop(0, 0, 0, 0.8)
    assert not may_drop(50, 0, 0, 0.8)  # nobody has read any


def test_more_is_called_wrong_than_erring_readers_could() -> None:
    """All of many rows: readers who miss one wrong row in nine hardly ever call all of them so."""
    for number in (20, 40, 50):
        assert wrong_at_top(50, number, number, ERRING) == (pytest.approx(50, abs=1), 50)
        assert may_drop(50, number, number, 0.8, ERRING) is (number < 50)


@pytest.mark.parametrize("rate", [0, 0.03, 0.15, 0.3])
@pytest.mark.parametrize("highest", [0.3, 0.5])
def test_no_more_of_the_first_are_wrong_than_is_said_without_answers(
    rate: float, highest: float
) -> None:
    random = np.random.default_rng(6)
    held = 0
    for run in range(RUNS):
        data = turned(rate, random, seen=(0.05, 0.5, 1.4)[run % 3])
        held += data.at_top <= most_at_top(data.ranking, FIRST, highest)
    assert held >= 0.95 * RUNS


def test_the_most_at_the_top_grows_with_the_rate_that_may_be() -> None:
    ranking = turned(0.05, np.random.default_rng(7), seen=1.4).ranking
    found = [most_at_top(ranking, FIRST, highest) for highest in (0, 0.01, 0.05, 0.2, 0.5)]
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] <= FIRST
    few = Ranking(np.array([0.5, -1.0, 2.0]))
    assert 0 <= most_at_top(few, FIRST, 0.5) <= 3
