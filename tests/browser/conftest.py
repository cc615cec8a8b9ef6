"""A real Chromium for the pages of this project; without one, these tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

WATCH = """
window.__broken = [];
addEventListener("error", (event) => { window.__failed = event.message; });
document.addEventListener("securitypolicyviolation", (event) =>
  window.__broken.push(event.violatedDirective + " " + event.blockedURI));
"""


def executable() -> str | None:
    """The browser that $PREFDATA_CHROMIUM names, or the first on the PATH."""
    named = os.environ.get("PREFDATA_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = executable()
    if path is None:
        pytest.skip("no Chromium: install one, or name it in $PREFDATA_CHROMIUM")
    flags = [*FLAGS, *(["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else [])]
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=flags)
        yield started
        started.close()


@dataclass
class Opened:
    """A page in the browser, and whatever it did that it should not."""

    page: Any
    faults: list[str] = field(default_factory=list)

    def assert_quiet(self) -> None:
        assert not self.faults
        assert self.page.evaluate("window.__broken") == []
        assert self.page.evaluate("window.canary") is None


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
        )
        contexts.append(context)
        found = Opened(context.new_page())
        _watch(found, path.as_uri())
        found.page.goto(path.as_uri())
        found.page.wait_for_function("document.documentElement.dataset.ready || window.__failed")
        assert not found.page.evaluate("window.__failed"), found.faults
        return found

    yield opened
    for context in contexts:
        context.close()


def _watch(opened: Opened, own: str) -> None:
    page, faults = opened.page, opened.faults
    page.add_init_script(WATCH)

    def asked(route: Any) -> None:
        if route.request.url.split("#")[0] == own:
            route.continue_()
        else:
            faults.append(f"asked for {route.request.url}")
            route.abort()

    def dialog(shown: Any) -> None:
        faults.append(f"dialog: {shown.message}")
        shown.dismiss()

    def said(message: Any) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"console: {message.text}")

    page.route("**/*", asked)
    page.on("dialog", dialog)
    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("popup", lambda popup: faults.append(f"opened {popup.url}"))
