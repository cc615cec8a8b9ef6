"""A server that answers, and a file for its answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asking.fault_server import FaultServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """A fault server that behaves, until a test changes its `behaviour`."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with FaultServer() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where a file of answers may be made."""
    return tmp_path / "out.answers.sqlite"
