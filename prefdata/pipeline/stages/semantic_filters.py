"""Semantic filters in a build: embeddings of the rows left, and the filters on them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from prefdata.config.semantic import SemanticConfig
from prefdata.pipeline.run.reading import names_to_prefer
from prefdata.pipeline.stages.prepare import Prepared
from prefdata.results.sentences import Sentence
from prefdata.steps.once import once
from prefdata.steps.semantic.embed import EmbedSummary, embed
from prefdata.steps.semantic.filter_result import (
    FilterResult,
    FilterSummary,
    write_filter_result,
)
from prefdata.steps.semantic.filter_rows import FilterRows
from prefdata.steps.semantic.like_given import (
    find_like_examples,
    find_semantic_overlap,
    find_unlike_examples,
)
from prefdata.steps.semantic.off_topic import find_off_topic
from prefdata.steps.semantic.outliers import find_outliers
from prefdata.steps.semantic.read_embeddings import read_embedded
from prefdata.steps.semantic.same_meaning import find_near_misses, find_same_meaning
from prefdata.steps.semantic.without_contrast import find_without_contrast

_log = logging.getLogger("prefdata")

Find = Callable[[FilterRows], FilterResult]


@dataclass(frozen=True)
class Filter:
    """A filter by the name of its step, and what it depends on besides the rows.

    `section`: of the config. `given`: the field of `Prepared` with the texts that rows are compared
    with. `find_near_misses`: the search for a preview, if it differs from `find`.
    """

    step: str
    find: Find
    section: str
    given: str | None = None
    find_near_misses: Find | None = None

    def preview(self, rows: FilterRows) -> FilterResult:
        """What the filter finds, and the rows nearest to its threshold on the other side."""
        return (self.find_near_misses or self.find)(rows)

    def depends_on(self, prepared: Prepared) -> Iterator[str]:
        """The section of the config, and the fingerprint of the texts to compare rows with."""
        yield repr(getattr(prepared.trail.run.config.semantic, self.section))
        if self.given is not None:
            yield getattr(prepared, self.given).fingerprint


CONTRAST = Filter("contrast", find_without_contrast, "contrast")
TOPIC = Filter("topic", find_off_topic, "topic")
OUTLIERS = Filter("outliers", find_outliers, "outliers")
OVERLAP = Filter("overlap", find_semantic_overlap, "against", given="evaluation")
KEEP_LIKE = Filter("keep-like", find_unlike_examples, "like", given="keep")
DROP_LIKE = Filter("drop-like", find_like_examples, "like", given="drop")
SIMILAR = Filter("similar", find_same_meaning, "similar", find_near_misses=find_near_misses)


def filters_on(config: SemanticConfig) -> Iterator[Filter]:
    """The filters that a config turns on, in order; representatives are chosen last."""
    is_on = {
        CONTRAST: config.contrast.action != "off",
        TOPIC: config.topic.action != "off",
        OUTLIERS: config.outliers.action != "off",
        OVERLAP: config.against.action != "off",
        KEEP_LIKE: bool(config.like.keep),
        DROP_LIKE: bool(config.like.drop),
        SIMILAR: config.similar.action != "off",
    }
    return (semantic_filter for semantic_filter in is_on if is_on[semantic_filter])


def filter_by_meaning(prepared: Prepared, keys: list[Path]) -> None:
    """Embeds the rows left; each filter sees the rows that those before it have kept."""
    trail = prepared.trail
    rows = _embedded_rows(prepared, keys)
    for semantic_filter in filters_on(trail.run.config.semantic):
        rows = rows.after(trail.verdicts)
        work = partial(_find, semantic_filter, rows)
        summary = trail.step(
            semantic_filter.step, work, semantic_filter.step, *semantic_filter.depends_on(prepared)
        )
        if summary.recall is not None:
            searched = Sentence(
                "filter.approximate", step=semantic_filter.step, recall=summary.recall
            )
            trail.remark("approximate", searched)
        if len(rows.embedded) and not summary.examined:
            trail.remark(
                "not-judged", _none_examined(semantic_filter.step, len(rows.embedded), summary)
            )


def preview_filters(prepared: Prepared, keys: list[Path]) -> tuple[list[FilterResult], int]:
    """What each filter finds, all of them in the same rows, and the number of these rows."""
    trail = prepared.trail
    rows = _embedded_rows(prepared, keys)
    results = [
        trail.reported(semantic_filter.step, partial(semantic_filter.preview, rows))
        for semantic_filter in filters_on(trail.run.config.semantic)
    ]
    return results, len(rows.embedded)


def _embedded_rows(prepared: Prepared, keys: list[Path]) -> FilterRows:
    trail = prepared.trail
    run, config = trail.run, trail.run.config
    assert prepared.encoder is not None, "an encoder is opened where a filter is on"
    folder = trail.folder("embed", "embed", prepared.encoder.fingerprint)
    summary = embed(run.engine, trail.shards, trail.verdicts, config.encoder, folder, run.report)
    trail.add_verdicts("embed", folder / "verdicts.arrow")
    trail.remarks |= summary.remarks(config.encoder)
    _log_cache(summary)
    for examples in (prepared.keep, prepared.drop):
        for text in examples.remarks() if examples else ():
            trail.remark("examples", text)
    return FilterRows(
        embedded=read_embedded(folder),
        shards=trail.shards,
        keys=keys,
        sources=names_to_prefer(run.opened.found, config.semantic.similar.prefer),
        config=config.semantic,
        encoder=config.encoder,
        evaluation=prepared.evaluation,
        keep=prepared.keep,
        drop=prepared.drop,
    )


def _find(semantic_filter: Filter, rows: FilterRows, folder: Path) -> FilterSummary:
    folder.mkdir(parents=True, exist_ok=True)
    return once(
        folder / "done.json",
        FilterSummary,
        lambda: write_filter_result(folder, semantic_filter.find(rows)),
    )


def _none_examined(step: str, rows: int, summary: FilterSummary) -> Sentence:
    why = tuple(why for why, count in summary.passed_by.items() if count)
    if not why:
        return Sentence("filter.none-judged", step=step, rows=rows)
    return Sentence("filter.none-judged-since", step=step, rows=rows, why=why)


def _log_cache(summary: EmbedSummary) -> None:
    """Logs what happened to the cache of embeddings, which does not affect the data."""
    for name in summary.damaged:
        _log.warning("the cache of embeddings held a damaged file, which was removed: %s", name)
    if summary.displaced:
        _log.warning(
            "the cache of embeddings is full: %d MB of older ones were removed "
            "(encoder.cache_bytes)",
            summary.displaced >> 20,
        )
