"""P(wrong) of each row, by ranks and by the answers of people."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from turned_labels import Read, Turned, read, turned

from prefdata.label_audit.claims.posterior import RowAnswer, RowChances, chances
from prefdata.label_audit.claims.reading import SURE, Readers, reading_again
from prefdata.label_audit.claims.shape import FIRST, Ranking

ERRING = reading_again(0.1)


@cache
def sheet(rate: float, seen: float = 1.0, seed: int = 1) -> tuple[Turned, Read]:
    random = np.random.default_rng(seed)
    data = turned(rate, random, seen=seen, rows=1000)
    return data, read(data, 40, random)


def found(
    ranking: Ranking,
    answers: list[RowAnswer],
    readers: Readers = SURE,
    *,
    lowest: float = 0.0,
    highest: float = 0.5,
) -> RowChances:
    return chances(ranking, answers, readers, lowest, highest)


@pytest.mark.parametrize(("rate", "seen"), [(0.03, 1.4), (0.15, 0.5), (0.15, 1.0)])
def test_chances_fall_along_the_ranking_and_their_mean_is_the_rate(
    rate: float, seen: float
) -> None:
    data, answered = sheet(rate, seen)
    told = found(data.ranking, [*answered.answers])
    by_rank = told.mean[data.ranking.order]
    assert (np.diff(by_rank) <= 1e-9).all()
    assert by_rank[0] > 3 * by_rank[-1]
    assert told.mean.mean() == pytest.approx(told.rate, rel=0.02)
    for ends in (told.low, told.mean, told.high):
        assert ((ends >= 0) & (ends <= 1)).all()
    assert (told.low <= told.mean).all()
    assert (told.mean <= told.high).all()
    assert told.rate == pytest.approx(rate, abs=0.12)


@pytest.mark.parametrize("seen", [0.05, 0.5, 1.4])
def test_where_all_answers_are_right_no_row_is_accused(seen: float) -> None:
    data, answered = sheet(0.0, seen)
    told = found(data.ranking, [*answered.answers])
    assert not any(answer.is_wrong for answer in answered.answers)
    assert told.mean.max() < 0.1
    assert told.high.max() < 0.5
    assert told.rate < 0.03
    by_rank = told.mean[data.ranking.order]
    assert (np.diff(by_rank) <= 1e-3).all()


def test_without_answers_only_the_prior_speaks() -> None:
    data, _ = sheet(0.15)
    told = found(data.ranking, [])
    other = found(Ranking(data.ranking.margin[::-1].copy()), [])
    assert told.mean == pytest.approx(other.mean[::-1], abs=1e-9)  # of ranks alone
    assert told.high.max() - told.low.min() > 0.85


def test_answers_move_what_is_said_and_those_of_the_top_most() -> None:
    data, _ = sheet(0.15)
    order = data.ranking.order
    top = [RowAnswer(int(place), True) for place in order[:FIRST:5]]
    right = [RowAnswer(answer.place, False) for answer in top]
    accused, cleared = found(data.ranking, top), found(data.ranking, right)
    assert accused.mean[order[0]] > 0.8
    assert cleared.mean[order[0]] < 0.2
    assert accused.rate > cleared.rate


@pytest.mark.parametrize(("rate", "seen"), [(0.15, 0.5), (0.15, 1.0)])
def test_who_calls_rows_wrong_that_are_not_is_believed_less(rate: float, seen: float) -> None:
    data, answered = sheet(rate, seen)
    sure, less = (
        found(data.ranking, [*answered.answers], readers) for readers in (SURE, Readers(0.1, 0.0))
    )
    assert less.rate < sure.rate
    top = data.ranking.order[:FIRST]
    assert (less.mean[top] < sure.mean[top]).all()
    missing = found(data.ranking, [*answered.answers], Readers(0.0, 0.1))
    assert missing.rate > sure.rate


@pytest.mark.parametrize(
    ("lowest", "highest"), [(0.0, 0.02), (0.1, 0.2), (0.3, 0.5), (0.3, 0.3), (0.0, 0.0)]
)
def test_what_is_known_of_the_rate_is_kept(lowest: float, highest: float) -> None:
    data, answered = sheet(0.15)
    told = found(data.ranking, [*answered.answers], lowest=lowest, highest=highest)
    assert lowest - 1e-9 <= told.rate <= max(highest, 0.0005) + 1e-9
    assert told.mean.mean() == pytest.approx(told.rate, rel=0.03)


@pytest.mark.parametrize("rate", [0.0, 0.03, 0.15])
def test_chances_are_calibrated_for_labels_turned_by_coins(rate: float) -> None:
    random = np.random.default_rng(9)
    errors, claimed, wrong, rows = [], 0.0, 0, 0
    for seen in (0.5, 1.0, 1.4) * 8:
        data = turned(rate, random, seen=seen)
        told = found(data.ranking, [*read(data, 40, random).answers]).mean
        bins = np.digitize(told, np.linspace(0, 1, 11))
        gaps = [abs(told[bins == b].sum() - data.is_wrong[bins == b].sum()) for b in set(bins)]
        errors.append(sum(gaps) / len(told))
        accused = told > 0.5
        assert rate or not accused.any()
        claimed += told[accused].sum()
        wrong += int(data.is_wrong[accused].sum())
        rows += int(accused.sum())
    assert np.mean(errors) < 0.05
    assert abs(claimed - wrong) <= 0.15 * rows  # of few sheets


def test_one_right_label_at_the_top_does_not_rule_out_that_models_see_much() -> None:
    random = np.random.default_rng(4)
    data = turned(0.2, random, seen=2.5, rows=5000)
    answers = [*read(data, 100, random).answers]
    assert all(answer.is_wrong for answer in answers[:50])
    all_wrong, one_right = (
        found(data.ranking, [RowAnswer(answers[0].place, is_wrong), *answers[1:]]).mean
        for is_wrong in (True, False)
    )
    accused, still = all_wrong > 0.5, one_right > 0.5
    assert accused.sum() > 900
    assert still.sum() > 0.95 * accused.sum()
    assert one_right[still].mean() > all_wrong[accused].mean() - 0.05
    assert data.is_wrong[still].mean() > one_right[still].mean()


def test_rows_of_equal_margin_are_told_the_same_and_few_rows_are_survived() -> None:
    for rows in (1, 2, 26, 60):
        ranking = Ranking(np.linspace(-1, 1, rows))
        told = found(ranking, [RowAnswer(0, True)])
        assert np.isfinite(told.mean).all()
        assert told.mean[: min(rows, 25)] == pytest.approx(told.mean[0])


def test_contradicting_answers_are_survived() -> None:
    data, _ = sheet(0.15)
    place = int(data.ranking.order[0])
    told = found(data.ranking, [RowAnswer(place, True), RowAnswer(place, False)] * 30)
    assert told.mean[place] == pytest.approx(0.5, abs=0.1)
