from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.optimize

from prefdata.io.files.arrays import read_array, write_array
from prefdata.label_audit.views import logistic as solver
from prefdata.label_audit.views.logistic import dense_differences, solve
from prefdata.label_audit.views.ngram_view import TextDifferences
from prefdata.reward.heads.conjugate_gradients import Operator
from prefdata.transforms.texts.ngram_rows import NgramRows

PAIRS, TEXTS, WIDTH, COLUMNS = 150, 40, 9, 5
RANDOM = np.random.default_rng(0)
PENALTIES = np.array([1e-3, 1e-2, 0.1, 1e-2, 1.0], np.float32)


def texts() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors of texts, most numbers 0, and the two texts of each pair, -1: none."""
    vectors = RANDOM.normal(size=(TEXTS, WIDTH)) * (RANDOM.random((TEXTS, WIDTH)) < 0.4)
    chosen, rejected = RANDOM.integers(-1, TEXTS, (2, PAIRS))
    return vectors.astype(np.float32), chosen, rejected


def sparse() -> tuple[TextDifferences, np.ndarray]:
    """An operator, and the matrix that it stands for."""
    vectors, chosen, rejected = texts()
    entries = [np.flatnonzero(vector) for vector in vectors]
    indptr = np.cumsum([0, *map(len, entries)])
    indices = np.concatenate(entries).astype(np.int32)
    values = vectors[vectors != 0]
    rows = NgramRows(np.arange(PAIRS), chosen, rejected, indptr, indices, values, WIDTH)
    known = np.vstack([vectors, np.zeros((1, WIDTH), np.float32)])  # -1: the last
    return TextDifferences(rows), known[chosen] - known[rejected]


def dense(kind: type[np.floating] = np.float32) -> tuple[Operator, np.ndarray]:
    scales = 10.0 ** np.linspace(-2, 1, WIDTH)  # the preconditioner has something to do
    values = (RANDOM.normal(size=(PAIRS, WIDTH)) * scales).astype(kind)
    return dense_differences(values), values.astype(np.float64)


def labels(matrix: np.ndarray) -> np.ndarray:
    """Soft ones of both signs, and zeros; what is preferred can be learnt."""
    scaled = matrix / np.maximum(matrix.std(axis=0), 1e-9)
    truth = np.sign(scaled @ RANDOM.normal(size=(WIDTH, COLUMNS)))
    found = truth * RANDOM.random((PAIRS, COLUMNS)) * RANDOM.choice([1, 1, 1, -1], (PAIRS, COLUMNS))
    return np.where(RANDOM.random((PAIRS, COLUMNS)) < 0.2, 0, found).astype(np.float32)


def objective(matrix: np.ndarray, label: np.ndarray, penalty: float, weight: np.ndarray) -> float:
    """Pair by pair, as the docstring of `solve` has it."""
    total = 0.0
    for features, each in zip(matrix.astype(np.float64), label.tolist(), strict=True):
        total += abs(each) * np.logaddexp(0, -np.sign(each) * (features @ weight))
    return float(total / np.abs(label).sum() + penalty * weight @ weight)


MADE = pytest.mark.parametrize(
    "made", [dense, lambda: dense(np.float16), sparse], ids=["float32", "float16", "texts"]
)


@MADE
@pytest.mark.parametrize("at_once", [1, 2, 1 << 23])
def test_every_column_is_what_scipy_finds(
    monkeypatch: pytest.MonkeyPatch, made: Any, at_once: int
) -> None:
    monkeypatch.setattr(solver, "WEIGHTS", at_once * WIDTH)
    operator, matrix = made()
    given, told = labels(matrix), []
    found = solve(
        operator, given, PENALTIES, tolerance=1e-5, progress=lambda *each: told.append(each)
    )
    assert found.is_converged.all() and found.weights.shape == (WIDTH, COLUMNS)
    assert told[-1] == (COLUMNS, COLUMNS) and sorted(told) == told
    for column in range(COLUMNS):
        arguments = (given[:, column], float(PENALTIES[column]))
        wanted = scipy.optimize.minimize(
            lambda weight, a=arguments: objective(matrix, *a, weight), np.zeros(WIDTH)
        )
        reached = objective(matrix, *arguments, found.weights[:, column].astype(np.float64))
        assert reached <= wanted.fun + 1e-5
        margins, best = matrix @ found.weights[:, column], matrix @ wanted.x
        assert np.abs(margins - best).max() < 0.01 * np.abs(best).max()


@MADE
def test_turning_sides_and_label_changes_nothing(made: Any) -> None:
    operator, matrix = made()
    given = labels(matrix)
    turn = np.where(np.arange(PAIRS) % 3 == 0, -1, 1).astype(np.float32)[:, None]
    before = solve(dense_differences(matrix.astype(np.float32)), given, PENALTIES).weights
    turned = dense_differences((matrix * turn).astype(np.float32))
    after = solve(turned, given * turn, PENALTIES).weights
    np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-4 * np.abs(before).max())
    np.testing.assert_array_equal(
        solve(operator, -given, PENALTIES).weights, -solve(operator, given, PENALTIES).weights
    )


@MADE
def test_a_column_does_not_see_what_its_neighbours_are_trained_on(made: Any) -> None:
    operator, matrix = made()
    given = labels(matrix)
    other = given.copy()
    other[:, 1:] = RANDOM.choice([-1, 0, 1], (PAIRS, COLUMNS - 1))
    one, two = (solve(operator, each, PENALTIES).weights[:, 0] for each in (given, other))
    np.testing.assert_array_equal(one, two)


@MADE
def test_a_pair_that_is_left_out_does_not_matter(made: Any) -> None:
    operator, matrix = made()
    given = labels(matrix)
    kept = given[:, 0] != 0
    alone = dense_differences(matrix[kept].astype(np.float32))
    found = solve(operator, given, PENALTIES, tolerance=1e-5).weights[:, 0]
    wanted = solve(alone, given[kept][:, :1], PENALTIES[:1], tolerance=1e-5).weights[:, 0]
    np.testing.assert_allclose(matrix @ found, matrix @ wanted, atol=0.01)


@MADE
def test_without_labels_weights_are_zero(made: Any) -> None:
    operator, matrix = made()
    given = labels(matrix)
    given[:, 2] = 0
    found = solve(operator, given, PENALTIES)
    assert not found.weights[:, 2].any() and found.weights[:, 1].any()
    assert found.is_converged.all()


def test_pairs_that_can_be_told_apart_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    operator, matrix = sparse()
    given = np.sign(matrix @ np.ones((WIDTH, 1))).astype(np.float32)
    penalty = np.array([1e-6], np.float32)
    assert solve(operator, given, penalty).is_converged.all()
    monkeypatch.setattr(solver, "MOST_STEPS", 1)
    assert not solve(operator, given, penalty).is_converged.any()


def test_a_matrix_on_disk_may_be_read_only(tmp_path: Path) -> None:
    operator, matrix = dense(np.float16)
    mapped = read_array(write_array(tmp_path / "a.npy", matrix.astype(np.float16)))
    given = labels(matrix)
    found = [
        solve(each, given, PENALTIES).weights for each in (operator, dense_differences(mapped))
    ]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("columns", [1, 5, 16, 37])
def test_products_are_those_of_the_matrix_whoever_works(columns: int, workers: int) -> None:
    operator, matrix = sparse()
    operator.workers = workers
    weights = RANDOM.normal(size=(WIDTH, columns)).astype(np.float32)
    pull = RANDOM.normal(size=(PAIRS, columns)).astype(np.float32)
    found: Operator = operator
    np.testing.assert_allclose(found.times(weights), matrix @ weights, atol=1e-4)
    np.testing.assert_allclose(found.transposed(pull), matrix.T @ pull, atol=1e-4)
    assert (operator.rows, operator.width) == matrix.shape


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_columns_of_zeros_change_no_bit_of_the_others(workers: int) -> None:
    operator, _ = sparse()
    one = TextDifferences(operator.ngrams)
    one.workers, operator.workers = 1, workers
    for product, wanted, rows in (
        (operator.times, one.times, WIDTH),
        (operator.transposed, one.transposed, PAIRS),
    ):
        dense = RANDOM.normal(size=(rows, 21)).astype(np.float32)
        whole = wanted(dense)
        dense[:, [0, 3, 20]] = 0
        whole[:, [0, 3, 20]] = 0
        np.testing.assert_array_equal(product(dense), whole)
    assert not operator.times(np.zeros((WIDTH, 3), np.float32)).any()


@dataclass
class Counted:
    """An operator that counts the columns, other than zeros, that it is to multiply."""

    inner: Operator
    seen: list[tuple[str, int]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.inner.rows

    @property
    def width(self) -> int:
        return self.inner.width

    def times(self, weights: np.ndarray) -> np.ndarray:
        self.seen.append(("times", int(weights.any(axis=0).sum())))
        return self.inner.times(weights)

    def transposed(self, pull: np.ndarray) -> np.ndarray:
        self.seen.append(("transposed", int(pull.any(axis=0).sum())))
        return self.inner.transposed(pull)

    def preconditioner(self, penalties: np.ndarray) -> Any:
        return self.inner.preconditioner(penalties)


@MADE
def test_a_fit_that_has_converged_is_multiplied_no_more(made: Any) -> None:
    operator, matrix = made()
    given = labels(matrix)
    given[:, 2] = 0
    told: list[int] = []
    counted = Counted(operator)
    found = solve(counted, given, PENALTIES, progress=lambda done, _: told.append(done))
    assert found.is_converged.all() and 0 < told[0] < COLUMNS
    going = [COLUMNS - done for done in [1, *told]]
    assert [seen for name, seen in counted.seen if name == "times"] == going[:-1]
    assert [seen for name, seen in counted.seen if name == "transposed"] == [
        COLUMNS - 1,
        *going[:-1],
    ]


def test_nothing_to_look_at_gives_nothing() -> None:
    none = np.zeros(0, np.int64)
    rows = NgramRows(
        none, none, none, np.zeros(1, np.int64), none.astype(np.int32), none.astype(np.float32), 0
    )
    found = solve(TextDifferences(rows), np.zeros((0, 2), np.float32), PENALTIES[:2])
    assert found.weights.shape == (0, 2) and found.is_converged.all()
