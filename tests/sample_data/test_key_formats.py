"""Every file of sample_data/formats is of the dialect that the key says, and points right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import prefdata

ROOT = Path(__file__).parents[2] / "sample_data"
KEY: dict[str, Any] = json.loads((ROOT / "key.json").read_text("utf-8"))["formats"]
BETTER = ("Jupiter", "Stand it in", "先晾两天")
WORSE = ("The moon", "Freeze the whole", "不用管它")


@pytest.mark.parametrize("name", KEY)
def test_a_file_is_read_as_the_key_says(name: str) -> None:
    [file] = prefdata.inspect([ROOT / name], rows=9).files
    assert (file.dialect, file.rows) == (KEY[name]["dialect"], KEY[name]["read"])
    if "codes" in KEY[name]:
        found = prefdata.validate([ROOT / name]).findings
        assert {finding.code for finding in found} >= set(KEY[name]["codes"])
        return
    assert file.records == file.rows == len(file.shown)
    for row in file.shown:
        chosen, rejected = row.chosen[-1].content or "", row.rejected[-1].content or ""
        assert chosen.startswith(BETTER) and rejected.startswith(WORSE)
