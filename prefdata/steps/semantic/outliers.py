"""Filter: outliers, that is prompts far from all others."""

from __future__ import annotations

import numpy as np

from prefdata.steps.semantic.filter_result import FilterResult
from prefdata.steps.semantic.filter_rows import FilterRows
from prefdata.transforms.semantic.evidence import OUTLIER, outlier_line
from prefdata.transforms.semantic.outliers import outlier_scores
from prefdata.transforms.semantic.threshold import decide


def find_outliers(rows: FilterRows) -> FilterResult:
    """Finds rows with a low mean similarity of their prompt to its nearest other prompts."""
    config = rows.config.outliers
    embedded = rows.embedded.having("prompt")
    result = outlier_scores(
        embedded.vectors,
        embedded.index["prompt"],
        config.neighbours,
        exact_rows=config.exact_rows,
    )
    is_compared = ~np.isnan(result.values)
    values = result.values[is_compared]
    decision = decide(values, config.threshold, "below")
    few = f"there are no {config.neighbours} other prompts to compare with"
    return FilterResult(
        reason=OUTLIER,
        measure=f"mean similarity of the prompt to its {config.neighbours} nearest others",
        action=config.action,
        threshold=decision.threshold,
        side="below",
        rows=embedded.rows[is_compared],
        values=values,
        is_taken=decision.is_taken,
        evidence=lambda i: outlier_line(float(values[i]), config.neighbours, decision.threshold),
        passed_by={few: int(np.count_nonzero(~is_compared))},
        recall=result.recall,
    )
