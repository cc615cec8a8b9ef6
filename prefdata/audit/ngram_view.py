"""The view of words and their sequences: a linear model on hashed n-grams of the completions."""

from __future__ import annotations

from dataclasses import dataclass

from prefdata.audit.crossfit import held_out_margins
from prefdata.audit.text_differences import TextDifferences
from prefdata.audit.view import Floats, Plan, Progress
from prefdata.transforms.ngram_rows import NgramRows


@dataclass(frozen=True)
class NgramView:
    """Pairs in the order of the plan."""

    ngrams: NgramRows
    name: str = "ngrams"
    is_content: bool = True

    def margins(self, plan: Plan, progress: Progress | None = None) -> Floats:
        """See `View.margins`."""
        operator = TextDifferences(self.ngrams)
        return held_out_margins(operator, plan, operator.size, progress)
