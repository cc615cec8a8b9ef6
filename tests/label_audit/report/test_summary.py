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
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.report.summary import histograms, labels_of
from prefdata.label_audit.report.suspects import reasons_of, suspects, suspects_of
from prefdata.results.audit import LabelAuditResult, RowPlace, Text, Texts
from prefdata.results.suspicions import REASONS

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
    assert labels.classes["likely-flipped"] == (judged.classes == 1).sum() > 0
    assert labels.prior == judged.prior
    assert LabelAuditResult.model_validate_json(labels.model_dump_json()) == labels


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
    assert (found.classes, found.precision_at_k, found.why_not) == ({}, (), "too few")
    assert [each.name for each in found.margins] == ["all"]
    assert not any(each.suspected for each in found.slices)
    assert not len(suspects_of(unjudged, 10))


def test_suspects_are_the_rows_that_something_speaks_against(made: tuple[Judged, World]) -> None:
    judged, world = made
    found = suspects_of(judged, PAIRS)
    likely, shortcut = (
        np.flatnonzero(judged.classes == CLASSES.index(name))
        for name in ("likely-flipped", "shortcut-contradicting")
    )
    assert len(likely)
    assert len(shortcut)
    first, last = found[: len(likely)], found[len(likely) :]
    assert (set(first), set(last)) == (set(likely), set(shortcut))
    for part in (first, last):
        assert (np.diff(judged.p_flip[part]) <= 0).all()
    assert suspects_of(judged, 5).tolist() == found[:5].tolist()
    assert (world.truth[first] < 0).mean() > 3 * (world.truth < 0).mean()


def test_a_suspect_carries_the_numbers_of_its_row(made: tuple[Judged, World]) -> None:
    judged, world = made
    stated = np.full(PAIRS, np.nan)
    places = suspects_of(judged, 3)
    stated[places[0]] = 0.25
    facts = facts_of(world, margins=stated)
    text = Text(text="x", characters=1)
    texts = Texts(prompt=text, chosen=text, rejected=text)
    told = [(RowPlace(row=row, source="a", source_row=1), "train", texts) for row in places]
    first, second, _ = suspects(judged, facts, no_controls(PAIRS), places, told)
    assert (first.margin, second.margin) == (0.25, None)
    assert (first.place.row, first.language, first.label) == (places[0], "en", "likely-flipped")
    assert first.p_low <= first.p_flip <= first.p_high
    for place, name in enumerate(judged.names):
        mean = judged.margins[place, :, places[0]].mean()
        assert first.views[name] == pytest.approx(mean, abs=1e-5)
    assert "content-against" in first.reasons


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
    found = reasons_of(judged, facts, controls_of(refusal=refusals), every)
    where = {code: {row for row in every if code in found[row]} for code in REASONS}
    assert where["refusal-chosen"] == {0}
    assert where["refusal-rejected"] == {1}
    assert where["longer-chosen"] == {2}
    assert where["longer-rejected"] == {3}
    assert where["margin-against"] == {7}
    assert len(where["margin-small"]) == pytest.approx(PAIRS / 5, abs=3)
    assert len(where["margin-large"]) == pytest.approx(PAIRS / 5, abs=3)
    assert 8 not in where["margin-small"] | where["margin-large"]
    likely = set(np.flatnonzero(judged.classes == CLASSES.index("likely-flipped")))
    assert likely <= where["content-against"]
    assert where["views-agree"].isdisjoint(where["views-disagree"])
    assert where["steady"].isdisjoint(where["unsteady"])
    assert all(list(codes) == [code for code in REASONS if code in codes] for codes in found)


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
