from __future__ import annotations

import json
from typing import Any

import pytest

from prefdata.config.section import RecordFormat
from prefdata.records.columns import RecordColumns
from prefdata.records.record import Record, assistant, user
from prefdata.transforms.convert.metadata import nest_metadata, unnest_metadata

PAIR = ((user("q"),), (assistant("a"),), (assistant("b"),))


def after(metadata: list[str], margin: float | None, to: RecordFormat | None = None) -> list[Any]:
    columns = RecordColumns()
    for number, text in enumerate(metadata):
        columns.append(number, number + 1, Record(*PAIR, margin, text))
    batch = columns.batch()
    changed = unnest_metadata(batch) if to is None else nest_metadata(batch, to)
    assert changed.schema == batch.schema
    assert changed.drop_columns("metadata") == batch.drop_columns("metadata")
    return [json.loads(text) for text in changed.column("metadata").to_pylist()]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{}", {}),
        ('{"a":1,"metadata":"{}"}', {"a": 1}),
        (r'{"b":1,"metadata":"{\"a\":\"\\u00e9\"}"}', {"a": "é", "b": 1}),
        (r'{"a":1,"metadata":"{\"a\":2}"}', {"a": 1, "metadata": '{"a":2}'}),
        ('{"metadata":"no object"}', {"metadata": "no object"}),
        ('{"metadata":"[1]"}', {"metadata": "[1]"}),
        ('{"metadata":{"a":1}}', {"metadata": {"a": 1}}),
        (r'{"x":"\"metadata\":"}', {"x": '"metadata":'}),
    ],
)
def test_a_text_of_fields_is_taken_apart_where_nothing_is_there_twice(
    text: str, wanted: dict[str, Any]
) -> None:
    assert after(["{}", text], None) == [{}, wanted]


HARMLESS = {"id": 1, "label": "A", "winner": "x", "source": "s", "Chosen By": "me"}


@pytest.mark.parametrize(
    ("to", "fields", "nested"),
    [
        ("standard", HARMLESS, set()),
        ("llamafactory", HARMLESS, set()),
        ("standard", {"system": "be brief", "id": 1}, {"system"}),
        ("implicit", {"system": "be brief", "id": 1}, set()),
        ("implicit", {"Question": "q"}, {"Question"}),
        ("question", {"Prompt": "another"}, {"Prompt"}),
        ("llamafactory", {"prompt": "p"}, {"prompt"}),
        ("conversational", {"conversations": [], "x": 0}, {"conversations"}),
        ("standard", {"label": "A", "answer_a": "1", "answer_b": "2"}, "all"),
        ("standard", {"answer_a": "1", "answer_b": "2"}, set()),
        ("standard", {"margin": 3}, {"margin"}),
    ],
)
def test_fields_that_would_be_read_as_something_else_are_put_away(
    to: RecordFormat, fields: dict[str, Any], nested: Any
) -> None:
    names = fields.keys() if nested == "all" else nested
    wanted: dict[str, Any] = {name: fields[name] for name in fields.keys() - names}
    if names:
        wanted["metadata"] = {name: fields[name] for name in names}
    assert after([json.dumps(fields)], None, to) == [wanted]


@pytest.mark.parametrize(
    ("scores", "margin", "is_put_away"),
    [
        ({"chosen_score": 4, "rejected_score": 1}, 3.0, False),
        ({"chosen_score": 4, "rejected_score": 1}, None, True),
        ({"chosen_score": 4, "rejected_score": None}, None, False),
        ({"chosen_score": 4, "rejected_score": "N/A"}, None, False),
        ({"chosen_score": 4}, None, False),
        ({"chosen_score": 4, "rejected_score": [1]}, None, True),
        ({"chosen_score": 4, "score_chosen": 5}, 1.0, True),
    ],
)
def test_scores_stay_beside_a_pair_unless_they_would_give_it_a_margin(
    scores: dict[str, Any], margin: float | None, is_put_away: bool
) -> None:
    wanted = {"metadata": scores} if is_put_away else scores
    assert after([json.dumps(scores)], margin, "standard") == [wanted]


def test_an_own_field_metadata_goes_with_those_put_away() -> None:
    text = '{"metadata":{"a":1},"system":"s","x":0}'
    wanted = {"x": 0, "metadata": {"system": "s", "metadata": {"a": 1}}}
    assert after([text], None, "standard") == [wanted]
