"""The plots of results in a real browser: each chart is drawn, in a page and in a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from reports.plotted_results import plotted

pytestmark = pytest.mark.slow

Open = Callable[..., Any]
KINDS = ("audit", "training", "scores", "agreement", "judging")
DRAWN = """() => [...document.querySelectorAll("[data-plot]")].map((each) => [
  each.dataset.plot,
  each.querySelectorAll(".chart svg > *, .strip-dot, .bar-fill").length,
  [...each.querySelectorAll(".chart")].every((chart) => chart.querySelector("svg")),
])"""
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
NOT_NUMBERS = """() => [...document.querySelectorAll("svg *")].filter((each) =>
  [...each.attributes].some(({ value }) => /NaN|Infinity|undefined/.test(value))).length"""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("language", "width"), [("en", 1000), ("zh", 400)])
def test_every_chart_is_drawn(open_page: Open, kind: str, language: str, width: int) -> None:
    plot = plotted()[kind].plot(lang=language)
    opened = open_page(plot.html, width=width)
    drawn = opened.page.evaluate(DRAWN)
    assert [name for name, *_ in drawn] == [*plot.charts]
    assert all(shapes and is_whole for _, shapes, is_whole in drawn), drawn
    assert opened.page.evaluate(NOT_NUMBERS) == 0
    assert not opened.page.evaluate(WIDE)
    assert opened.page.locator("html").get_attribute("lang") == {"zh": "zh-CN"}.get(language, "en")
    opened.assert_quiet()


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_shows_it_in_a_frame_and_nothing_of_the_data_runs(
    open_page: Open, kind: str
) -> None:
    plot = plotted(is_hostile=True)[kind].plot()
    outer = f"<!doctype html><html data-ready><body>{plot._repr_html_()}</body></html>"
    opened = open_page(outer)
    frame = opened.page.frame_locator("iframe")
    expect(frame.locator("html[data-ready]")).to_be_attached()
    expect(frame.locator("[data-plot]")).to_have_count(len(plot.charts))
    inside = opened.page.frames[1]
    assert inside.evaluate("window.canary") is None
    assert inside.evaluate("self.origin") == "null"
    opened.assert_quiet()
