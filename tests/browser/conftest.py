"""Pages that are opened from disk in a real Chromium; without one, these tests are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import Opened, browser, watch

__all__ = ["browser", "open_page"]


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """`open_page(html, language="en", width=1280, theme="light")`: opened from disk, no network."""
    contexts = []

    def opened(
        html: str, *, language: str = "en", width: int = 1280, theme: str = "light"
    ) -> Opened:
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale={"en": "en-US", "zh": "zh-CN"}[language],
            color_scheme=theme,
            accept_downloads=True,
        )
        contexts.append(context)
        found = Opened(context.new_page())
        watch(found, path.as_uri().__eq__)
        found.page.goto(path.as_uri())
        assert not found.page.evaluate("window.__failed"), found.faults
        found.page.wait_for_selector("html[data-ready]", state="attached")
        return found

    yield opened
    for context in contexts:
        context.close()
