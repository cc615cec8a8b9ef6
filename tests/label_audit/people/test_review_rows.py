from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hand_judged import judged
from hypothesis import given
from hypothesis import strategies as st
from prefdata.label_audit.people.flip_rate import Decided, flip_rate

from prefdata.label_audit.people.review_rows import ReviewRows, review_rows
from prefdata.results.audit import LabelClass
from prefdata.results.review import STRATA, Decision, Drawn

CLASS_NAMES: tuple[LabelClass, ...] = get_args(LabelClass)

some_classes = st.lists(st.sampled_from(CLASS_NAMES), min_size=1, max_size=60)


def drawn(rows: ReviewRows, design: int = 1) -> list[Drawn]:
    return [
        Drawn(STRATA[stratum], int(size), rows.pairs, design)
        for stratum, size in zip(rows.strata, rows.sizes, strict=True)
    ]


@given(some_classes, st.integers(0, 80), st.integers(0, 3), st.booleans())
def test_a_sheet_holds_as_many_rows_as_asked_each_once_and_weights_add_up(
    classes: list[LabelClass], count: int, seed: int, is_judged: bool
) -> None:
    rows = review_rows(judged(classes, is_judged=is_judged), len(classes), count, seed)
    assert len(rows) == min(count, len(classes))
    assert len(set(rows.places.tolist())) == len(rows)
    for place, stratum in zip(rows.places.tolist(), rows.strata.tolist(), strict=True):
        of_class = {"all"} if not is_judged else {classes[place]}
        allowed = of_class | ({"likeliest"} if "likely-flipped" in of_class else set())
        assert STRATA[stratum] in allowed
    if count >= 2 * len(STRATA):  # there is room for every stratum
        assert rows.weights.sum() == pytest.approx(len(classes))


def test_the_likeliest_are_all_there_and_the_rest_is_drawn() -> None:
    names: list[LabelClass] = ["likely-flipped"] * 100 + ["sound"] * 900 + ["ambiguous"] * 3
    p_flip = np.linspace(0.5, 0.99, len(names))[::-1]
    rows = review_rows(judged(names, p_flip.tolist()), len(names), 100, 7)
    strata = np.array(STRATA)[rows.strata]
    assert set(rows.places[strata == "likeliest"]) == set(range(25))
    assert (strata == "likely-flipped").sum() == 10
    assert (strata == "ambiguous").sum() == 3
    assert (strata == "sound").sum() == 62  # and what the others leave
    assert dict(zip(strata.tolist(), rows.sizes.tolist(), strict=True)) == {
        "likeliest": 25,
        "likely-flipped": 75,
        "ambiguous": 3,
        "sound": 900,
    }


def test_a_sheet_is_drawn_again_the_same_and_with_another_seed_another() -> None:
    names: list[LabelClass] = ["sound"] * 500 + ["likely-flipped"] * 50
    one, again, other = (review_rows(judged(names), 550, 60, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.places, again.places)
    assert not np.array_equal(one.places, other.places)
    assert len(set(np.diff(one.strata.astype(int)))) > 2  # shuffled: no stratum after the other


def test_the_estimate_is_unbiased_and_its_interval_holds() -> None:
    """Over many sheets of data whose flips are known, most of them among the suspected."""
    random = np.random.default_rng(0)
    names: list[LabelClass] = ["likely-flipped"] * 120 + ["ambiguous"] * 200 + ["sound"] * 1680
    chances = np.repeat([0.6, 0.2, 0.04], [120, 200, 1680])
    is_flip = random.random(2000) < chances
    p_flip = np.clip(chances + random.normal(0, 0.1, 2000), 0, 1)
    given_judged = judged(names, p_flip.tolist())
    values, held, widths = [], 0, []
    for seed in range(200):
        rows = review_rows(given_judged, 2000, 100, seed)
        said: list[Decision] = ["flip" if is_flip[place] else "keep" for place in rows.places]
        found = flip_rate(Decided(said, rows.places, drawn(rows)), seed)
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        values.append(found.value)
        widths.append(found.high - found.low)
        held += found.low <= is_flip.mean() <= found.high
    assert np.mean(values) == pytest.approx(is_flip.mean(), abs=0.006)
    assert 0.92 <= held / 200 <= 1
    assert np.mean(widths) < 0.16


def decided(said: str, groups: list[int] | None = None, *, of: int = 1000) -> Decided:
    names: dict[str, Decision] = {"k": "keep", "f": "flip", "d": "drop", "?": "unsure"}
    of_all = [Drawn("all", of, of, 1)] * len(said)
    return Decided([names[c] for c in said], np.array(groups or range(len(said))), of_all)


def test_where_no_flip_was_seen_the_upper_end_is_not_zero() -> None:
    found = flip_rate(decided("k" * 40))
    assert (found.value, found.pairs) == (0, 40)
    assert found.low is not None
    assert found.low < 0.001
    assert found.high == pytest.approx(0.061, abs=0.01)  # Jeffreys' interval: 0.0607


def test_every_row_looked_at_is_no_guess() -> None:
    found = flip_rate(decided("kkkf", of=4))
    assert (found.value, found.low, found.high) == (0.25, 0.25, 0.25)


def test_rows_of_a_group_count_less() -> None:
    alone, together = (
        flip_rate(decided("kf" * 20, groups))
        for groups in (list(range(40)), [n // 2 % 4 for n in range(40)])
    )
    assert alone.groups == 40
    assert together.groups == 4
    assert alone.high is not None
    assert together.high is not None
    assert together.high - 0.5 > 2 * (alone.high - 0.5)


def test_who_cannot_tell_tells_nothing_and_a_bad_row_is_no_flip() -> None:
    assert flip_rate(decided("kf??")).value == 0.5
    assert flip_rate(decided("kfdd")).value == 0.25


def test_a_stratum_that_nobody_decided_leaves_the_interval_open() -> None:
    said: list[Decision] = ["keep"] * 30 + ["unsure"] * 10
    strata = [Drawn("sound", 500, 1000, 1)] * 30 + [Drawn("ambiguous", 500, 1000, 1)] * 10
    found = flip_rate(Decided(said, np.arange(40), strata))
    assert found.value == 0
    assert found.high is not None
    assert found.high > 0.45


def test_rows_that_somebody_picked_are_no_evidence_nor_is_the_smaller_of_two_sheets() -> None:
    picked = Decided(["flip"] * 9, np.arange(9), [None] * 9)
    found = flip_rate(picked)
    assert (found.value, found.pairs) == (None, 0)
    assert found.absent is not None
    sheets = [Drawn("all", 50, 50, 1)] * 3 + [Drawn("all", 90, 90, 2)] * 2
    assert flip_rate(Decided(["keep"] * 3 + ["flip"] * 2, np.arange(5), sheets)).value == 0
