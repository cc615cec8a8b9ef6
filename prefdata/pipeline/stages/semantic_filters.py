"""Embedding in a build: vectors of the rows that are left, and the filters that look at them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.config.semantic import SemanticConfig
from prefdata.engines.engine import Engine
from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.pipeline.stages.prepare import Prepared
from prefdata.steps.once import once
from prefdata.steps.progress import Report
from prefdata.steps.semantic.embed import EmbedSummary, embed
from prefdata.steps.semantic.filter_result import FilterResult, FilterSummary, write_filter_result
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
from prefdata.steps.verdict_tables import Tables

_log = logging.getLogger("prefdata")


@dataclass
class Meaning:
    """The filters of a run. `verdicts` and `identity` grow with each step that is done."""

    ready: Prepared
    engine: Engine
    place: Path
    config: BuildConfig
    report: Report
    keys: list[Path]
    verdicts: Tables
    identity: str
    remarks: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Embeds, and lets each filter look at what those before it have left."""
        rows = self._embedded()
        for each in filters_on(self.config.meaning):
            rows = rows.after(self.verdicts)
            folder = self._folder(each.step, *self._depends_on(each))
            self.report(each.step, 0, 1)
            found = self._done(each, rows, folder)
            self.report(each.step, 1, 1)
            self.verdicts = self.verdicts.then(each.step, folder / "verdicts.arrow")
            if found.recall is not None:
                searched = f"searched by an index, recall {found.recall:.3f} (exact_rows)"
                self._remark("approximate", f"{each.step}: {searched}")
            if len(rows.embedded) and not found.judged:
                why = "; ".join(why for why, count in found.passed_by.items() if count)
                said = f"{each.step}: none of {len(rows.embedded):,} rows could be judged"
                self._remark("not-judged", f"{said} ({why})" if why else said)

    def preview(self) -> tuple[list[FilterResult], int]:
        """What each filter finds, all of them in the same rows, and how many these are."""
        rows = self._embedded()
        found = []
        for each in filters_on(self.config.meaning):
            self.report(each.step, 0, 1)
            find = find_near_misses if each.find is find_same_meaning else each.find
            found.append(find(rows))
            self.report(each.step, 1, 1)
        return found, len(rows.embedded)

    def _embedded(self) -> FilterRows:
        ready, config = self.ready, self.config
        assert ready.encoder is not None, "an encoder is opened where a filter is on"
        folder = self._folder("embed", ready.encoder.fingerprint)
        summary = embed(
            self.engine, ready.shards, self.verdicts, config.encoder, folder, self.report
        )
        self.verdicts = self.verdicts.then("embed", folder / "verdicts.arrow")
        self._tell(summary)
        for said in (*_remarks(ready.keep), *_remarks(ready.drop)):
            self._remark("examples", said)
        return FilterRows(
            embedded=read_embedded(folder),
            shards=ready.shards,
            keys=self.keys,
            sources=ready.names,
            config=config.meaning,
            encoder=config.encoder,
            evaluation=ready.evaluation,
            keep=ready.keep,
            drop=ready.drop,
        )

    def _done(self, each: Filter, rows: FilterRows, folder: Path) -> FilterSummary:
        folder.mkdir(parents=True, exist_ok=True)
        return once(
            folder / "done.json",
            FilterSummary,
            lambda: write_filter_result(folder, each.find(rows)),
        )

    def _depends_on(self, each: Filter) -> Iterator[str]:
        meaning = self.config.meaning
        yield repr(getattr(meaning, each.section))
        given = {"overlap": "evaluation", "keep-like": "keep", "drop-like": "drop"}
        if each.step in given:
            yield getattr(self.ready, given[each.step]).fingerprint

    def _folder(self, step: str, *parts: str) -> Path:
        self.identity = fingerprint(self.identity, step, *parts)
        return self.place / f"{step}-{self.identity}"

    def _tell(self, summary: EmbedSummary) -> None:
        """Of the texts in the remarks; of the cache, which is no part of the data, in the log."""
        self.remarks |= summary.remarks(self.config.encoder)
        for name in summary.damaged:
            _log.warning("the cache of embeddings held a damaged file, which was removed: %s", name)
        if summary.displaced:
            _log.warning(
                "the cache of embeddings is full: %d MB of older ones were removed "
                "(encoder.cache_bytes)",
                summary.displaced >> 20,
            )

    def _remark(self, code: str, said: str) -> None:
        before = self.remarks.get(code)
        self.remarks[code] = f"{before}; {said}" if before else said


def _remarks(examples: EvaluationSet | None) -> list[str]:
    return examples.remarks() if examples else []


@dataclass(frozen=True)
class Filter:
    """A filter by the name of its step, and the part of the config that it depends on."""

    step: str
    find: Callable[[FilterRows], FilterResult]
    section: str


def filters_on(config: SemanticConfig) -> Iterator[Filter]:
    """The filters that a config turns on. Who represents whom is decided last, among the rest."""
    if config.contrast.action != "off":
        yield Filter("contrast", find_without_contrast, "contrast")
    if config.topic.action != "off":
        yield Filter("topic", find_off_topic, "topic")
    if config.outliers.action != "off":
        yield Filter("outliers", find_outliers, "outliers")
    if config.against.action != "off":
        yield Filter("overlap", find_semantic_overlap, "against")
    if config.like.keep:
        yield Filter("keep-like", find_unlike_examples, "like")
    if config.like.drop:
        yield Filter("drop-like", find_like_examples, "like")
    if config.similar.action != "off":
        yield Filter("similar", find_same_meaning, "similar")
