"""Campaigns that are really served, and people who open their pages in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.annotate_page.desk import Desk
from tests.chromium import browser

__all__ = ["browser", "desk"]


@pytest.fixture
def desk(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """`desk(kind="pairwise", ...)`: a campaign, served; all of them end with the test."""
    opened: list[Desk] = []

    def made(**given: Any) -> Desk:
        opened.append(Desk.made(browser, tmp_path / f"{len(opened)}.sqlite", **given))
        return opened[-1]

    yield made
    for each in opened:
        each.close()
