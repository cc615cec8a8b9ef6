"""Charts of a result for a notebook: those of the page of an audit, in a page of their own.

The scripts, styles and words are those of the page. In a notebook the page stands in a frame that
may run its own script and nothing else: it has no origin, no network and no access to the notebook.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, get_args

from prefdata.errors import UsageError
from prefdata.foreign_errors import in_our_words
from prefdata.reports.page.page import SCRIPTS, filled
from prefdata.reports.page.translations import sentences_of
from prefdata.results.agreement import AgreementReport
from prefdata.results.audit import AuditReport, LabelAuditResult
from prefdata.results.closed import Charted, Language
from prefdata.results.judging import JudgeResult, JudgingReport
from prefdata.results.scores import ScoreResult
from prefdata.results.training import Metrics, TrainingResult

_OF_THE_PAGE_ALONE = {
    "switches.js", "words_apart.js", "texts.js", "next_steps.js", "section_summary.js",
    "section_findings.js", "section_suspects.js", "decisions.js", "section_about.js", "main.js",
}  # fmt: skip
PLOT_SCRIPTS = (
    *(name for name in SCRIPTS if name not in _OF_THE_PAGE_ALONE),
    "charts_of_metrics.js",
    "charts_of_judges.js",
    "plots.js",
)

_NO_SCRIPTS = "These charts need JavaScript. 这些图表需要 JavaScript。"
_HIGHEST = 800
"""Pixels of a frame; what does not fit is scrolled, and the reader can drag it higher."""
_DIAGRAM, _LINE, _FRAME = 450, 40, 170
"""Pixels of a chart with axes, of a line of a table or of dots, and of what stands around lines."""

_Heights = dict[str, int]
"""Name of a chart to its height in pixels, about."""


@dataclass(frozen=True)
class Plot:
    """Charts of a result, as a page that needs no network. A notebook shows it in a frame.

    `charts`: their names, in this order. `html`: the page. `height`: of the frame, in pixels.
    """

    charts: tuple[str, ...]
    html: str = field(repr=False)
    height: int = field(repr=False)

    @in_our_words
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the page to a file of HTML and returns its path.

        `path`: the file; one that is there is replaced. Its folder has to exist.

        Raises OutputError if it cannot be written.
        """
        target = Path(path)
        target.write_text(self.html, encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        """The page in a frame without rights; every text of the data is escaped twice."""
        # between apostrophes, since a page is full of quotes and has few of them
        page = escape(self.html, quote=False).replace("'", "&#39;")
        return (
            f'<iframe sandbox="allow-scripts" title="{escape(", ".join(self.charts))}" '
            f'style="width:100%;height:{self.height}px;border:0;resize:vertical" '
            f"srcdoc='{page}'></iframe>"
        )


def plot_of(result: Charted, charts: Sequence[str], lang: Language) -> Plot:
    """Charts of a result, by their names; of no names, all that it has.

    Raises UsageError for a name that the result has no chart of, or a language that is not known.
    """
    if lang not in get_args(Language):
        known = " or ".join(map(repr, get_args(Language)))
        raise UsageError(f"lang is {lang!r}, and has to be {known}")
    kind, heights, shown = _drawable(result)
    _check(type(result).__name__, charts, heights)
    names = tuple(dict.fromkeys(charts)) or tuple(heights)
    values = {**shown, "plot": {"kind": kind, "charts": names, "language": lang}}
    html = filled(
        values,
        {"rules": {}, "reasons": {}, **sentences_of(result)},
        title=f"prefdata: {', '.join(names)}",
        scripts=PLOT_SCRIPTS,
        noscript=_NO_SCRIPTS,
    )
    return Plot(names, html, min(sum(heights[name] for name in names) + 40, _HIGHEST))


def _check(kind: str, charts: Sequence[str], heights: Mapping[str, int]) -> None:
    if not heights:
        raise UsageError(f"this {kind} holds nothing that could be drawn as a chart")
    for name in charts:
        if name not in heights:
            raise UsageError(
                f"this {kind} has no chart {name!r}: it may hold nothing that it would show. "
                f"It has: {', '.join(heights)}."
            )


def _drawable(result: Charted) -> tuple[str, _Heights, dict[str, Any]]:
    """What kind of result the scripts draw, its charts, and the values that they read."""
    match result:
        case AuditReport():
            report = _without_texts(result)
            return "audit", _of_audit(report), report.model_dump(mode="json")
        case TrainingResult():
            values = result.model_dump(mode="json", include={"held_out", "cross_validated"})
            return "training", _of_training(result), {"training": values}
        case ScoreResult():
            scores = result.model_dump(
                mode="json", include={"counts": True, "sources": {"__all__": {"name", "read"}}}
            )
            return "scores", _of_scores(result), {"scores": scores}
        case AgreementReport():
            values = result.model_dump(mode="json", exclude={"config"})
            return "agreement", _of_agreement(result), {"agreement": values}
        case JudgeResult():
            judging = result.report.model_dump(mode="json", exclude={"config"})
            return "judging", _of_judging([result.report]), {"judging": [judging]}
    raise AssertionError(f"no charts for {type(result).__name__}")


def _without_texts(report: AuditReport) -> AuditReport:
    """A report without what no chart shows: texts of rows, and the config."""
    labels = report.labels and report.labels.model_copy(update={"suspects": ()})
    return report.model_copy(update={"issues": (), "alike": (), "config": {}, "labels": labels})


def _of_audit(report: AuditReport) -> _Heights:
    return _those_there(
        flow=_DIAGRAM if report.counts.read else 0,
        lengths=_DIAGRAM if report.lengths else 0,
        languages=_lines(len(report.languages)),
        **(_of_agreement(report.agreement) if report.agreement else {}),
        **_of_judging(report.judging),
        **(_of_labels(report.labels) if report.labels else {}),
    )


def _of_labels(labels: LabelAuditResult) -> _Heights:
    accuracies = (labels.accuracy, *labels.baselines, *(view.accuracy for view in labels.views))
    return _those_there(
        claims=_lines(len(labels.claims.what_if)) if labels.claims else 0,
        accuracies=_lines(sum(each.value is not None for each in accuracies)),
        detections=_lines(sum(each.auroc is not None for each in labels.power.detections)),
        margins=_DIAGRAM if labels.margins else 0,
        reliability=_DIAGRAM + 30 if labels.calibration.bins else 0,
        shortcuts=_lines(len(labels.shortcuts)),
        slices=_lines(len(labels.slices)),
    )


def _of_training(result: TrainingResult) -> _Heights:
    measured = [each for each in (result.held_out, result.cross_validated) if each and each.pairs]
    return _those_there(
        accuracies=sum(_lines(4) for each in measured if each.accuracy.value is not None),
        slices=sum(_lines(_parts(each)) for each in measured),
        reliability=sum(_DIAGRAM + 30 for each in measured if each.calibration.bins),
    )


def _parts(metrics: Metrics) -> int:
    """How many parts of the data have an accuracy of their own."""
    of_lengths = (
        metrics.length.matched,
        metrics.length.chosen_longer,
        metrics.length.rejected_longer,
    )
    parts = (*metrics.sources, *metrics.languages, *of_lengths)
    return sum(part.value is not None for part in parts)


def _of_scores(result: ScoreResult) -> _Heights:
    return _those_there(flow=_DIAGRAM if result.counts.read else 0)


def _of_agreement(report: AgreementReport) -> _Heights:
    judges = sum(len(each.judges) for each in report.slices if each.source is None)
    return _those_there(agreement=_lines(len(report.slices)), judges=_lines(judges))


def _of_judging(judges: Sequence[JudgingReport]) -> _Heights:
    slices = sum(each.language is None for judge in judges for each in judge.slices)
    return _those_there(judging=slices * _lines(9))


def _lines(lines: int) -> int:
    return _FRAME + _LINE * min(lines, 25) if lines else 0


def _those_there(**heights: int) -> _Heights:
    return {name: height for name, height in heights.items() if height}
