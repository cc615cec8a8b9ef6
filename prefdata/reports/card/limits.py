"""The known limits section of a card, computed from the figures of this dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator

from prefdata.reports.card.audit import length_alone
from prefdata.reports.card.markdown import counted, escaped, listed, paragraphs, percent
from prefdata.reports.card.summary import looked_at
from prefdata.reports.card.values import CardValues

_SMALL_TEST = 0.05
"""Half width of a 95% interval above which a test split is called small."""

_LENGTH = 0.6
"""Accuracy of length alone from which it is reported as a shortcut."""

_MIXED = 0.05
"""Share of the second most frequent language from which languages are reported as mixed."""

_UNREADABLE = 0.01
"""Share of quarantined rows from which they are reported."""


def limits(values: CardValues) -> str:
    """The section on known limits; "" if there are none."""
    points = [*_of_labels(values), *_of_comparisons(values), *_of_splits(values), *_of_rows(values)]
    if not points:
        return ""
    return paragraphs("## Known limits", "\n".join(f"- {limit}" for limit in points))


def _of_labels(values: CardValues) -> Iterator[str]:
    entry = values.manifest.audit
    if entry is None and values.audit is None:
        yield "Labels were not audited."
    elif entry is None:
        yield "The audit trained no model: nothing is known of the labels."
    elif not entry.is_judged:
        yield "The audit could not judge single labels, so it flagged no row."
    elif entry.wrong is None:
        yield "How many labels are wrong is not known: nobody has read any rows."
    yield from _of_length(values)
    if values.setting("labels", "conflict") == "flag":
        yield "Rows whose labels contradict each other were kept, and flagged."


def _of_length(values: CardValues) -> Iterator[str]:
    """A limit, if length alone predicts at least `_LENGTH` of the labels."""
    alone, longer = length_alone(values), values.facts.chosen_longer
    if alone is not None and alone >= _LENGTH:
        yield (
            f"Length alone predicts {percent(alone)} of the labels: a reward model may learn "
            "length in place of quality."
        )
    elif alone is None and longer is not None and max(longer, 1 - longer) >= _LENGTH:
        side, share = ("longer", longer) if longer >= _LENGTH else ("shorter", 1 - longer)
        yield (
            f"Chosen is the {side} completion in {percent(share)} of the rows"
            f"{looked_at(values)}: a reward model may learn length in place of quality."
        )


def _of_comparisons(values: CardValues) -> Iterator[str]:
    if not values.manifest.evaluation:
        yield (
            "Prompts were compared with no evaluation set: what a benchmark says of a model "
            "trained on them may be flattered."
        )
    elif kept := values.manifest.counts.flagged.get("contaminated", 0):
        yield f"Kept, though the prompt overlaps an evaluation set: {counted(kept, 'row')}."
    if values.setting("near", "action") != "drop":
        yield "Near-duplicates were not removed."


def _of_splits(values: CardValues) -> Iterator[str]:
    test = values.manifest.counts.splits.get("test", 0)
    if not test:
        yield "There is no test split."
        return
    half = 1.96 * math.sqrt(0.25 / test)
    if half > _SMALL_TEST:
        yield (
            f"The test split has {counted(test, 'row')}: an accuracy measured on it is uncertain "
            f"by about ±{100 * half:.0f} points."
        )


def _of_rows(values: CardValues) -> Iterator[str]:
    counts = values.manifest.counts
    languages = values.facts.main_languages()
    if (
        len(languages) > 1
        and values.facts.languages[languages[1]] >= _MIXED * values.facts.looked_at
    ):
        yield f"Languages are mixed ({listed(languages)}): figures are of all of them together."
    if counts.quarantined >= _UNREADABLE * counts.rows_read > 0:
        share = percent(counts.quarantined, counts.rows_read)
        yield f"Of {share} of the rows read no pair could be made: they are in quarantine."
    if counts.flagged:
        yield "Rows that are only flagged are among the kept ones: their table is below."
    for code, remark in sorted(values.manifest.remarks.items()):
        yield f"`{code}`: {escaped(remark)}."
