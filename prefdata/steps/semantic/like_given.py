"""Filters: rows similar, or dissimilar, to given texts (evaluation prompts or examples)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.results.sentences import Sentence
from prefdata.rules.quote import quote
from prefdata.steps.semantic.filter_result import FilterResult
from prefdata.steps.semantic.filter_rows import FilterRows
from prefdata.steps.semantic.open_encoder import embed_texts
from prefdata.transforms.semantic.evidence import (
    LIKE_EXAMPLES,
    SEMANTIC_OVERLAP,
    UNLIKE_EXAMPLES,
    resemblance_line,
    unlike_line,
)
from prefdata.transforms.semantic.like_given import nearest_given
from prefdata.transforms.semantic.threshold import Side, decide

_NAMES = {"turn": "last turn"}


@dataclass(frozen=True)
class _Likeness:
    """A comparison with given texts, and its evidence. `parts`: names of `TEXT_COLUMNS`."""

    reason: str
    parts: tuple[str, ...]
    measure: str
    side: Side
    line: Callable[[str, float, str, float], str]


def find_semantic_overlap(rows: FilterRows) -> FilterResult:
    """Finds rows whose prompt or last turn is similar to an evaluation prompt."""
    assert rows.evaluation is not None, "a filter that is on has what it needs"
    likeness = _Likeness(
        SEMANTIC_OVERLAP,
        ("prompt", "turn"),
        "similarity of the prompt, or its last turn, to the nearest evaluation prompt",
        "above",
        resemblance_line,
    )
    config = rows.config.against
    return _compared_with_texts(rows, rows.evaluation, likeness, config.action, config.threshold)


def find_unlike_examples(rows: FilterRows) -> FilterResult:
    """Finds rows that are dissimilar to every example of what to keep."""
    assert rows.keep is not None, "a filter that is on has what it needs"
    config = rows.config.like
    measure = f"similarity of the {config.of} to the nearest example of what to keep"
    likeness = _Likeness(UNLIKE_EXAMPLES, (config.of,), measure, "below", unlike_line)
    return _compared_with_texts(rows, rows.keep, likeness, config.action, config.keep_threshold)


def find_like_examples(rows: FilterRows) -> FilterResult:
    """Finds rows that are similar to an example of what to drop."""
    assert rows.drop is not None, "a filter that is on has what it needs"
    config = rows.config.like
    measure = f"similarity of the {config.of} to the nearest example of what to drop"
    likeness = _Likeness(LIKE_EXAMPLES, (config.of,), measure, "above", resemblance_line)
    return _compared_with_texts(rows, rows.drop, likeness, config.action, config.drop_threshold)


def _compared_with_texts(
    rows: FilterRows, given: EvaluationSet, likeness: _Likeness, action: str, threshold: float | str
) -> FilterResult:
    vectors, is_embedded = embed_texts(rows.encoder, given.texts)
    numbers = np.flatnonzero(is_embedded)
    embedded = rows.embedded
    nearest_texts = nearest_given(
        embedded.vectors, [embedded.index[part] for part in likeness.parts], vectors[numbers]
    )
    is_compared = ~np.isnan(nearest_texts.values)
    values, nearest = nearest_texts.values[is_compared], numbers[nearest_texts.given[is_compared]]
    parts = nearest_texts.part[is_compared]
    decision = decide(values, threshold, likeness.side)

    def evidence(place: int) -> str:
        part = likeness.parts[int(parts[place])]
        at = int(nearest[place])
        return likeness.line(
            _NAMES.get(part, part),
            float(values[place]),
            Sentence("evaluation.quoted", place=given.place(at), quote=quote(given.texts[at])),
            decision.threshold,
        )

    return FilterResult(
        reason=likeness.reason,
        measure=likeness.measure,
        action=action,
        threshold=decision.threshold,
        side=likeness.side,
        rows=embedded.rows[is_compared],
        values=values,
        is_taken=decision.is_taken,
        evidence=evidence,
    )
