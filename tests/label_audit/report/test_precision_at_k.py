from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from diagnosed import judged_world

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.report.suspects import TOPS, order_of_flips, precision_at_k

LIKELY, SHORTCUT = CLASSES.index("likely-flipped"), CLASSES.index("shortcut-contradicting")


@pytest.fixture(scope="module")
def judged() -> Judged:
    found, _ = judged_world(AuditConfig(repeats=2), pairs=900, signal=3.0, flips=0.1)
    assert found.is_judged
    assert (found.classes == LIKELY).any()
    return found


def test_precision_is_the_mean_probability_of_the_first(judged: Judged) -> None:
    order = order_of_flips(judged)
    likely = int((judged.classes == LIKELY).sum())
    found = precision_at_k(judged)
    assert [each.k for each in found] == sorted({*(k for k in TOPS if k <= 900), likely})
    for each in found:
        first = order[: each.k]
        assert each.low == pytest.approx(judged.p_low[first].mean(), abs=1e-6)
        assert each.high == pytest.approx(judged.p_high[first].mean(), abs=1e-6)
        assert each.low <= each.high


def test_likely_flips_go_first_and_shortcuts_last(judged: Judged) -> None:
    classes = np.where(np.arange(900) % 7 == 0, SHORTCUT, judged.classes)
    mixed = replace(judged, classes=classes.astype(np.int8))
    order = order_of_flips(mixed)
    assert sorted(order) == list(range(900))
    ranks = np.select([classes[order] == LIKELY, classes[order] == SHORTCUT], [0, 2], 1)
    assert (np.diff(ranks) >= 0).all()
    for rank in range(3):
        assert (np.diff(mixed.p_flip[order[ranks == rank]]) <= 0).all()


def test_equal_ones_go_by_margin_and_then_by_row(judged: Judged) -> None:
    same = np.zeros(900)
    margins = np.repeat([2.0, 1.0], 450)
    tied = replace(judged, p_flip=same, margin=margins, classes=same.astype(np.int8))
    assert order_of_flips(tied).tolist() == [*range(450, 900), *range(450)]


def test_nothing_is_expected_where_rows_are_not_judged(judged: Judged) -> None:
    assert precision_at_k(replace(judged, is_judged=False)) == ()
