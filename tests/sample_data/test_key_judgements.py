"""Every file of sample_data/judgements is of the dialect that the key says, and points right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import prefdata

ROOT = Path(__file__).parents[2] / "sample_data"
KEY: dict[str, Any] = json.loads((ROOT / "key.json").read_text("utf-8"))["judgements"]
BETTER = ("Let it harden", "The common cuckoo", "看瓜蒂是否", "Trim the stems", "先用旧布")


@pytest.mark.parametrize("name", KEY)
def test_judgements_are_read_as_the_key_says(name: str) -> None:
    [file] = prefdata.inspect([ROOT / name], rows=9).files
    said = KEY[name]
    assert (file.dialect, file.rows, file.records) == (said["dialect"], said["read"], said["pairs"])
    assert (file.quarantined, file.unpaired) == ({}, said.get("unpaired", {}))
    for row in file.shown:
        assert (row.chosen[-1].content or "").startswith(BETTER)
        assert (row.rejected[-1].content or "") not in BETTER


def test_all_of_them_build_and_both_laws_hold(tmp_path: Path) -> None:
    manifest = prefdata.build([ROOT / "judgements"], out=tmp_path / "out")
    rows = manifest.counts.rows
    assert rows is not None
    assert rows.read == sum(file["read"] for file in KEY.values())
    assert rows.balance() == manifest.counts.balance() == 0
    assert prefdata.verify(tmp_path / "out").problems == ()
    found = {*manifest.counts.dropped, *manifest.counts.flagged}
    assert found >= {code for file in KEY.values() for code in file.get("codes", ())}
