from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from audit_world import World
from diagnosed import controls_of, facts_of, judged_world, no_controls
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.claims.claims import Claimed, claims_of
from prefdata.label_audit.claims.evidence import Evidence, RowReadings
from prefdata.label_audit.claims.posterior import RowChances
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.people.review_rows import review_rows
from prefdata.label_audit.report.summary import classes_with, histograms, labels_of
from prefdata.label_audit.report.suspects import (
    SuspectRow,
    reasons_of,
    suspects,
    suspects_of,
    told_apart,
)
from prefdata.results.audit import REASONS, LabelAuditResult, RowPlace, Suspect, Text, Texts
from prefdata.results.review import STRATA, Drawn

PAIRS = 1200
CONFIG = AuditConfig(repeats=2)


@pytest.fixture(scope="module")
def made() -> tuple[Judged, World]:
    return judged_world(CONFIG, pairs=PAIRS, signal=3.0, flips=0.1, by_length=3.0)


@pytest.fixture(scope="module")
def labels(made: tuple[Judged, World]) -> LabelAuditResult:
    judged, world = made
    chosen, rejected = world.lengths
    controls = controls_of(length=np.log(chosen / rejected))
    sources = pl.Series(["a.jsonl", "b.jsonl"] * (PAIRS // 2))
    return labels_of(judged, facts_of(world, sources=sources), controls, CONFIG)


def test_numbers_are_those_of_the_margins(
    labels: LabelAuditResult, made: tuple[Judged, World]
) -> None:
    judged, world = made
    assert (labels.pairs, labels.groups) == (PAIRS, len(np.unique(world.groups)))
    assert labels.accuracy.value == pytest.approx((judged.margin > 0).mean(), abs=1e-6)
    assert labels.calibration.ece is not None
    assert labels.calibration.ece < 0.06
    assert sum(labels.classes.values()) == PAIRS
    against = (judged.classes == CLASSES.index("model-disagrees")).sum()
    assert labels.classes["model-disagrees"] == against > 0
    by_source = [part for part in labels.slices if part.by.keys() == {"source"}]
    assert sum(part.suspected for part in by_source) == against
    assert LabelAuditResult.model_validate_json(labels.model_dump_json()) == labels


def test_without_answers_no_row_is_called_flipped(
    labels: LabelAuditResult, made: tuple[Judged, World]
) -> None:
    judged, world = made
    assert labels.classes.keys() == set(CLASSES) - {"likely-flipped"}
    places = {row: row for row in range(PAIRS)}
    claimed = claims_of(judged.ranking, places, Evidence((), 0.1), CONFIG)
    assert claimed.chances is None
    assert claimed.claims.answers is None
    found = labels_of(judged, facts_of(world), no_controls(PAIRS), CONFIG, claimed)
    assert found.classes == labels.classes
    assert found.claims == claimed.claims


def test_answers_tell_which_rows_are_likely_flipped(
    made: tuple[Judged, World], answered: Claimed
) -> None:
    judged, world = made
    chances = answered.chances
    assert chances is not None
    found = labels_of(judged, facts_of(world), no_controls(PAIRS), CONFIG, answered)
    likely = chances.mean > CONFIG.likely
    assert found.classes["likely-flipped"] == likely.sum() > 0
    assert sum(found.classes.values()) == PAIRS
    classes = classes_with(judged, chances, CONFIG.likely)
    assert np.array_equal(classes == CLASSES.index("likely-flipped"), likely)
    assert np.array_equal(classes[~likely], judged.classes[~likely])
    assert (world.truth[likely] < 0).mean() > 0.5


@pytest.fixture(scope="module")
def answered(made: tuple[Judged, World]) -> Claimed:
    """What is claimed once a sheet of 100 rows has been answered rightly."""
    judged, world = made
    sheet = review_rows(judged, PAIRS, 100, 0)
    rows = [
        RowReadings(
            place,
            place,
            ("flip",) if world.truth[place] < 0 else ("keep",),
            Drawn(STRATA[stratum], int(size), PAIRS, 1),
        )
        for place, stratum, size in zip(
            sheet.places.tolist(), sheet.strata.tolist(), sheet.sizes, strict=True
        )
    ]
    places = {row: row for row in range(PAIRS)}
    return claims_of(judged.ranking, places, Evidence(rows, 0.1), CONFIG)


def test_views_are_told_with_their_weights(
    labels: LabelAuditResult, made: tuple[Judged, World]
) -> None:
    judged, _ = made
    assert [view.name for view in labels.views] == ["all", *judged.names, "content"]
    assert [view.is_content for view in labels.views] == [True, False, True, True, True]
    for place, view in enumerate(labels.views[1:-1]):
        right = (judged.margins[place].mean(axis=0) > 0).mean()
        assert view.accuracy.value == pytest.approx(right, abs=1e-6)
        assert view.weight == pytest.approx(judged.weights[place], abs=1e-6)


def test_nulls_are_a_coin_length_and_models_of_labels_without_meaning(
    labels: LabelAuditResult,
) -> None:
    constant, length, shuffled = labels.baselines
    assert constant.value == 0.5
    assert length.value is not None
    assert length.low is not None
    assert length.low > 0.55  # the world prefers the longer one
    assert length.value == pytest.approx(labels.shortcuts[0].accuracy.value, abs=0.01)
    assert shuffled.low is not None
    assert shuffled.high is not None
    assert shuffled.low <= 0.5 <= shuffled.high
    assert labels.accuracy.value is not None
    assert labels.accuracy.value > length.value


def test_histograms_count_every_pair_once(
    labels: LabelAuditResult, made: tuple[Judged, World]
) -> None:
    judged, _ = made
    whole, *classes = labels.margins
    assert whole.name == "all"
    assert sum(whole.counts) == PAIRS
    assert np.sum([each.counts for each in classes], axis=0).tolist() == [*whole.counts]
    assert {each.name: sum(each.counts) for each in classes} == {
        name: rows for name, rows in labels.classes.items() if rows
    }
    assert whole.edges[0] <= judged.margin.min() <= judged.margin.max() <= whole.edges[-1]


@given(arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e6, 1e6)))
def test_edges_fit_any_margins(margins: np.ndarray) -> None:
    judged = replace(EMPTY, margin=margins)
    (found,) = histograms(judged)
    assert sum(found.counts) == len(margins)
    assert len(found.counts) <= 62
    assert found.edges == pytest.approx([-edge for edge in reversed(found.edges)])


