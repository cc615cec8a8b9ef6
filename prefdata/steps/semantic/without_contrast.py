"""Filter: pairs without contrast, whose chosen and rejected mean nearly the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prefdata.records.arrays import Flags, Ints
from prefdata.steps.semantic.filter_result import FilterResult
from prefdata.steps.semantic.filter_rows import FilterRows
from prefdata.transforms.semantic.contrast import hidden_contrast
from prefdata.transforms.semantic.cosines import cosines
from prefdata.transforms.semantic.evidence import NO_CONTRAST, contrast_line
from prefdata.transforms.semantic.threshold import decide
from prefdata.transforms.texts.wording import same_words

SAME_FROM = 0.6
"""Completions at least this similar are read, to see whether they consist of the same words. With
any encoder, texts that differ only in case and punctuation are at least this similar."""


def find_without_contrast(rows: FilterRows) -> FilterResult:
    """Finds rows whose completions are similar to each other."""
    config = rows.config.contrast
    embedded = rows.embedded.having("chosen", "rejected")
    chosen, rejected = embedded.index["chosen"], embedded.index["rejected"]
    values = cosines(embedded.vectors, chosen, rejected)
    near = np.flatnonzero(values >= SAME_FROM)
    is_same = [same_words(*pair) for pair in _pairs(rows, embedded.rows[near])]
    values[near[np.array(is_same, np.bool_)]] = 1.0

    def spare(places: Ints) -> Flags:
        return _have_contrast(rows, embedded.rows[places])

    decision = decide(values, config.threshold, "above", spare)
    return FilterResult(
        reason=NO_CONTRAST,
        measure="similarity of chosen and rejected",
        action=config.action,
        threshold=decision.threshold,
        side="above",
        rows=embedded.rows,
        values=values,
        is_taken=decision.is_taken,
        is_spared=decision.is_spared,
        evidence=lambda i: contrast_line(float(values[i]), decision.threshold),
        passed_by={"their wording shows a contrast": int(decision.is_spared.sum())},
    )


def _have_contrast(rows: FilterRows, numbers: Ints) -> Flags:
    """Which rows (n, in any order) have a contrast that the embeddings do not show."""
    order = np.argsort(numbers)
    has_contrast = np.zeros(len(numbers), np.bool_)
    config = rows.config.contrast
    contrasts = (hidden_contrast(*pair, config) for pair in _pairs(rows, numbers[order]))
    has_contrast[order] = [why is not None for why in contrasts]
    return has_contrast | _call_differently(rows, numbers)


def _call_differently(rows: FilterRows, numbers: Ints) -> Flags:
    """Which rows (n) have completions with different tool calls, whatever their texts say."""
    unseen = rows.besides_texts(numbers)
    return np.array([unseen[n].chosen != unseen[n].rejected for n in numbers.tolist()], np.bool_)


def _pairs(rows: FilterRows, numbers: Ints) -> Iterator[tuple[str, str]]:
    """(chosen, rejected) of each row; `numbers` ascend."""
    return ((texts["chosen"], texts["rejected"]) for _, texts in rows.each_text(numbers))
