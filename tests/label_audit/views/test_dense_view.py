from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prefdata.label_audit.views.crossfit import Problems, held_out_margins
from prefdata.label_audit.views.dense_view import (
    ControlsView,
    EmbeddingsView,
    dense_margins,
    embedding_differences,
)
from prefdata.label_audit.views.logistic import dense_differences
from prefdata.label_audit.views.view import JudgingPlan, View
from prefdata.records.arrays import Floats
from prefdata.reward.heads.features import PairVectors
from prefdata.transforms.metrics.folds import grouped_folds
from prefdata.transforms.texts.controls import Controls

PAIRS, WIDTH = 240, 12
RANDOM = np.random.default_rng(0)
SIDES = RANDOM.normal(size=(2 * PAIRS, WIDTH)).astype(np.float32)
SIDES /= np.linalg.norm(SIDES, axis=1, keepdims=True)
BETTER = SIDES[:PAIRS, 0] - SIDES[PAIRS:, 0] + 0.1 * RANDOM.normal(size=PAIRS) > 0


FIRST, SECOND = np.arange(PAIRS), np.arange(PAIRS, 2 * PAIRS)
TURNS = RANDOM.choice(2 * PAIRS, PAIRS)


def vectors(first: np.ndarray, second: np.ndarray) -> PairVectors:
    index = {"chosen": first, "rejected": second, "turn": TURNS, "prompt": TURNS}
    return PairVectors(SIDES.astype(np.float16), index)


RECORDED = vectors(np.where(BETTER, FIRST, SECOND), np.where(BETTER, SECOND, FIRST))


def controls(pairs: PairVectors) -> Controls:
    values = SIDES[pairs.index["chosen"]] - SIDES[pairs.index["rejected"]]
    names = tuple(f"{n}" for n in range(WIDTH))
    return Controls(np.arange(PAIRS), names, ("format",) * WIDTH, values)


VIEWS = pytest.mark.parametrize("kind", ["controls", "embeddings"])


def view(kind: str, pairs: PairVectors = RECORDED) -> View:
    return ControlsView(controls(pairs)) if kind == "controls" else EmbeddingsView(pairs)


