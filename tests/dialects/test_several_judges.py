"""Several judges in one row: each of them points from the better to the worse completion."""

from __future__ import annotations

from typing import Any

import pytest

from prefdata.dialects import dialect_of
from prefdata.dialects.convert import row_values
from prefdata.dialects.detect import detect
from prefdata.errors import DialectError
from prefdata.records.judgement import Judgement

TASK = {"prompt": "Capital of France?", "response_a": "Pluto.", "response_b": "Paris."}


def said(row: dict[str, Any]) -> tuple[str, list[Judgement]]:
    match = detect([row], place="x")
    assemble = dialect_of(match).assemble
    assert assemble is not None
    found = [each for _, each in assemble([row_values(row, match)], "x")]
    return match.dialect, [each for each in found if isinstance(each, Judgement)]


@pytest.mark.parametrize(
    "votes",
    [
        ["B", "b", "response_b"],
        [{"judge": "x", "winner": "B"}, {"judge": "y", "preference": "B-is-slightly-better"}],
    ],
)
def test_each_vote_is_a_judgement_for_the_one_that_it_names(votes: list[Any]) -> None:
    dialect, found = said({**TASK, "votes": votes})
    assert dialect == "votes-in-row"
    assert [one.opinions[0].scores for one in found] == [(0.0, 1.0)] * len(votes)


def test_numbers_are_no_votes() -> None:
    with pytest.raises(DialectError):
        said({**TASK, "votes": [1, 2, 1]})


def test_each_annotator_rates_every_aspect() -> None:
    row = {"prompt": "p", "response": "Paris.", "helpfulness": [4, 2], "verbosity": [1, 0]}
    dialect, found = said(row)
    assert dialect == "helpsteer-annotators"
    assert [[o.scores for o in one.opinions] for one in found] == [
        [(4.0,), (1.0,)],
        [(2.0,), (0.0,)],
    ]
