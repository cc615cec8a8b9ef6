"""Flat exports: what people answered in columns points from the better to the worse completion."""

from __future__ import annotations

from typing import Any

import pytest

from prefdata.dialects import dialect_of
from prefdata.dialects.convert import row_values
from prefdata.dialects.detect import detect
from prefdata.errors import DialectError, RowFault
from prefdata.records.judgement import Judgement

TASK = {"prompt": "Capital of France?", "response-1": "Pluto.", "response-2": "Paris."}
BETTER = "response-2"


def said(row: dict[str, Any]) -> list[Judgement | RowFault]:
    match = detect([row], place="x")
    assert match.dialect == "flat-export"
    assemble = dialect_of(match).assemble
    assert assemble is not None
    return [each for _, each in assemble([row_values(row, match)], "x")]


@pytest.mark.parametrize(
    "answers",
    [
        {"best": [{"user_id": "u1", "value": BETTER, "status": "submitted"}]},
        {"order": [{"user_id": "u1", "value": [BETTER, "response-1"]}]},
        {"order": [{"user_id": "u1", "value": [
            {"rank": 2, "value": "response-1"}, {"rank": 1, "value": BETTER}]}]},
        {"q.responses": [BETTER], "q.responses.users": ["u1"], "q.responses.status": ["submitted"]},
        {"pw": {"selected": "right"}, "annotator": "u1"},
        {"pw": '[{"selected": "right"}]', "annotator": "u1"},
    ],
)  # fmt: skip
def test_the_completion_that_is_named_or_ranked_first_is_better(answers: dict[str, Any]) -> None:
    [judgement] = said({**TASK, **answers})
    assert isinstance(judgement, Judgement)
    first, second = judgement.opinions[0].scores
    assert (judgement.judge, second > first) == ("u1", True)


def test_drafts_do_not_count_and_a_question_for_the_worse_one_is_not_read() -> None:
    answer = {"user_id": "u1", "value": BETTER, "status": "submitted"}
    with pytest.raises(DialectError):
        said({**TASK, "best": [{**answer, "status": "draft"}]})
    [fault] = said({**TASK, "which-is-worse": [answer]})
    assert isinstance(fault, RowFault) and "worse" in fault.evidence
