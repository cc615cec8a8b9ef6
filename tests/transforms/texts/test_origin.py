from __future__ import annotations

import json
from typing import Any

import pytest

from prefdata.dialects import dialect_named
from prefdata.records.record import text_of
from prefdata.transforms.texts.origin import UNKNOWN, Origin, origin_of


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"generator_1": "a", "generator_2": "b", "preference": 1.0}, Origin(1, "a", "b")),
        ({"generator_1": "a", "generator_2": "b", "preference": 2}, Origin(-1, "b", "a")),
        ({"generator_1": "a", "generator_2": "b", "preference": "1.8"}, Origin(-1, "b", "a")),
        ({"generator_1": "a", "generator_2": "b", "preference": 1.5}, UNKNOWN),
        ({"Model A": "a", "model-b": "b", "winner": "model_b"}, Origin(-1, "b", "a")),
        ({"model_a": "a", "model_b": "b", "winner": "tie (bothbad)"}, UNKNOWN),
        (
            {"model_a": "a", "model_b": "b", "winner_model_a": 0, "winner_model_b": 1}
            | {"winner_tie": 0},
            Origin(-1, "b", "a"),
        ),
        ({"winner_model_a": True, "winner_model_b": True}, UNKNOWN),
        ({"winner": "response_1"}, Origin(1, None, None)),
        ({"winner": "A", "label": "B"}, UNKNOWN),
        ({"label": 1, "model_1": "a", "model_2": "b"}, UNKNOWN),  # two readings
        ({"preference": 1.0}, UNKNOWN),  # perhaps how strong it is
        ({"chosen_model": "a", "rejected-model": "b"}, Origin(0, "a", "b")),
        ({"model_chosen": " a ", "model_rejected": ""}, Origin(0, "a", None)),
        ({"model": "a", "chosen_model": ["x"], "winner": {"a": 1}}, UNKNOWN),
        ({"winner": "x" * 100_000, "model_a": None}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_what_metadata_says(fields: dict[str, Any], found: Origin) -> None:
    assert origin_of(json.dumps(fields)) == found


@pytest.mark.parametrize("preference", [1.0, 1.2, 1.7, 2.0])
def test_the_side_that_stood_first_is_the_one_that_the_dialect_chose(preference: float) -> None:
    values = {"prompt": "q", "first": "one", "second": "two", "preference": preference}
    record = dialect_named("alpaca-eval").convert(values)
    metadata = {"generator_1": "one", "generator_2": "two", "preference": preference}
    found = origin_of(json.dumps(metadata))
    assert text_of(record.chosen) == found.chosen_model
    assert found.position == (1 if text_of(record.chosen) == "one" else -1)
