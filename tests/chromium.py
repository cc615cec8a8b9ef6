"""A real Chromium for the pages of this project, and what a page must not do in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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


def watch(opened: Opened, is_own: Callable[[str], bool]) -> None:
    """Keeps a page to its own addresses, and notes whatever it does besides."""
    page, faults = opened.page, opened.faults
    page.add_init_script(WATCH)

    def asked(route: Any) -> None:
        if is_own(route.request.url.split("#")[0]):
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
