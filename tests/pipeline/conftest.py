from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from decisions import Sheet
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


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    """Writes decisions as a sheet made by hand and gives the path."""

    def sheet(decisions: Mapping[int, str]) -> Path:
        lines = [f"a.jsonl,{row},{said},why {row}" for row, said in decisions.items()]
        path = tmp_path / "review.csv"
        path.write_text("\n".join(["source,source_row,decision,note", *lines]))
        return path

    return sheet