def plan(variants: int = 3, repeats: int = 2) -> JudgingPlan:
    labels, random = np.ones((variants, PAIRS), np.float32), np.random.default_rng(1)
    for variant in range(1, variants):
        labels[variant, random.choice(PAIRS, PAIRS // 10, replace=False)] = -1
    folds = [grouped_folds(np.arange(PAIRS) // 3, 4, seed) for seed in range(repeats)]
    return JudgingPlan(labels, np.stack(folds))


PLAN = plan()


@VIEWS
def test_it_learns_in_every_variant_and_repeat(kind: str) -> None:
    found = view(kind).margins(PLAN)
    assert found.shape == (3, 2, PAIRS) and found.dtype == np.float32
    assert ((found > 0).mean(axis=2) > 0.8).all()
    assert len(np.unique(found[:, :, 0])) == found[:, :, 0].size  # each by a model of its own


@VIEWS
def test_no_label_of_its_own_fold_moves_a_margin(kind: str) -> None:
    own = PLAN.folds[0] == 1
    labels = PLAN.labels.copy()
    labels[1, own] = np.random.default_rng(2).choice([-1, 0, 1], own.sum())
    before, after = (view(kind).margins(each) for each in (PLAN, replace(PLAN, labels=labels)))
    np.testing.assert_array_equal(after[1, 0, own], before[1, 0, own])
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
    assert (after[1, 0, ~own] != before[1, 0, ~own]).all()


@VIEWS
def test_swapping_the_sides_of_pairs_turns_their_margins_and_nothing_else(kind: str) -> None:
    swap = np.arange(PAIRS) % 7 == 0
    chosen, rejected = RECORDED.index["chosen"], RECORDED.index["rejected"]
    swapped = vectors(np.where(swap, rejected, chosen), np.where(swap, chosen, rejected))
    signs = np.where(swap, -1, 1).astype(np.float32)
    before = view(kind).margins(PLAN)
    after = view(kind, swapped).margins(replace(PLAN, labels=PLAN.labels * signs))
    np.testing.assert_allclose(after, signs * before, rtol=1e-3, atol=1e-4)


@VIEWS
def test_without_labels_there_is_nothing_to_learn(kind: str) -> None:
    assert not view(kind).margins(replace(PLAN, labels=np.zeros_like(PLAN.labels))).any()


@pytest.mark.parametrize("part", ["chosen", "rejected", "turn"])
def test_a_pair_without_an_embedding_has_no_margin(part: str) -> None:
    index = {name: numbers.copy() for name, numbers in RECORDED.index.items()}
    index[part][:5] = -1
    pairs = PairVectors(RECORDED.vectors, index)
    found = EmbeddingsView(pairs, ("completion", "turn-product")).margins(PLAN)
    assert not found[:, :, :5].any() and found[:, :, 5:].all()


def test_it_is_the_minimum_that_a_general_method_finds() -> None:
    from scipy.optimize import minimize

    values = controls(RECORDED).values
    small, penalty = plan(1, 1), 0.01
    labels = (small.labels * np.random.default_rng(3).uniform(0.2, 1, PAIRS)).astype(np.float32)
    operator = dense_differences(values)
    found = held_out_margins(
        operator, replace(small, labels=labels), 1.0, penalties=[penalty * PAIRS]
    )
    for fold in range(4):
        seen = small.folds[0] != fold

        def loss(weights: np.ndarray, seen: np.ndarray = seen) -> float:
            lost = labels[0, seen] * np.logaddexp(0, -values[seen] @ weights)
            return float(lost.sum() / labels[0, seen].sum() + penalty * weights @ weights)

        weights = minimize(loss, np.zeros(WIDTH)).x
        np.testing.assert_allclose(found[0, 0, ~seen], values[~seen] @ weights, atol=0.02)


def test_folds_may_differ_in_number_between_repeats() -> None:
    uneven = replace(PLAN, folds=np.stack([PLAN.folds[0], PLAN.folds[1] % 2]))
    assert len(Problems.of(uneven, 3, 2)) == 3 * (4 + 2)
    assert view("controls").margins(uneven).all()


def test_no_pairs_and_no_columns() -> None:
    none: Floats = np.zeros((0, 4), np.float32)
    empty = JudgingPlan(np.ones((2, 0), np.float32), np.zeros((3, 0), np.int64))
    assert dense_margins(none, empty).shape == (2, 3, 0)
    blank: Floats = np.zeros((PAIRS, 0), np.float32)
    assert not dense_margins(blank, PLAN).any()


def test_without_a_prompt_there_are_no_products() -> None:
    index = {**RECORDED.index, "turn": np.where(np.arange(PAIRS) < 5, -1, TURNS)}
    pairs = PairVectors(RECORDED.vectors, index)
    found = embedding_differences(pairs, ("completion",), by_turn=True)
    assert found.shape == (PAIRS, WIDTH + 8 * WIDTH)
    has_any = [part.any(axis=1) for part in (found[:, :WIDTH], found[:, WIDTH:])]
    assert has_any[0].all() and has_any[1].tolist() == (np.arange(PAIRS) >= 5).tolist()


def test_products_are_those_of_main_directions() -> None:
    found = embedding_differences(RECORDED, ("completion",), by_turn=True)[:, WIDTH:]
    values = RECORDED.vectors.astype(np.float64)
    chosen, rejected, turn = (values[RECORDED.index[n]] for n in ("chosen", "rejected", "turn"))
    turn = turn - turn.mean(axis=0)
    _, sizes, axes = np.linalg.svd(turn)
    asked = turn @ axes[:8].T / np.sqrt((sizes[:8] ** 2).sum() / PAIRS)
    # whatever their order and signs, products of all directions have the same inner products
    wanted = (asked @ asked.T) * ((chosen - rejected) @ (chosen - rejected).T) * WIDTH
    np.testing.assert_allclose(found @ found.T, wanted, atol=2e-4)


def test_what_is_better_may_depend_on_the_question() -> None:
    asks_for_more = np.random.default_rng(4).random(PAIRS) < 0.5
    is_first = (SIDES[:PAIRS, 0] > SIDES[PAIRS:, 0]) == asks_for_more
    pairs = vectors(np.where(is_first, FIRST, SECOND), np.where(is_first, SECOND, FIRST))
    two_questions = np.where(asks_for_more, 0, 1)
    pairs = PairVectors(pairs.vectors, {**pairs.index, "turn": two_questions})
    one = replace(PLAN, labels=PLAN.labels[:1])
    blind = EmbeddingsView(pairs, by_turn=False).margins(one)
    seeing = EmbeddingsView(pairs, by_turn=True).margins(one)
    assert (blind > 0).mean() < 0.65 and (seeing > 0).mean() > 0.85


def test_many_pairs_are_held_in_half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = EmbeddingsView(RECORDED).margins(PLAN)
    monkeypatch.setattr("prefdata.label_audit.views.dense_view.KEPT_BYTES", 0)
    half = EmbeddingsView(RECORDED).margins(PLAN)
    assert not np.array_equal(half, whole)
    np.testing.assert_allclose(half, whole, atol=0.02)
