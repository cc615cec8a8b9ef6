from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from sound_pairs import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes pairs as JSON Lines and gives the path."""

    def write(name: str, rows: Iterable[object]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write
