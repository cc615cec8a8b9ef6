from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.reward import EvaluationConfig
from prefdata.errors import DataError
from prefdata.results.training import Metrics
from prefdata.transforms.metrics.baselines import length_rule
from prefdata.transforms.metrics.reward_metrics import HeldOut, measure

CONFIG = EvaluationConfig(bootstrap=100)


def held_out(pairs: int, seed: int = 0, spread: float = 1.0) -> HeldOut:
    rng = np.random.default_rng(seed)
    return HeldOut(
        chosen=(0.5 + spread * rng.normal(size=pairs)).astype(np.float32),
        rejected=(spread * rng.normal(size=pairs)).astype(np.float32),
        rows=np.arange(pairs) + 1000,
        groups=rng.integers(0, max(pairs // 2, 1), pairs),
        margins=np.where(rng.random(pairs) < 0.5, np.nan, rng.random(pairs)).astype(np.float32),
        sources=pl.Series(rng.choice(["a", "b"], pairs), dtype=pl.String),
        languages=pl.Series(rng.choice(["en", "zh"], pairs), dtype=pl.String),
        chosen_length=rng.integers(0, 300, pairs),
        rejected_length=rng.integers(0, 300, pairs),
    )


def measured(pairs: HeldOut, **given: object) -> Metrics:
    rule = length_rule(pairs.chosen_length, pairs.rejected_length)
    return measure(pairs, rule, CONFIG, **given)  # type: ignore[arg-type]


def only(pairs: HeldOut, which: np.ndarray) -> HeldOut:
    return HeldOut(*(getattr(pairs, name)[which] for name in pairs.__dataclass_fields__))


def swapped(pairs: HeldOut) -> HeldOut:
    return replace(
        pairs,
        chosen=pairs.rejected,
        rejected=pairs.chosen,
        chosen_length=pairs.rejected_length,
        rejected_length=pairs.chosen_length,
    )


def without_reasons(dumped: object) -> list[object]:
    """Objects with a null that do not say why."""
    if isinstance(dumped, list):
        return [found for each in dumped for found in without_reasons(each)]
    if not isinstance(dumped, dict):
        return []
    nulls = {name for name, value in dumped.items() if value is None and name != "absent"}
    said = dumped.get("absent")
    explained = set(said) if isinstance(said, dict) else nulls if said else set()
    return [dumped] * bool(nulls - explained) + without_reasons([*dumped.values()])


@pytest.mark.parametrize("pairs", [0, 1, 2, 3, 200])
@pytest.mark.parametrize("spread", [0.0, 1.0, 1e30])
@pytest.mark.parametrize("margin", [False, True])
def test_numbers_are_finite_or_null_with_a_reason(pairs: int, spread: float, margin: bool) -> None:
    found = measured(held_out(pairs, spread=spread), margin=margin)
    text = found.model_dump_json()
    assert "NaN" not in text and "Infinity" not in text
    assert without_reasons(json.loads(text)) == []
    assert Metrics.model_validate_json(text) == found


def test_numbers_are_those_of_a_plain_loop() -> None:
    pairs = held_out(300)
    found = measured(pairs, margin=True)
    margins = [float(c) - float(r) for c, r in zip(pairs.chosen, pairs.rejected, strict=True)]
    given_margins = [0.0 if math.isnan(m) else float(m) for m in pairs.margins]
    assert found.accuracy.value == pytest.approx(sum(m > 0 for m in margins) / 300, abs=1e-6)
    loss = [math.log1p(math.exp(-m)) for m in margins]
    assert found.loss == pytest.approx(sum(loss) / 300, abs=1e-6)
    loss = [math.log1p(math.exp(g - m)) for m, g in zip(margins, given_margins, strict=True)]
    assert found.loss_with_margin == pytest.approx(sum(loss) / 300, abs=1e-6)
    assert found.reward_margin == pytest.approx(sum(margins) / 300, abs=1e-6)
    assert found.given_margin.points == sum(~np.isnan(pairs.margins))
    length_only = found.baselines.length_only.value
    assert length_only is not None and found.over_length_only.value is not None
    above = found.accuracy.value - length_only  # type: ignore[operator]
    assert found.over_length_only.value == pytest.approx(above, abs=2e-6)


@given(st.randoms(use_true_random=False), st.integers(0, 5))
def test_the_order_of_pairs_does_not_matter(shuffler: object, seed: int) -> None:
    pairs = held_out(60, seed)
    order = np.array(shuffler.sample(range(60), 60))  # type: ignore[attr-defined]
    one, other = (
        json.loads(measured(each).model_dump_json()) for each in (pairs, only(pairs, order))
    )
    assert flat(one) == pytest.approx(flat(other), abs=2e-6)


def flat(dumped: object, path: str = "") -> dict[str, object]:
    if isinstance(dumped, dict):
        return {
            k: v for name, each in dumped.items() for k, v in flat(each, f"{path}/{name}").items()
        }
    if isinstance(dumped, list):
        return flat(dict(enumerate(dumped)), path)
    return {path: dumped}


def test_swapped_labels_mirror_accuracy_and_leave_the_model_as_it_is() -> None:
    pairs = held_out(200)
    one, other = measured(pairs), measured(swapped(pairs))
    assert one.ties == 0
    assert one.accuracy.value == pytest.approx(1 - other.accuracy.value, abs=2e-6)  # type: ignore[operator]
    assert one.length.reward_margin.pearson == pytest.approx(other.length.reward_margin.pearson)
    assert one.calibration.confidence == other.calibration.confidence
    assert one.length.chosen_longer.pairs == other.length.rejected_longer.pairs


def test_all_ties_are_wrong_for_the_model_and_half_right_beside_it() -> None:
    tied = held_out(50)
    found = measured(replace(tied, rejected=tied.chosen))
    assert (found.ties, found.accuracy.value, found.loss) == (50, 0.0, 0.693147)
    assert found.baselines.label_shuffled.value == found.baselines.constant.value == 0.5
    assert found.calibration.confidence == 0.5


def test_a_model_of_length_alone_is_no_better_than_length_alone() -> None:
    pairs = held_out(80)
    by_length = replace(
        pairs, chosen=-np.log1p(pairs.chosen_length), rejected=-np.log1p(pairs.rejected_length)
    )
    if measured(by_length).baselines.length_only.made.startswith("the longer"):
        by_length = replace(by_length, chosen=-by_length.chosen, rejected=-by_length.rejected)
    above = measured(by_length).over_length_only
    assert (above.value, above.low, above.high) == (0.0, None, None)
    assert above.absent is not None


def test_a_refit_on_shuffled_labels_takes_the_place_of_flips() -> None:
    pairs = held_out(50)
    found = measured(pairs, shuffled=np.where(np.arange(50) < 30, 1.0, -1.0))
    assert found.baselines.label_shuffled.value == 0.6
    assert found.baselines.label_shuffled.made != measured(pairs).baselines.label_shuffled.made


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rewards_that_are_not_finite_are_refused_by_row(bad: float) -> None:
    pairs = held_out(20)
    pairs.rejected[[3, 7]] = bad
    with pytest.raises(
        DataError, match=rf"2 of 20 pairs .*row 1003 \(.*rejected {bad:g}\), row 1007"
    ):
        measured(pairs)
    pairs.chosen[:] = bad
    with pytest.raises(DataError, match=r"row 1004 .* and 15 more"):
        measured(pairs)
