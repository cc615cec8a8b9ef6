"""The plots of results: their names, the frame that a notebook shows, the page in it."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from reports.plotted_results import plotted
from reports.report_values import labels, report

from prefdata.errors import OutputError, UsageError
from prefdata.results.audit import AuditReport
from prefdata.results.closed import Charted

CHARTS = {
    "audit": (
        "flow", "lengths", "languages", "agreement", "judges", "judging", "claims", "accuracies",
        "detections", "margins", "reliability", "shortcuts", "slices",
    ),
    "training": ("accuracies", "slices", "reliability"),
    "scores": ("flow",),
    "agreement": ("agreement", "judges"),
    "judging": ("judging",),
}  # fmt: skip


class Elements(HTMLParser):
    """Elements with their attributes, and the texts of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            self.scripts[-1] += data


def embedded(result: Charted, *charts: str, **given: Any) -> Any:
    """What the scripts of a plot read as the report."""
    return json.loads(Elements(result.plot(*charts, **given).html).scripts[0])


@pytest.fixture(scope="module")
def results() -> dict[str, Charted]:
    return plotted()


@pytest.mark.parametrize("kind", CHARTS)
def test_a_result_draws_all_that_it_has_or_what_is_asked_for(
    results: dict[str, Charted], kind: str
) -> None:
    plot = results[kind].plot()
    assert plot.charts == CHARTS[kind]
    assert repr(plot) == f"Plot(charts={CHARTS[kind]!r})"
    last = CHARTS[kind][-1]
    assert results[kind].plot(last, last).charts == (last,)
    assert embedded(results[kind], last, lang="zh")["plot"] == {
        "kind": kind, "charts": [last], "language": "zh",
    }  # fmt: skip


def test_a_report_that_was_read_back_draws_the_same_charts(results: dict[str, Charted]) -> None:
    again = AuditReport.model_validate_json(results["audit"].model_dump_json())
    assert again.plot().charts == CHARTS["audit"]
    assert embedded(again, "slices") == embedded(results["audit"], "slices")


def test_what_a_result_does_not_hold_has_no_chart() -> None:
    untrained = report(labels=None, agreement=None, judging=())
    assert untrained.plot().charts == ("flow", "lengths", "languages")
    unjudged = report(labels=labels(judged=False))
    assert not {"claims"} & {*unjudged.plot().charts}


def test_a_name_without_a_chart_is_refused_with_those_there_are(
    results: dict[str, Charted],
) -> None:
    with pytest.raises(UsageError, match=r"no chart 'claim'.* accuracies, slices, reliab"):
        results["training"].plot("claim")
    with pytest.raises(UsageError, match="lang is 'fr', and has to be 'en' or 'zh'"):
        results["training"].plot(lang="fr")  # type: ignore[arg-type]
    unmeasured = results["training"].model_copy(update={"held_out": None, "cross_validated": None})
    with pytest.raises(UsageError, match="holds nothing that could be drawn"):
        unmeasured.plot()


def test_a_notebook_shows_a_frame_without_rights(results: dict[str, Charted]) -> None:
    for result in results.values():
        plot = result.plot()
        [(name, attributes)] = Elements(plot._repr_html_()).elements
        assert name == "iframe"
        assert attributes["sandbox"] == "allow-scripts"
        assert attributes["srcdoc"] == plot.html


@pytest.mark.parametrize("kind", CHARTS)
def test_texts_of_the_data_are_data_in_the_frame_and_in_its_page(
    results: dict[str, Charted], kind: str
) -> None:
    hostile = plotted(is_hostile=True)[kind].plot()
    assert len(Elements(hostile._repr_html_()).elements) == 1
    names = [name for name, _ in Elements(hostile.html).elements]
    assert names == [name for name, _ in Elements(results[kind].plot().html).elements]
    assert not {"link", "img", "iframe", "svg", "a"} & {*names}


def test_a_plot_holds_no_texts_of_rows(results: dict[str, Charted]) -> None:
    shown = embedded(results["audit"])
    assert shown["issues"] == shown["alike"] == shown["labels"]["suspects"] == []
    assert len(results["audit"].plot()._repr_html_()) < 250_000


def test_a_plot_is_saved_as_a_page(results: dict[str, Charted], tmp_path: Path) -> None:
    plot = results["scores"].plot()
    saved = plot.save(tmp_path / "chart.html")
    assert saved.read_text(encoding="utf-8") == plot.html
    assert plot.save(str(saved)) == saved
    with pytest.raises(OutputError, match="no-folder"):
        plot.save(tmp_path / "no-folder" / "chart.html")


def test_results_load_nothing_that_draws_before_they_are_drawn() -> None:
    code = (
        "import sys, prefdata; prefdata.AuditReport; prefdata.TrainingResult; "
        "print([name for name in sys.modules if name.startswith('prefdata.reports')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
