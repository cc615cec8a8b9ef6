"""A small campaign with its pages, for tests of who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.served import Served, new_campaign, served


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Served]:
    """A campaign of twenty pairs, and its pages."""
    campaign = new_campaign(tmp_path / "project.sqlite")
    yield served(campaign)
    campaign.close()
