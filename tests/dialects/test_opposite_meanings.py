"""Twin files that look alike and mean the opposite: each is read right, or asked about."""

from __future__ import annotations

from typing import Any

import pytest

from prefdata.dialects.convert import convert_row, judge_row
from prefdata.dialects.detect import detect
from prefdata.dialects.labels.preference import FIRST, SECOND
from prefdata.dialects.labels.words import word_preference
from prefdata.errors import DialectError
from prefdata.records.record import text_of

Row = dict[str, Any]


def chosen(row: Row, **stated: Any) -> str:
    match = detect([row], place="x", **stated)
    return text_of(convert_row(row, match).chosen)


@pytest.mark.parametrize(
    ("label", "fields", "side"),
    [
        ("response_1", ("response_0", "response_1"), SECOND),
        ("response_1", ("response_1", "response_2"), FIRST),
        ("model_1", ("response_0", "response_1"), SECOND),
        ("A", ("answer_b", "answer_a"), SECOND),
        ("candidate", ("baseline", "candidate"), SECOND),
        ("left", ("left", "right"), FIRST),
        ("strongly prefer B", ("response_a", "response_b"), SECOND),
        ("B is worse", ("response_a", "response_b"), FIRST),
        ("回答1更差", ("回答1", "回答2"), SECOND),
    ],
)
def test_a_word_is_read_by_the_names_of_the_fields(
    label: str, fields: tuple[str, str], side: str
) -> None:
    found = word_preference(label, fields)
    assert found is not None
    assert found.side == side


@pytest.mark.parametrize("label", ["model_0", "response_3", "not A", "A is better than A"])
def test_a_word_that_names_no_field_is_none(label: str) -> None:
    assert word_preference(label, ("response_1", "response_2")) is None


@pytest.mark.parametrize("name", ["loser", "worst", "rejected", "disliked", "更差"])
def test_a_name_of_the_worse_one_is_asked_about_and_read_so(name: str) -> None:
    row = {"prompt": "q", "response_a": "good", "response_b": "bad", name: "B"}
    with pytest.raises(DialectError, match="b=first"):
        detect([row], place="x")
    stated = {"mapping": {"label": name}, "label": "b=first,a=second"}
    assert chosen(row, **stated) == "good"


@pytest.mark.parametrize(("label", "score"), [("lower=better", -1.0), ("higher=better", 1.0)])
def test_a_direction_that_is_stated_is_obeyed(label: str, score: float) -> None:
    row = {"prompt": "q", "response": "r", "rating": 1}
    (opinion,) = judge_row(row, detect([row], place="x", label=label)).opinions
    assert opinion.scores == (score,)


@pytest.mark.parametrize(
    ("label", "wanted"), [("1=wanted,0=unwanted", 1.0), ("1=second,0=first", 0.0)]
)
def test_a_number_beside_one_completion_means_what_is_stated(label: str, wanted: float) -> None:
    row = {"prompt": "q", "completion": "r", "label": 1}
    with pytest.raises(DialectError, match="whether the values of 'label'"):
        detect([row], place="x")
    (opinion,) = judge_row(row, detect([row], place="x", label=label)).opinions
    assert opinion.values == (wanted,)


def test_a_statement_that_says_nothing_of_a_file_is_refused() -> None:
    with pytest.raises(DialectError, match="says nothing of the dialect pairs"):
        detect([{"prompt": "q", "chosen": "a", "rejected": "b"}], place="x", label="1=first")


@pytest.mark.parametrize(
    "rows",
    [
        [
            {"history": "q", "human_ref_A": "a", "human_ref_B": "b", "labels": 0}
            | {"score_A": 9, "score_B": 3}
        ],
        [{"prompt": "q", "response_1": "a", "response_2": "b", "preference_strength": 2}],
    ],
)  # fmt: skip
def test_evidence_against_a_known_set_is_asked_about(rows: list[Row]) -> None:
    with pytest.raises(DialectError, match=r"but .* looked at") as error:
        detect(rows * 3, place="x")
    assert "--dialect judged" in str(error.value)


def test_chosen_and_rejected_that_name_fields_are_no_texts() -> None:
    row = {"prompt": "q", "response_a": "one", "response_b": "two", "chosen": "B", "rejected": "A"}
    with pytest.raises(DialectError, match="label=chosen"):
        detect([row], place="x")
    assert chosen(row, mapping={"label": "chosen"}, dialect="judge-named") == "two"


@pytest.mark.parametrize(
    ("label", "side"), [("probability=first", "one"), ("probability=second", "two")]
)
def test_a_probability_is_of_the_side_that_is_stated(label: str, side: str) -> None:
    row = {"prompt": "q", "response_a": "one", "response_b": "two", "label": 0.8}
    assert chosen(row, label=label) == side
