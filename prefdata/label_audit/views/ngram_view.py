"""The n-gram view: a linear model on hashed n-grams of the completions."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.views.crossfit import held_out_margins
from prefdata.label_audit.views.view import JudgingPlan, Progress
from prefdata.records.arrays import Floats, Ints
from prefdata.reward.heads.conjugate_gradients import Precondition
from prefdata.transforms.texts.ngram_rows import NgramRows

_LANES = 8  # fits are multiplied in multiples of it: other numbers take longer than the next one


@dataclass(frozen=True)
class SparseRows:
    """A sparse matrix by its rows, as `ngram_products` takes it."""

    bounds: Ints
    columns: npt.NDArray[np.integer]
    values: Floats

    def times(self, dense: Floats, places: Ints, found: Floats, workers: int) -> None:
        """See `ngram_products.times`; all rows, shared among `workers` threads."""
        from prefdata.kernels.ngram_products import times

        def multiply(first: int, last: int) -> None:
            times(self.bounds, self.columns, self.values, dense, places, first, last, found)

        # rows are independent, so that it does not matter who multiplies which
        shares = np.linspace(0, len(self.values), workers + 1)[1:-1]
        ends = [0, *np.searchsorted(self.bounds, shares).tolist(), len(self.bounds) - 1]
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(multiply, ends[:-1], ends[1:]))


class TextDifferences:
    """The operator of n-gram vectors, chosen minus rejected, of n pairs.

    A text that is in several pairs is multiplied only once, and a column of zeros, of a fit that
    has ended, not at all.
    """

    def __init__(self, ngrams: NgramRows) -> None:
        self.ngrams = ngrams
        self.workers = os.cpu_count() or 1
        self.by_text = SparseRows(ngrams.indptr, ngrams.indices, ngrams.values)

    @cached_property
    def by_ngram(self) -> SparseRows:
        """The transposed matrix: the texts of each n-gram."""
        from scipy.sparse import csr_array

        ngrams = self.ngrams
        parts = (ngrams.values, ngrams.indices, ngrams.indptr)
        turned = csr_array(parts, shape=(ngrams.texts, ngrams.width)).tocsc()
        return SparseRows(turned.indptr, turned.indices, turned.data)

    @property
    def rows(self) -> int:
        return len(self.ngrams)

    @property
    def width(self) -> int:
        return self.ngrams.width

    @property
    def size(self) -> float:
        """Mean square of a difference, as if the texts of a pair had no n-gram in common."""
        ngrams = self.ngrams
        has_text = np.append(np.diff(ngrams.indptr) > 0, False)  # number -1: no text
        both = has_text[ngrams.chosen].sum() + has_text[ngrams.rejected].sum()
        return float(both) / max(self.rows, 1)

    def times(self, weights: Floats) -> Floats:
        """Margins (n, K) of weights (width, K)."""
        going, dense = _without_zeros(weights)
        ngrams = self.ngrams
        rewards = np.zeros((ngrams.texts + 1, weights.shape[1]), np.float32)  # the last: no text
        self.by_text.times(dense, going, rewards, self.workers)
        margins: Floats = rewards[ngrams.chosen]
        margins -= rewards[ngrams.rejected]
        return margins

    def transposed(self, pull: Floats) -> Floats:
        """The gradient (width, K) with respect to the weights, from that of the margins (n, K)."""
        from prefdata.kernels.ngram_products import pull_of_texts

        going, dense = _without_zeros(pull)
        of_texts = np.zeros((self.ngrams.texts + 1, dense.shape[1]), np.float32)
        pull_of_texts(self.ngrams.chosen, self.ngrams.rejected, dense, of_texts)
        gradient = np.zeros((self.width, pull.shape[1]), np.float32)
        self.by_ngram.times(of_texts, going, gradient, self.workers)
        return gradient

    def preconditioner(self, penalties: Floats) -> Precondition:
        """Divides by the diagonal of the curvature at zero weights, texts taken as independent."""
        from prefdata.kernels.ngram_products import add_squares

        ngrams = self.ngrams
        uses = np.bincount(ngrams.chosen + 1, minlength=ngrams.texts + 1)
        uses = (uses + np.bincount(ngrams.rejected + 1, minlength=ngrams.texts + 1))[1:]
        diagonal = np.zeros(ngrams.width)
        add_squares(ngrams.indptr, ngrams.indices, ngrams.values, uses, diagonal)
        curvature = (diagonal[:, None] / max(4 * self.rows, 1) + 2 * penalties).astype(np.float32)
        return lambda gradient: gradient / curvature


def _without_zeros(columns: Floats) -> tuple[Ints, Floats]:
    """The numbers of the columns that are not zero, and these, up to a multiple of `_LANES`."""
    going = np.flatnonzero(columns.any(axis=0))
    dense = np.zeros((len(columns), -(-len(going) // _LANES) * _LANES), np.float32)
    dense[:, : len(going)] = columns.take(going, axis=1)  # faster than an index
    return going, dense


@dataclass(frozen=True)
class NgramView:
    """The n-grams of n pairs, in the order of the plan."""

    ngrams: NgramRows
    name: str = "ngrams"
    is_content: bool = True

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        operator = TextDifferences(self.ngrams)
        return held_out_margins(operator, plan, operator.size, progress)
