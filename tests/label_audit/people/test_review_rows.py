from __future__ import annotations

import numpy as np
from hand_judged import judged
from hypothesis import given
from hypothesis import strategies as st

from prefdata.label_audit.claims.bounds import StratumRead, rate_of
from prefdata.label_audit.claims.shape import FIRST
from prefdata.label_audit.people.review_rows import ReviewRows, review_rows
from prefdata.results.audit import LabelClass
from prefdata.results.review import STRATA

some_margins = st.lists(st.floats(-3, 3), min_size=1, max_size=160)


def sheet(margins: list[float], count: int, seed: int = 0, *, is_judged: bool = True) -> ReviewRows:
    classes: list[LabelClass] = ["model-agrees"] * len(margins)
    found = judged(classes, margins, is_judged=is_judged)
    return review_rows(found, len(margins), count, seed)


def names_of(rows: ReviewRows) -> list[str]:
    return [STRATA[number] for number in rows.strata.tolist()]


@given(some_margins, st.integers(0, 180), st.integers(0, 3), st.booleans())
def test_a_sheet_holds_as_many_rows_as_asked_each_once(
    margins: list[float], count: int, seed: int, is_judged: bool
) -> None:
    rows = sheet(margins, count, seed, is_judged=is_judged)
    assert len(rows) == min(count, len(margins))
    assert len(set(rows.places.tolist())) == len(rows)
    assert rows.pairs == len(margins)
    first = np.argsort(margins, kind="stable")[:FIRST].tolist() if is_judged else []
    assert rows.first.tolist() == first
    sizes = {"first": len(first), "others": len(margins) - len(first), "all": len(margins)}
    for place, name, size in zip(rows.places.tolist(), names_of(rows), rows.sizes, strict=True):
        expected = ("first" if place in first else "others") if is_judged else "all"
        assert (name, size) == (expected, sizes[expected])


def test_without_a_ranking_all_rows_are_drawn_alike() -> None:
    rows = review_rows(None, 90, 40, 3)
    assert set(names_of(rows)) == {"all"}
    assert set(rows.sizes.tolist()) == {90}
    assert not len(rows.first)


def test_half_are_of_the_first_but_never_too_few() -> None:
    margins = np.random.default_rng(0).normal(size=1000).tolist()
    for count, of_first in ((40, 20), (100, 50), (300, 50), (20, 12), (8, 8), (999, 50)):
        assert names_of(sheet(margins, count)).count("first") == of_first, count
    few = margins[:55]  # five others: more of the first are read, so that as many are as asked
    assert names_of(sheet(few, 40)).count("others") == 5


def test_every_row_of_a_stratum_is_as_likely_to_be_drawn() -> None:
    margins = np.random.default_rng(1).normal(size=120).tolist()
    drawn = np.zeros(120)
    for seed in range(400):
        drawn[sheet(margins, 40, seed).places] += 1
    first = np.argsort(margins)[:FIRST]
    others = np.setdiff1d(np.arange(120), first)
    for places, share in ((first, 20 / 50), (others, 20 / 70)):
        noise = 5 * np.sqrt(400 * share * (1 - share))
        assert np.abs(drawn[places] - 400 * share).max() < noise


def test_a_sheet_is_drawn_again_the_same_and_with_another_seed_another() -> None:
    margins = np.random.default_rng(2).normal(size=550).tolist()
    one, again, other = (sheet(margins, 60, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.places, again.places)
    assert not np.array_equal(one.places, other.places)
    assert len(set(np.diff(one.strata.astype(int)).tolist())) > 2  # no stratum after the other


def test_the_rate_that_sheets_tell_is_right_on_average() -> None:
    """Over many sheets of data whose wrong labels are known, most of them among the first."""
    random = np.random.default_rng(0)
    margins = np.sort(random.normal(size=2000))
    is_wrong = random.random(2000) < np.where(np.arange(2000) < 100, 0.6, 0.03)
    values, held = [], 0
    for seed in range(200):
        rows = sheet(margins.tolist(), 100, seed)
        names = np.array(names_of(rows))
        found = rate_of(
            [
                StratumRead(
                    int(rows.sizes[names == name][0]),
                    int((names == name).sum()),
                    int(is_wrong[rows.places[names == name]].sum()),
                )
                for name in ("first", "others")
            ]
        )
        values.append(found.value)
        held += found.low <= is_wrong.mean() <= found.high
    error = np.std(values) / np.sqrt(200)
    assert abs(np.mean(values) - is_wrong.mean()) < 4 * error
    assert held >= 0.9 * 200
