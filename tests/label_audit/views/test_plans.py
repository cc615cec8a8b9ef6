from __future__ import annotations

import numpy as np
import pytest

from prefdata.config.audit import AuditConfig
from prefdata.errors import DataError
from prefdata.label_audit.views.plans import plan_of, planted, why_too_few

GROUPS = np.repeat(np.arange(300), np.arange(300) % 4 + 1) * 7 + 3
CONFIG = AuditConfig.model_validate({"self_test": {"flips": 0.1, "copies": 4}, "seed": 5})


def test_variants_are_the_data_their_copies_and_the_null() -> None:
    plan = plan_of(GROUPS, CONFIG)
    assert (plan.variants, plan.repeats) == (6, 3)
    assert (plan.labels[0] == 1).all()
    assert ((plan.labels[1:-1] < 0).sum(axis=1) == round(0.1 * len(GROUPS))).all()
    assert len({tuple(row) for row in plan.labels}) == 6
    assert set(np.unique(plan.labels)) == {-1, 1}


def test_the_null_turns_whole_groups_about_half_of_them() -> None:
    null = plan_of(GROUPS, CONFIG).labels[-1]
    by_group = {group: set(null[group == GROUPS]) for group in GROUPS.tolist()}
    assert all(len(labels) == 1 for labels in by_group.values())
    assert 0.35 < np.mean([labels == {1} for labels in by_group.values()]) < 0.65


def test_folds_keep_groups_whole_and_differ_between_repeats() -> None:
    folds = plan_of(GROUPS, CONFIG).folds
    for repeat in folds:
        assert set(repeat) == set(range(5))
        assert all(len(set(repeat[group == GROUPS])) == 1 for group in set(GROUPS.tolist()))
    assert len({tuple(repeat) for repeat in folds}) == 3


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    one, same = plan_of(GROUPS, CONFIG), plan_of(GROUPS, CONFIG)
    other = plan_of(GROUPS, CONFIG.model_copy(update={"seed": 6}))
    assert np.array_equal(one.labels, same.labels) and np.array_equal(one.folds, same.folds)
    assert (one.labels[1:] != other.labels[1:]).any(axis=1).all()
    assert (one.folds != other.folds).any()


def test_a_flip_is_planted_in_few_rows_too() -> None:
    assert (planted(3, 0.05, 0, 0) < 0).sum() == 1


def test_too_few_groups_are_refused_with_how_many_it_takes() -> None:
    groups = np.repeat([1, 2, 3], 40)
    with pytest.raises(DataError, match=r"120 pairs in 3 leakage groups .* At least 5 groups"):
        plan_of(groups, AuditConfig())
    assert why_too_few(groups, AuditConfig(folds=3)) is None
