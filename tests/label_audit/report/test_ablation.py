from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from audit_world import LinearView, World, world
from diagnosed import facts_of
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.audit import AuditConfig
from prefdata.errors import DataError
from prefdata.label_audit.claims.shape import FIRST
from prefdata.label_audit.report.ablation import ablate, put_aside
from prefdata.label_audit.views.view import JudgingPlan, Progress
from prefdata.records.arrays import Floats
from prefdata.results.audit import Ablation


def config_of(repeats: int = 10, **other: Any) -> AuditConfig:
    return AuditConfig.model_validate(
        {
            "folds": 3,
            "ablation": {"repeats": repeats, "test": 0.3},
            **other,
        }
    )


def ablated(made: World, config: AuditConfig) -> Ablation:
    return ablate(made.views, facts_of(made), config)


def test_leaving_out_what_is_flagged_helps_where_labels_are_turned() -> None:
    made = world(800, signal=8.0, flips=0.25, width=30, group=1, seed=0)
    found = ablated(made, config_of(top=150))
    assert 75 < found.flagged <= 150
    assert found.gain.low is not None
    assert found.gain.low > 0
    assert "Leaving them out helps" in found.says
    assert "as noisy as the others" in found.says
    every, flagged, random = found.arms
    assert every.rows - found.flagged == flagged.rows == random.rows
    assert found.gain.value == pytest.approx(flagged.accuracy - random.accuracy, abs=2e-6)


def test_it_helps_no_more_than_chance_where_no_label_is_turned() -> None:
    made = world(800, signal=2.0, width=12, group=2, seed=1)
    found = ablated(made, config_of(5))
    assert found.gain.low is not None
    assert found.gain.high is not None
    assert found.gain.low <= 0 <= found.gain.high
    assert "may be due to chance" in found.says or "nothing could be left out" in found.says


def test_where_nothing_is_flagged_nothing_is_gained() -> None:
    made = world(300, group=2)
    agreeing = LinearView("ngrams", np.ones((1, 300)))  # says that every label is right
    found = ablated(replace(made, views=(agreeing,)), config_of(2))
    assert found.flagged == 0
    assert (found.gain.value, found.gain.low, found.gain.high) == (0, None, None)
    assert len({arm.accuracy for arm in found.arms}) == 1
    assert "nothing could be left out" in found.says


@dataclass(frozen=True)
class Watched:
    """A view that notes what it was asked to learn."""

    plans: list[JudgingPlan]
    inner: Any

    @property
    def name(self) -> str:
        return str(self.inner.name)

    @property
    def is_content(self) -> bool:
        return bool(self.inner.is_content)

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        self.plans.append(plan)
        found: Floats = self.inner.margins(plan, progress)
        return found


def test_no_label_of_the_rows_put_aside_is_ever_learnt_from() -> None:
    made = world(600, signal=8.0, flips=0.25, group=3)
    watched = Watched([], made.views[1])
    config = config_of(2)
    found = ablate((made.views[0], watched), facts_of(made), config)
    assert found.tested == pytest.approx(2 * 0.3 * 600, abs=6)
    for plan in watched.plans:
        aside = plan.folds[0] == config.folds
        assert not plan.labels[:, aside].any()
        assert not set(made.groups[aside]) & set(made.groups[~aside])
        assert aside.sum() == found.tested // 2
    flagging, arms = watched.plans[:2]
    assert (flagging.labels[0] == arms.labels[0]).all()
    lost = (arms.labels[0] - arms.labels).sum(axis=1)
    assert lost.tolist() == [0, lost[1], lost[1]]
    assert lost[1] > 0


def test_labels_of_rows_put_aside_change_neither_flags_nor_models() -> None:
    """Turned round, with all they are made of: every margin turns, and nothing else changes."""
    made = world(600, signal=8.0, flips=0.25, group=3)
    config = config_of(1)
    watched = Watched([], made.views[1])
    ablate((watched,), facts_of(made), config)
    aside = watched.plans[0].folds[0] == config.folds
    signs = np.where(aside, -1.0, 1.0)
    turned = tuple(replace(view, columns=view.columns * signs) for view in made.views)
    chosen, rejected = made.lengths
    lengths = np.where(aside, rejected, chosen), np.where(aside, chosen, rejected)
    before = ablated(made, config)
    after = ablate(turned, facts_of(made, lengths=lengths), config)
    assert after.flagged == before.flagged
    for one, other in zip(before.arms, after.arms, strict=True):
        assert one.accuracy == pytest.approx(1 - other.accuracy, abs=2e-6)


def test_no_more_than_top_are_left_out_and_seeds_repeat() -> None:
    made = world(600, signal=8.0, flips=0.25)
    config = config_of(2, top=7)
    found = ablated(made, config)
    assert found.flagged == 7
    assert ablated(made, config) == found
    assert ablated(made, config_of(1)).flagged == FIRST  # as many as are looked at, else


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=60), st.floats(0.05, 0.9), st.integers(0, 99)
)
def test_groups_are_put_aside_whole(groups: list[int], share: float, seed: int) -> None:
    members = np.array(groups)
    aside = put_aside(members, share, np.random.default_rng(seed))
    assert not set(members[aside]) & set(members[~aside])
    assert aside.any()
    largest = np.bincount(members).max()
    assert aside.sum() <= max(share * len(groups), largest)
    few = share * len(groups) - largest
    assert aside.sum() >= few - 1e-9


def test_too_few_groups_are_said() -> None:
    made = replace(world(20), groups=np.arange(20) // 5)
    with pytest.raises(DataError, match=r"30% of the rows set aside.*groups"):
        ablated(made, config_of(folds=4))
