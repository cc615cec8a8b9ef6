from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from prefdata.label_audit.views.ngram_view import NgramView
from prefdata.label_audit.views.view import JudgingPlan, View
from prefdata.transforms.metrics.folds import grouped_folds
from prefdata.transforms.texts.ngram_counts import count_ngrams
from prefdata.transforms.texts.ngram_rows import NgramRows, ngram_vectors, vocabulary

PAIRS = 300
RANDOM = np.random.default_rng(0)
SUBJECTS = ["river", "house", "tree", "engine", "letter", "planet", "bread", "music"]


def answer(*, is_better: bool) -> str:
    words = [*RANDOM.choice(SUBJECTS, 6), *(["thanks"] if RANDOM.random() < 0.5 else [])]
    manner = "gladly explained" if is_better else "rudely denied"
    return " ".join([*words, *([manner] if RANDOM.random() < 0.9 else [])])


TEXTS = [answer(is_better=number < PAIRS) for number in range(2 * PAIRS)]
CHOSEN, REJECTED = np.arange(PAIRS), np.arange(PAIRS, 2 * PAIRS)


def rows(chosen: np.ndarray = CHOSEN, rejected: np.ndarray = REJECTED) -> NgramRows:
    counts = count_ngrams(pa.array(TEXTS))
    words = vocabulary(counts.texts_of_keys, len(TEXTS))
    return NgramRows(
        np.arange(len(chosen)), chosen, rejected, *ngram_vectors(counts, words), words.width
    )


def plan(variants: int = 3) -> JudgingPlan:
    labels = np.ones((variants, PAIRS), np.float32)
    labels[1, RANDOM.choice(PAIRS, 30, replace=False)] = -1
    labels[-1] = RANDOM.choice([-1, 1], PAIRS)
    folds = [grouped_folds(np.arange(PAIRS) // 3, 4, seed) for seed in range(2)]
    return JudgingPlan(labels, np.stack(folds))


ROWS, PLAN = rows(), plan()


def test_it_learns_what_words_say_and_nothing_from_labels_without_meaning() -> None:
    view: View = NgramView(ROWS)
    told: list[tuple[int, int]] = []
    found = view.margins(PLAN, lambda *each: told.append(each))
    assert (view.name, view.is_content) == ("ngrams", True)
    assert found.shape == (3, 2, PAIRS) and found.dtype == np.float32
    right = (found > 0).mean(axis=2)
    assert (right[:2] > 0.9).all() and (np.abs(right[2] - 0.5) < 0.25).all()
    assert told[-1] == (24, 24)


def test_turned_labels_stand_out() -> None:
    turned = PLAN.labels[1] < 0
    observed = (NgramView(ROWS).margins(PLAN)[1] * PLAN.labels[1]).mean(axis=0)
    assert observed[turned].mean() < 0 < observed[~turned].mean()


def test_no_label_of_its_own_fold_moves_a_margin_by_a_bit() -> None:
    labels = PLAN.labels.copy()
    group = np.arange(PAIRS) // 3 == 11
    labels[1, group] *= -1  # not the first variant: that one chooses the penalty of all
    before, after = (NgramView(ROWS).margins(each) for each in (PLAN, replace(PLAN, labels=labels)))
    np.testing.assert_array_equal(after[1][:, group], before[1][:, group])
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
    assert (after[1] != before[1]).any()


def test_a_pair_that_is_left_out_is_judged_all_the_same() -> None:
    labels = PLAN.labels.copy()
    labels[0, ::2] = 0
    found = NgramView(ROWS).margins(replace(PLAN, labels=labels))
    assert (found[0, :, ::2] > 0).mean() > 0.85


def test_swapping_sides_turns_margins_and_nothing_else() -> None:
    swap = np.arange(PAIRS) % 7 == 0
    signs = np.where(swap, -1, 1).astype(np.float32)
    other = rows(np.where(swap, REJECTED, CHOSEN), np.where(swap, CHOSEN, REJECTED))
    before = NgramView(ROWS).margins(PLAN)
    after = NgramView(other).margins(replace(PLAN, labels=PLAN.labels * signs))
    np.testing.assert_allclose(after, signs * before, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("lost", [(-1, -1), (0, 0)])
def test_nothing_is_known_of_a_pair_without_texts_or_with_the_same_twice(
    lost: tuple[int, int],
) -> None:
    chosen, rejected = CHOSEN.copy(), REJECTED.copy()
    chosen[5], rejected[5] = lost
    found = NgramView(rows(chosen, rejected)).margins(PLAN)
    assert not found[:, :, 5].any() and found[:, :, 6].all()


def test_without_a_common_word_nothing_is_known() -> None:
    none = np.full(PAIRS, -1)
    assert not NgramView(rows(none, none)).margins(PLAN).any()
