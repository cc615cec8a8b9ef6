from __future__ import annotations

import numpy as np
import pytest

from prefdata.label_audit.judge.content import odd_columns, without_controls


def drawn(pairs: int = 5000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Length, content that has nothing to do with it, margins that know of both, and folds."""
    random = np.random.default_rng(0)
    length, content = random.normal(size=(2, pairs))
    margins = content + 3 * np.sign(length) * np.minimum(np.abs(length), 1)
    return length, content, margins[None], np.arange(pairs) % 5


def test_what_is_left_is_the_content() -> None:
    length, content, margins, folds = drawn()
    rest = without_controls(margins, [length], folds)[0]
    assert np.corrcoef(rest, content)[0, 1] > 0.98
    assert abs(np.corrcoef(rest, length)[0, 1]) < 0.03


def test_turning_pairs_round_turns_what_is_left() -> None:
    length, _, margins, folds = drawn(600)
    turn = np.random.default_rng(1).choice([-1, 1], 600)
    one = without_controls(margins, [length], folds)
    other = without_controls(margins * turn, [length * turn], folds)
    assert other == pytest.approx(one * turn, abs=1e-5)


def test_a_pair_does_not_explain_itself() -> None:
    length, _, margins, folds = drawn(600)
    changed = margins + 100.0 * (folds == 2)
    one, other = (without_controls(each, [length], folds) for each in (margins, changed))
    assert (other - one)[:, folds == 2] == pytest.approx(100, abs=1e-3)


@pytest.mark.parametrize("control", [np.zeros(50), np.ones(50), np.arange(50) % 2 - 0.5])
def test_controls_that_say_little_are_survived(control: np.ndarray) -> None:
    margins = np.random.default_rng(0).normal(size=(2, 50))
    assert np.isfinite(without_controls(margins, [control], np.arange(50) % 5)).all()
    assert np.isfinite(odd_columns([control])).all()
