"""A command that keeps no row exits 1, and says the main reason and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prefdata.cli.main import exit_code_of

BROKEN = (
    '{"prompt": "q", "chosen": 5, "rejected": "b"}\n'
    + '{"prompt": "q", "chosen": null, "rejected": "b"}\n' * 2
)
SAME = '{"prompt": "Which?", "chosen": "This one.", "rejected": "This one."}\n'


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert exit_code_of(list(arguments)) == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        (BROKEN, ("none of the 3 rows", "2 missing-field, 1 wrong-type", "--map")),
        (SAME, ("none of the 1 rows", "1 identical-sides", "identical-sides: Drop the row")),
    ],
)
def test_a_build_of_nothing_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, parts: tuple[str, ...]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(rows)
    text = said(capsys, "build", str(path), "--out", str(tmp_path / "out"), "--quiet")
    assert all(part in text for part in parts)


def test_an_inspection_of_nothing_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(BROKEN)
    text = said(capsys, "inspect", str(path), "--quiet")
    assert "none of the 3 rows" in text and "missing-field: Fill in the field" in text
    path.write_text("")
    assert "no rows in these sources" in said(capsys, "inspect", str(path), "--quiet")