def test_where_rows_are_not_judged_none_is_named(made: tuple[Judged, World]) -> None:
    judged, world = made
    unjudged = replace(judged, is_judged=False, why_not="too few")
    found = labels_of(unjudged, facts_of(world), no_controls(PAIRS), CONFIG)
    assert (found.classes, found.claims, found.why_not) == ({}, None, "too few")
    assert [each.name for each in found.margins] == ["all"]
    assert not any(each.suspected for each in found.slices)
    assert not len(suspects_of(unjudged, 10))


def test_suspects_are_the_first_that_models_speak_against(made: tuple[Judged, World]) -> None:
    judged, world = made
    found = suspects_of(judged, PAIRS)
    assert set(found.tolist()) == set(np.flatnonzero(judged.margin < 0).tolist())
    assert (np.diff(judged.margin[found]) >= 0).all()
    assert suspects_of(judged, 5).tolist() == found[:5].tolist()
    assert (world.truth[found[:50]] < 0).mean() > 3 * (world.truth < 0).mean()


def told(judged: Judged, world: World, chances: RowChances | None) -> tuple[Suspect, ...]:
    stated = np.full(PAIRS, np.nan)
    places = suspects_of(judged, 3)
    stated[places[0]] = 0.25
    facts = facts_of(world, margins=stated)
    text = Text(text="x", characters=1)
    texts = Texts(prompt=text, chosen=text, rejected=text)
    rows = [
        SuspectRow(RowPlace(row=row, source="a", source_row=1), "train", f"{row:032x}", texts)
        for row in places.tolist()
    ]
    reasons = reasons_of(judged, facts, no_controls(PAIRS), places, is_content_told=True)
    classes = classes_with(judged, chances, CONFIG.likely)
    return suspects(judged, facts, reasons, chances, classes, places, rows)


