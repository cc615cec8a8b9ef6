"""The n-gram view: a linear model on hashed n-grams of the completions."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from prefdata.label_audit.views.crossfit import held_out_margins
from prefdata.label_audit.views.view import JudgingPlan, Progress
from prefdata.records.arrays import Floats
from prefdata.reward.heads.conjugate_gradients import Precondition
from prefdata.transforms.texts.ngram_rows import NgramRows

_LANES = 16  # columns per multiplication: widths that are no multiple of it are twice as slow


class TextDifferences:
    """The operator of n-gram vectors, chosen minus rejected, of n pairs.

    A text that is in several pairs is multiplied only once.
    """

    def __init__(self, ngrams: NgramRows) -> None:
        self.ngrams = ngrams
        self.workers = os.cpu_count() or 1

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
        from prefdata.kernels.ngram_products import times

        ngrams, padded = self.ngrams, _padded(weights)
        rewards = np.zeros((ngrams.texts + 1, padded.shape[1]), np.float32)  # the last: no text

        def multiply(first: int, last: int) -> None:
            times(ngrams.indptr, ngrams.indices, ngrams.values, padded, first, last, rewards)

        self._share(multiply, padded.shape[1])
        columns = slice(weights.shape[1])
        margins: Floats = rewards[ngrams.chosen, columns]
        margins -= rewards[ngrams.rejected, columns]
        return margins

    def transposed(self, pull: Floats) -> Floats:
        """The gradient (width, K) with respect to the weights, from that of the margins (n, K)."""
        from prefdata.kernels.ngram_products import pull_of_texts, transposed

        ngrams, padded = self.ngrams, _padded(pull)
        gradient = np.zeros((ngrams.width, padded.shape[1]), np.float32)
        of_texts = np.zeros((ngrams.texts + 1, padded.shape[1]), np.float32)

        def multiply(first: int, last: int) -> None:
            pull_of_texts(ngrams.chosen, ngrams.rejected, padded, first, last, of_texts)
            transposed(
                ngrams.indptr, ngrams.indices, ngrams.values, of_texts, first, last, gradient
            )

        self._share(multiply, padded.shape[1])
        return np.ascontiguousarray(gradient[:, : pull.shape[1]])

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

    def _share(self, work: Callable[[int, int], None], columns: int) -> None:
        """Calls `work(first, last)` on ranges of columns, in parallel: columns are independent."""
        size = _LANES * max(-(-columns // (_LANES * self.workers)), 1)
        parts = [(at, min(at + size, columns)) for at in range(0, columns, size)]
        with ThreadPoolExecutor(self.workers) as pool:
            for _ in pool.map(lambda part: work(*part), parts):
                pass


def _padded(columns: Floats) -> Floats:
    """Columns of zeros added, up to a multiple of `_LANES`."""
    missing = -columns.shape[1] % _LANES
    return np.pad(columns, ((0, 0), (0, missing))) if missing else columns


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
