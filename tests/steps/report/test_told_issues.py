"""Evidence of rows that were read back from a ledger is told in Chinese like that of a run."""

from __future__ import annotations

import polars as pl
import pytest

from prefdata.results.audit import RowPlace, Text, Texts
from prefdata.results.sentences import Sentence, chinese, sentence_json
from prefdata.steps.report.accounts import VERDICT_COLUMNS, Shown
from prefdata.steps.report.issues import alike, issues

COPY = Sentence("exact.copy", copies=2, first=0)
TALLIED = pl.DataFrame(
    {"kind": ["drop"], "name": ["duplicate-pair"], "rows": [1]},
)


def shown() -> dict[int, Shown]:
    text = Text(text="Yes.", characters=4)
    texts = Texts(prompt=text, chosen=text, rejected=text)
    return {
        row: Shown(RowPlace(row=row, source="a.jsonl", source_row=row + 1), texts, None)
        for row in (0, 1)
    }


@pytest.mark.parametrize("sentence", [None, sentence_json(COPY)], ids=["ledger", "run"])
def test_evidence_is_told_in_chinese_wherever_it_comes_from(sentence: str | None) -> None:
    line = (1, "drop", "duplicate-pair", str(COPY), 0, sentence)
    first = pl.DataFrame([line], schema=VERDICT_COLUMNS, orient="row")
    [issue] = issues(TALLIED, first, shown())
    [pair] = alike(first, shown())
    for evidence in (issue.examples[0].evidence, pair.evidence):
        assert chinese(evidence or "") == "该偏好对共有 2 份，第 0 行最早"
