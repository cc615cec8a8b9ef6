from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
from audit_world import World, world

from prefdata.config.audit import AuditConfig
from prefdata.errors import DataError
from prefdata.label_audit.judge.judge import judge
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.views.view import JudgingPlan, Progress
from prefdata.records.arrays import Floats
from prefdata.results.sentences import Sentence
from prefdata.transforms.metrics.calibration import calibration
from prefdata.transforms.metrics.pairwise import sigmoid

CONFIG = AuditConfig(repeats=2)


def judged(data: World, config: AuditConfig = CONFIG, **more: object) -> Judged:
    return judge(data.views, data.groups, data.lengths, config, **more)


def of(found: Judged, name: str) -> np.ndarray:
    return found.classes == CLASSES.index(name)


@pytest.fixture(scope="module")
def flipped() -> tuple[World, Judged]:
    data = world(6000, signal=4.0, flips=0.1, seed=1)
    return data, judged(data)


def test_the_first_of_the_ranking_are_wrong_and_models_say_no_more_than_that_they_disagree(
    flipped: tuple[World, Judged],
) -> None:
    data, found = flipped
    is_wrong = data.truth < 0
    assert is_wrong[found.ranking.order[:50]].mean() > 0.5 > 3 * is_wrong.mean()
    against = of(found, "model-disagrees")
    assert is_wrong[against].mean() > 3 * is_wrong[~against].mean()
    assert (found.margin[against] < 0).all()
    assert not of(found, "likely-flipped").any()


def test_what_it_says_is_calibrated_and_consistent(flipped: tuple[World, Judged]) -> None:
    _, found = flipped
    assert found.is_judged and found.why_not is None
    assert calibration(found.margin).ece < 0.03
    assert found.p_label == pytest.approx(sigmoid(found.margin))
    assert (np.diff(found.margin[found.ranking.order]) >= 0).all()
    assert found.names == ("controls", "ngrams", "embeddings")
    assert found.margins.shape == (3, 2, 6000) and found.stacked.shape == (2, 6000)
    assert found.content.shape == (2, 6000) and found.weights.shape == (3,)
    assert found.spread == pytest.approx(found.stacked.std(axis=0), abs=1e-6)


def test_labels_without_meaning_are_not_judged() -> None:
    found = judged(world(3000, signal=0.0, seed=3))
    assert not found.is_judged
    assert isinstance(found.why_not, Sentence)
    assert "AUROC 0." in found.why_not and "should reach 0.60" in found.why_not
    assert not found.classes.any()
    assert found.power.detections[0].auroc == pytest.approx(0.5, abs=0.06)


def test_a_dozen_rows_end_with_a_sentence() -> None:
    found = judged(world(12, group=1))
    assert not found.is_judged and "too few" in found.why_not
    assert isinstance(found.why_not, Sentence)
    assert not found.classes.any()


def test_too_few_groups_are_refused() -> None:
    with pytest.raises(DataError, match="At least 5 groups"):
        judged(world(12))


def test_turning_the_pairs_of_a_dataset_round_turns_what_is_said() -> None:
    """Labels that were all the wrong way round are as consistent as they were."""
    data = world(1500, seed=5)
    turned = World(
        tuple(replace(view, columns=-view.columns) for view in data.views),
        data.groups,
        data.lengths[::-1],
        data.truth,
    )
    one, other = judged(data), judged(turned)
    assert other.margin == pytest.approx(one.margin, abs=1e-3)
    assert np.mean(other.classes == one.classes) > 0.995


@pytest.mark.parametrize("views", [slice(0, 1), slice(1, None)], ids=["controls", "content"])
def test_without_some_of_the_views_the_others_rank(views: slice) -> None:
    data = world(3000, signal=2.0, by_length=8.0, flips=0.05, seed=6)
    found = judged(replace(data, views=data.views[views]))
    assert found.is_judged
    assert found.content.shape == (len(data.views[views]) - (views.start == 0), 3000)
    first = found.ranking.order[:100]
    assert (data.truth[first] < 0).mean() > 2 * (data.truth < 0).mean()


def test_progress_goes_forward_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    judged(world(300), progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and told[-1][0] == told[-1][1]


def test_the_same_data_are_judged_the_same(flipped: tuple[World, Judged]) -> None:
    data, found = flipped
    again = judged(data)
    assert np.array_equal(again.margin, found.margin)
    assert np.array_equal(again.ranking.order, found.ranking.order)


@dataclass(frozen=True)
class Given:
    """A view that says what it was told, whatever it is trained on."""

    said: np.ndarray
    name: str = "given"
    is_content: bool = True

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        return np.broadcast_to(self.said.astype(np.float32), (plan.variants, *plan.folds.shape))


@pytest.mark.parametrize("pairs", [5, 40, 500])
@pytest.mark.parametrize(
    "said",
    [
        pytest.param(lambda drawn: 0 * drawn, id="nothing"),
        pytest.param(lambda drawn: 0 * drawn + 1, id="always the same"),
        pytest.param(lambda drawn: 0 * drawn - 1, id="always the opposite"),
        pytest.param(lambda drawn: 1e30 * drawn, id="very much"),
        pytest.param(lambda drawn: 1e-30 * drawn, id="very little"),
    ],
)
def test_views_that_say_odd_things_are_survived(
    pairs: int, said: Callable[[np.ndarray], np.ndarray]
) -> None:
    drawn = np.random.default_rng(0).normal(size=(2, pairs))
    views = [Given(said(drawn[0])), Given(drawn[1], "controls", is_content=False)]
    groups, length = np.arange(pairs), np.zeros(pairs, np.int64)
    found = judge(views, groups, (length, length), CONFIG)
    for field in fields(found):
        value = getattr(found, field.name)
        if isinstance(value, np.ndarray):
            assert np.isfinite(value).all(), field.name
    assert ((found.p_label > 0) & (found.p_label < 1)).all()
    assert sorted(found.ranking.order.tolist()) == list(range(pairs))


def test_a_null_that_does_as_well_is_not_believed() -> None:
    """A view that knows the labels it was to be tried on: the null finds it out."""

    @dataclass(frozen=True)
    class Leaking:
        name: str = "leaking"
        is_content: bool = True

        def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
            noise = np.random.default_rng(0).normal(size=plan.labels.shape)
            said = 1.0 + noise.astype(np.float32)
            said[-1] *= plan.labels[-1]
            return np.broadcast_to(said[:, None], (plan.variants, *plan.folds.shape))

    length = np.zeros(2000, np.int64)
    found = judge([Leaking()], np.arange(2000), (length, length), CONFIG)
    assert found.power.is_enough and not found.is_judged
    assert "flips planted among random labels" in found.why_not
    assert isinstance(found.why_not, Sentence)
