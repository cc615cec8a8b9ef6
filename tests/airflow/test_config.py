"""What operators make of their config, and what they say of fields that are keys of it now."""

from __future__ import annotations

from typing import Any

import pytest

from prefdata.airflow.config import FORMER_FIELDS, nested, refuse_former
from prefdata.airflow.results import SHORT
from prefdata.cli.options.knobs import field_of
from prefdata.config.gate import GateConfig
from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.config.push import PushConfig
from prefdata.config.section import Section

MODELS: dict[str, type[Section]] = {"gate": GateConfig, "push": PushConfig}


@pytest.mark.parametrize(
    ("config", "file"),
    [
        ({}, {}),
        ({"split.test": 0.1}, {"split": {"test": 0.1}}),
        ({"split.test": 0.1, "split": {"salt": "a"}}, {"split": {"test": 0.1, "salt": "a"}}),
        (
            {"read": {"dialects": {"*/a.jsonl": "pairs"}}},
            {"read": {"dialects": {"*/a.jsonl": "pairs"}}},
        ),
        ({"check.rules": {"refusal": "off"}}, {"check": {"rules": {"refusal": "off"}}}),
        ({"title": "", "near.threshold": "", "tag": None}, {"near": {}, "tag": None}),
        ({"reward.backbone.lora.rank": 0}, {"reward": {"backbone": {"lora": {"rank": 0}}}}),
    ],
)
def test_a_mapping_becomes_the_file(config: dict[str, Any], file: dict[str, Any]) -> None:
    assert nested(config) == file


@pytest.mark.parametrize(
    "config",
    [
        {"split": {"test": 0.1}, "split.test": 0.1},
        {"split.test": 0.1, "split": {"test": 0.2}},
        {"split": 1, "split.test": 0.2},
    ],
)
def test_a_key_that_is_given_twice_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"split.* is given twice"):
        nested(config)


def test_what_templates_leave_is_read_as_it_was_meant() -> None:
    """Airflow makes texts of all that it renders."""
    config = config_of(
        nested(
            {
                "split.test": "0.2",
                "split.first_turn": "False",
                "near.hashes": "128",
                "semantic": {"topic": {"threshold": "-0.2"}, "outliers": {"threshold": "1%"}},
            }
        )
    )
    assert (config.split.test, config.split.first_turn) == (0.2, False)
    assert config.near.hashes == 128
    assert config.semantic.topic.threshold == -0.2
    assert config.semantic.outliers.threshold == "1%"


def test_former_fields_name_keys_that_there_are() -> None:
    assert FORMER_FIELDS.keys() == SHORT.keys() - {"collect", "diff", "judge"}  # they never had any
    for command, fields in FORMER_FIELDS.items():
        for key in fields.values():
            assert field_of(key, MODELS.get(command, BuildConfig))


@pytest.mark.parametrize(
    ("command", "field", "said"),
    [
        ("build", "test", 'config={"split": {"test": ...}}'),
        ("train", "lora", 'config={"reward": {"backbone": {"lora": {"rank": ...}}}}'),
        ("train", "max_length", 'config={"reward": {"length": {"tokens": ...}}}'),
        ("validate", "max_length", 'config={"check": {"max_length": ...}}'),
        ("gate", "flipped", 'config={"flipped": ...}'),
    ],
)
def test_a_former_field_says_what_to_write(command: str, field: str, said: str) -> None:
    with pytest.raises(TypeError) as error:
        refuse_former("Operator", command, ["task_id", field])
    assert str(error.value) == f"Operator: {field} is a key of the config: {said}"


def test_only_former_fields_are_refused_and_the_others_are_left_to_airflow() -> None:
    others = ["task_id", "retries", "out", "no_such"]
    refuse_former("BuildOperator", "build", others)
    with pytest.raises(TypeError, match="BuildOperator: test is a key"):
        refuse_former("BuildOperator", "build", [*others, "test"])