def test_a_suspect_carries_the_numbers_of_its_row(made: tuple[Judged, World]) -> None:
    judged, world = made
    places = suspects_of(judged, 3)
    first, second, third = told(judged, world, None)
    assert (first.margin, second.margin) == (0.25, None)
    assert (first.place.row, first.language, first.rank) == (places[0], "en", 1)
    assert (second.rank, third.rank) == (2, 3)
    assert first.fingerprint == f"{places[0]:032x}"
    assert first.label == CLASSES[judged.classes[places[0]]]
    assert first.p_label == pytest.approx(judged.p_label[places[0]], abs=1e-6)
    for place, name in enumerate(judged.names):
        mean = judged.margins[place, :, places[0]].mean()
        assert first.views[name] == pytest.approx(mean, abs=1e-5)
    assert "content-against" in first.reasons


def test_a_suspect_has_a_flip_probability_by_answers_alone(
    made: tuple[Judged, World], answered: Claimed
) -> None:
    judged, world = made
    for suspect in told(judged, world, None):
        assert (suspect.p_flip, suspect.p_low, suspect.p_high) == (None, None, None)
        assert suspect.label != "likely-flipped"
    chances = answered.chances
    assert chances is not None
    for place, suspect in zip(suspects_of(judged, 3), told(judged, world, chances), strict=True):
        assert suspect.p_flip == pytest.approx(chances.mean[place], abs=1e-6)
        assert suspect.p_low is not None
        assert suspect.p_high is not None
        assert suspect.p_low <= suspect.p_flip <= suspect.p_high
        assert suspect.label == "likely-flipped"


def test_reasons_of_all_are_told_once() -> None:
    every, both = ("steady", "views-agree"), ("longer-chosen", "steady")
    assert told_apart([every, both]) == (("steady",), [("views-agree",), ("longer-chosen",)])
    assert told_apart([every]) == ((), [every])
    assert told_apart([]) == ((), [])
    assert told_apart([every, ()]) == ((), [every, ()])


def test_reasons_hold(made: tuple[Judged, World]) -> None:
    judged, world = made
    every = np.arange(PAIRS)
    refusals = np.zeros(PAIRS)
    refusals[:2] = 1, -1
    lengths = np.full(PAIRS, 100), np.full(PAIRS, 100)
    lengths[0][2], lengths[1][3] = 150, 150
    stated = np.linspace(0, 1, PAIRS)
    stated[7], stated[8] = -1, np.nan
    facts = facts_of(world, lengths=lengths, margins=stated)
    found = reasons_of(judged, facts, controls_of(refusal=refusals), every, is_content_told=True)
    where = {code: {row for row in every if code in found[row]} for code in REASONS}
    assert where["refusal-chosen"] == {0}
    assert where["refusal-rejected"] == {1}
    assert where["longer-chosen"] == {2}
    assert where["longer-rejected"] == {3}
    assert where["margin-against"] == {7}
    assert len(where["margin-small"]) == pytest.approx(PAIRS / 5, abs=3)
    assert len(where["margin-large"]) == pytest.approx(PAIRS / 5, abs=3)
    assert 8 not in where["margin-small"] | where["margin-large"]
    assert where["content-against"] == set(every[(judged.content < 0).all(axis=0)])
    assert where["content-for"] == set(every[(judged.content > 0).all(axis=0)])
    assert where["views-agree"].isdisjoint(where["views-disagree"])
    assert where["steady"].isdisjoint(where["unsteady"])
    assert all(list(codes) == [code for code in REASONS if code in codes] for codes in found)


def test_content_that_is_no_better_than_a_coin_is_no_reason(made: tuple[Judged, World]) -> None:
    judged, world = made
    every, controls = np.arange(PAIRS), no_controls(PAIRS)
    found, silent = (
        reasons_of(judged, facts_of(world), controls, every, is_content_told=is_told)
        for is_told in (True, False)
    )
    of_content = {"content-for", "content-against"}
    assert any(of_content & set(codes) for codes in found)
    assert silent == tuple(
        tuple(code for code in codes if code not in of_content) for codes in found
    )


def test_every_reason_is_told_in_both_languages() -> None:
    for code, (english, chinese) in REASONS.items():
        assert re.fullmatch("[a-z]+(-[a-z]+)*", code)
        assert english.isascii()
        assert english.endswith(".")
        assert chinese.endswith("。")


def _empty() -> Judged:
    found, _ = judged_world(AuditConfig(repeats=1, folds=2), pairs=40)
    return replace(found, is_judged=False)


EMPTY = _empty()
