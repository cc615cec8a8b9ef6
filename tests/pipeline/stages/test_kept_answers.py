from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from prefdata.errors import OutputError
from prefdata.io.review.answers import read_answers
from prefdata.pipeline.stages.kept_answers import refuse_to_lose_answers
from prefdata.results.manifest import FileEntry

EMPTY = b"decision,source,source_row\n,a.jsonl,1\n"
FILLED = b"decision,source,source_row\nkeep,a.jsonl,1\n"


def entry(content: bytes) -> dict[str, FileEntry]:
    digest = sha256(content).hexdigest()
    return {"review.csv": FileEntry(path="review.csv", bytes=len(content), sha256=digest)}


@pytest.mark.parametrize("content", [FILLED, b"decision,source,source_row\nwhat?,a.jsonl,1\n"])
def test_answers_that_nobody_has_read_are_not_lost(content: bytes, tmp_path: Path) -> None:
    sheet = tmp_path / "review.csv"
    refuse_to_lose_answers(tmp_path, {}, None)
    sheet.write_bytes(EMPTY)
    refuse_to_lose_answers(tmp_path, {}, None)
    sheet.write_bytes(content)
    refuse_to_lose_answers(tmp_path, entry(content), None)
    with pytest.raises(OutputError, match="was filled in and would be replaced"):
        refuse_to_lose_answers(tmp_path, entry(EMPTY), None)


def test_answers_that_are_read_may_go(tmp_path: Path) -> None:
    sheet = tmp_path / "review.csv"
    sheet.write_bytes(FILLED)
    answers = read_answers(sheet)
    refuse_to_lose_answers(tmp_path, entry(EMPTY), answers)
    sheet.write_bytes(FILLED + b"drop,a.jsonl,2\n")  # somebody went on since
    with pytest.raises(OutputError):
        refuse_to_lose_answers(tmp_path, entry(EMPTY), answers)
