from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import torch

from prefdata.config.reward import HeadConfig, ObjectiveConfig, OptimiserConfig, RewardConfig
from prefdata.errors import DataError
from prefdata.reward.heads import crossfit, fit_linear, fit_mlp
from prefdata.reward.heads.batched_fits import NO_FOLD, FitColumns, columns_of, joined
from prefdata.reward.heads.crossfit import HeadFit, fit_heads
from prefdata.reward.heads.features import PairVectors
from prefdata.reward.heads.heads import Head, averaged, member_rewards, rewards_of_head

NAMES = ("completion", "turn-cosine")
PAIRS, GROUPS, FOLDS = 300, 90, 3


def made(noise: float = 0.3, dimension: int = 12, seed: int = 0) -> PairVectors:
    """Pairs whose label a direction of the completions decides, with noise."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(3 * PAIRS, dimension))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    turn, one, other = np.split(random.permutation(3 * PAIRS), 3)
    gap = (vectors[one] - vectors[other])[:, 0] + noise * 0.3 * random.normal(size=PAIRS)
    index = {
        "turn": turn,
        "chosen": np.where(gap > 0, one, other),
        "rejected": np.where(gap > 0, other, one),
    }
    return PairVectors(vectors.astype(np.float16), index)


GROUP_OF = np.arange(PAIRS) % GROUPS
FOLD_OF = GROUP_OF % FOLDS
NO_MARGIN = np.full(PAIRS, np.nan)


def config(objective: dict[str, Any] | None = None, seed: int = 0, **head: Any) -> RewardConfig:
    return RewardConfig(
        head=HeadConfig(**{"members": 2, **head}),
        objective=ObjectiveConfig(**(objective or {})),
        optimiser=OptimiserConfig(seed=seed),
    )


def fitted(pairs: PairVectors | None = None, **given: Any) -> HeadFit:
    pairs = pairs or made()
    return fit_heads(pairs, GROUP_OF, FOLD_OF, NO_MARGIN, config(**given))


def some_columns(penalties: tuple[float, ...] = (0.1, 0.01), *, turn: bool = False) -> FitColumns:
    """Two members without a fold and two of fold 1, with a penalty each."""
    parts = [
        columns_of(GROUP_OF, FOLD_OF, [fold], 2, penalty, turn=turn, seed=[3])
        for fold, penalty in zip([NO_FOLD, 1], penalties, strict=True)
    ]
    return joined(parts)


def by_scipy(
    pairs: PairVectors, columns: FitColumns, column: int, margins: Any, objective: ObjectiveConfig
) -> Any:
    """One fit, the slow and obvious way: the rewards of both sides, term by term."""
    sides = pairs.features(NAMES, slice(None)).astype(np.float64)
    middle = sides.mean(axis=(0, 1))
    weights = columns.counts[:, column] / columns.counts[:, column].sum()
    turned = columns.is_turned is not None and columns.is_turned[:, column]
    e = objective.smoothing

    def loss(weight: Any) -> float:
        chosen, rejected = ((sides - middle) @ weight).T
        beyond = np.where(turned, rejected - chosen, chosen - rejected) - margins
        right, wrong = np.logaddexp(0, -beyond), np.logaddexp(0, beyond)
        each = ((1 - e) * right - e * wrong) / (1 - 2 * e)
        each = each + objective.centring * (chosen + rejected) ** 2
        return float(weights @ each + columns.penalties[column] * weight @ weight)

    start = np.zeros(sides.shape[-1])
    return scipy.optimize.minimize(loss, start, method="BFGS", options={"gtol": 1e-6}).x


@pytest.mark.parametrize("kept_bytes", [0, 1 << 30])
@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize(
    "objective", [{}, {"centring": 0.5}, {"smoothing": 0.2}, {"smoothing": 0.1, "centring": 0.1}]
)
def test_all_columns_at_once_are_what_one_by_one_gives(
    monkeypatch: pytest.MonkeyPatch, objective: dict[str, float], turn: bool, kept_bytes: int
) -> None:
    monkeypatch.setattr(fit_linear, "KEPT_BYTES", kept_bytes)
    monkeypatch.setattr(fit_linear, "BLOCK", 128)
    pairs, columns, given = made(), some_columns(turn=turn), ObjectiveConfig(**objective)
    margins = np.random.default_rng(1).exponential(size=PAIRS).astype(np.float32)
    fit = fit_linear.fit_linear(pairs, NAMES, margins, columns, given)
    assert fit.is_converged.all()
    for column in range(len(columns)):
        wanted = by_scipy(pairs, columns, column, margins, given)
        assert np.abs(fit.weights[:, column] - wanted).max() < 2e-3 * np.abs(wanted).max()


def test_a_column_does_not_see_its_neighbours() -> None:
    pairs, margins = made(), np.zeros(PAIRS, np.float32)
    both, objective = some_columns((3.0, 1e-3)), ObjectiveConfig()
    alone = replace(
        both,
        folds=both.folds[3:],
        counts=both.counts[:, 3:],
        is_outside=both.is_outside[:, 3:],
        penalties=both.penalties[3:],
    )
    together = fit_linear.fit_linear(pairs, NAMES, margins, both, objective).weights[:, 3]
    single = fit_linear.fit_linear(pairs, NAMES, margins, alone, objective).weights[:, 0]
    assert np.abs(together - single).max() < 1e-3 * np.abs(single).max()


def test_pairs_that_can_be_told_apart_still_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, margins = made(noise=0), np.zeros(PAIRS, np.float32)
    columns, objective = some_columns((1e-6, 1e-6)), ObjectiveConfig(smoothing=0.1)
    assert fit_linear.fit_linear(pairs, NAMES, margins, columns, objective).is_converged.all()
    monkeypatch.setattr(fit_linear, "_MOST_STEPS", 1)
    fit = fit_linear.fit_linear(pairs, NAMES, margins, columns, objective)
    assert not fit.is_converged.any() and fit.steps == 1


def test_mlp_losses_and_a_step_are_those_of_a_plain_loop() -> None:
    pairs, columns = made(), some_columns(turn=True)
    objective = ObjectiveConfig(smoothing=0.1, centring=0.2)
    margins = np.random.default_rng(1).exponential(size=PAIRS).astype(np.float32)
    network = fit_mlp._Network(13, len(columns), 4, seed=0)
    trainer = fit_mlp._Trainer(pairs, NAMES, margins, columns, objective, network)
    sides = torch.from_numpy(pairs.features(NAMES, slice(None)))
    found = trainer._losses(np.arange(PAIRS))
    for column in range(len(columns)):
        first, bias, second = (p[..., column, :] for p in network.parameters)
        chosen, rejected = (torch.tanh(sides @ first + bias) @ second).T
        sign = torch.from_numpy(1 - 2.0 * columns.is_turned[:, column])
        beyond = sign * (chosen - rejected) - torch.from_numpy(margins)
        right, wrong = (torch.nn.functional.softplus(side * beyond) for side in (-1, 1))
        wanted = (0.9 * right - 0.1 * wrong) / 0.8 + 0.2 * (chosen + rejected) ** 2
        torch.testing.assert_close(found[:, column], wanted.float())


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_held_out_pairs_are_told_and_turned_labels_teach_nothing(kind: str) -> None:
    fit = fitted(kind=kind, members=4, penalty=0.02, seed=1)
    assert fit.accuracy > 0.75 and min(fit.accuracies) > 0.65
    assert abs(np.mean(fit.null_margins > 0) - 0.5) < 0.2
    assert fit.rewards.shape == (PAIRS, 2) and fit.head.members == 4
    assert (fit.spread > 0).all() and fit.unfinished == 0
    on_all = rewards_of_head(fit.head, made().vectors, made().index)
    assert abs(on_all.rewards.mean()) < 0.1 < on_all.reward_margins.mean()


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_a_pair_of_a_fold_is_nothing_to_its_own_rewards(kind: str) -> None:
    """Turning a fold's labels round turns its rewards round, and no more; others it changes."""
    given = {"kind": kind, "penalty": 0.1}
    before, pairs = fitted(**given), made()
    swapped = {name: numbers.copy() for name, numbers in pairs.index.items()}
    inside = FOLD_OF == 2
    swapped["chosen"][inside], swapped["rejected"][inside] = (
        pairs.index["rejected"][inside],
        pairs.index["chosen"][inside],
    )
    after = fitted(PairVectors(pairs.vectors, swapped), **given)
    same = before.rewards[inside] - before.rewards[inside].mean()
    turned = after.rewards[inside][:, ::-1] - after.rewards[inside].mean()
    assert np.abs(same - turned).max() < 2e-3
    assert np.abs(before.rewards[~inside] - after.rewards[~inside]).max() > 2e-2


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_the_seed_decides_everything(kind: str) -> None:
    one, again, other = (fitted(kind=kind, penalty=0.1, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.rewards, again.rewards)
    assert not np.allclose(one.rewards, other.rewards)


def test_swapped_sides_turn_the_sign() -> None:
    head = fitted(penalty=0.1).head
    pairs = made()
    turned = {**pairs.index, "chosen": pairs.index["rejected"], "rejected": pairs.index["chosen"]}
    one = rewards_of_head(head, pairs.vectors, pairs.index)
    other = rewards_of_head(head, pairs.vectors, turned)
    assert np.abs(one.reward_margins + other.reward_margins).max() < 1e-6
    assert np.abs(one.spread - other.spread).max() < 1e-6


def test_the_penalty_is_the_one_with_the_lowest_held_out_loss() -> None:
    fit = fitted(made(noise=4.0))
    tried = {each: fitted(made(noise=4.0), penalty=each, members=1) for each in crossfit.PENALTIES}
    lost = {
        each: np.logaddexp(0, found.rewards[:, 1] - found.rewards[:, 0]).mean()
        for each, found in tried.items()
    }
    assert fit.penalty == min(lost, key=lost.__getitem__)
    same = fitted(made(noise=4.0), penalty=fit.penalty)
    assert np.allclose(fit.rewards, same.rewards, atol=1e-4)


def test_one_linear_head_sees_every_pair_once() -> None:
    fit = fitted(members=1, penalty=0.1)
    columns = columns_of(GROUP_OF, FOLD_OF, [NO_FOLD], 1, 0.1, seed=[0])
    assert (columns.counts == 1).all()
    plain = fit_linear.fit_linear(
        made(), NAMES, np.zeros(PAIRS, np.float32), columns, ObjectiveConfig()
    )
    assert np.allclose(fit.head.arrays["weights"], plain.weights, atol=1e-3)
    assert (fit.spread == 0).all()


def test_margins_are_subtracted_where_the_objective_says_so() -> None:
    margins = np.where(np.arange(PAIRS) % 2, 2.0, np.nan)
    fits = [
        fit_heads(made(), GROUP_OF, FOLD_OF, margins, config({"margin": margin}, penalty=0.1))
        for margin in (True, False)
    ]
    reach = [float(np.median(fit.rewards[:, 0] - fit.rewards[:, 1])) for fit in fits]
    assert reach[0] > reach[1]
    assert np.array_equal(fits[1].rewards, fitted(penalty=0.1).rewards)


def test_pairs_without_embedding_are_counted_and_have_no_reward() -> None:
    pairs = made()
    pairs.index["chosen"][:5] = -1
    pairs.index["turn"][7] = -1
    fit = fitted(pairs, penalty=0.1)
    assert np.flatnonzero(np.isnan(fit.rewards[:, 0])).tolist() == [0, 1, 2, 3, 4, 7]
    assert 0 < fit.accuracy < 1
    scored = rewards_of_head(fit.head, pairs.vectors, pairs.index)
    assert np.isnan(scored.spread).tolist() == np.isnan(fit.spread).tolist()


def test_nothing_is_held_out_without_folds() -> None:
    fit = fit_heads(made(), GROUP_OF, None, NO_MARGIN, config(folds=0, penalty=0.1))
    assert np.isnan(fit.rewards).all() and np.isnan(fit.accuracy)
    assert fit.accuracies == () and fit.fits == 2
    assert rewards_of_head(fit.head, made().vectors, made().index).reward_margins.mean() > 0


def test_what_cannot_be_learnt_from_is_said() -> None:
    pairs = made()
    alike = PairVectors(pairs.vectors, {**pairs.index, "rejected": pairs.index["chosen"]})
    with pytest.raises(DataError, match="same embedding in all 300 pairs"):
        fitted(alike)
    none = PairVectors(pairs.vectors, {**pairs.index, "turn": np.full(PAIRS, -1)})
    with pytest.raises(DataError, match="of 300 pairs none has embeddings"):
        fitted(none)
    lone = {**pairs.index, "turn": np.where(FOLD_OF == 1, pairs.index["turn"], -1)}
    with pytest.raises(DataError, match="in fold 1: none is left to train on"):
        fitted(PairVectors(pairs.vectors, lone))
    broken = pairs.vectors.copy()
    broken[pairs.index["chosen"][0]] = np.nan
    with pytest.raises(DataError, match="not finite"):
        fitted(PairVectors(broken, pairs.index))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_handful_of_pairs(rows: int) -> None:
    few = made().only(np.arange(rows))
    groups, margins = np.arange(rows), np.full(rows, np.nan)
    fit = fit_heads(few, groups, None, margins, config(folds=0, penalty=0.1))
    assert np.isfinite(rewards_of_head(fit.head, few.vectors, few.index).rewards).all()
    mlp = config(kind="mlp")
    if rows == 1:
        with pytest.raises(DataError, match="too few groups of pairs for mlp heads"):
            fit_heads(few, groups, None, margins, mlp)
    else:
        assert fit_heads(few, groups, None, margins, mlp).is_used.all()


def test_every_group_is_missed_by_one_member_and_a_fold_by_all() -> None:
    columns = columns_of(GROUP_OF, FOLD_OF, [0, NO_FOLD], 4, 1.0, turn=True, seed=[0])
    assert columns.is_turned is not None and columns.folds.tolist() == [0] * 4 + [NO_FOLD] * 4
    counts, inside = columns.counts.astype(int), FOLD_OF == 0
    assert not counts[inside, :4].any() and not columns.is_outside[inside, :4].any()
    assert (counts[~inside, :4].sum(axis=1) == 3).all() and (counts[:, 4:].sum(axis=1) == 3).all()
    assert (columns.is_outside == (counts == 0))[~inside].all()
    assert all(len(set(counts[group == GROUP_OF, 5])) == 1 for group in range(GROUPS))
    assert 0.3 < columns.is_turned[:, 5].mean() < 0.7
    assert not columns.is_turned[inside, :4].any()
    both = joined([columns, some_columns()])
    assert both.is_turned is not None and not both.is_turned[:, 8:].any() and len(both) == 12


def test_an_average_is_of_members() -> None:
    head = Head(
        "linear",
        ("completion",),
        {
            "weights": np.array([[1, 3], [0, 0]], np.float32),
            "offset": np.array([0, 1], np.float32),
        },
    )
    vectors = np.array([[1, 0], [0, 1]], np.float16)
    index = {"chosen": np.array([0, 0]), "rejected": np.array([1, -1])}
    rewards = member_rewards(head, PairVectors(vectors, index))
    root = np.float32(2**0.5)
    assert np.allclose(rewards[0], [[root, 3 * root - 1], [0, -1]])
    assert np.isnan(rewards[1]).all()
    found = averaged(rewards)
    assert np.allclose(found.rewards[0], [2 * root - 0.5, -0.5])
    assert np.isclose(found.spread[0], abs((3 * root - root) / 2))  # two members: half their gap
