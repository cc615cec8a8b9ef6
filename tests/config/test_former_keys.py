"""A section that had another name before is still understood under it, and said to be."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from prefdata.config.former_keys import with_current_keys, with_former_keys
from prefdata.config.load import config_of, load_config, overridden
from prefdata.config.model import BuildConfig
from prefdata.errors import ConfigError

SEMANTIC: dict[str, Any] = {"topic": {"action": "drop"}}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


@pytest.mark.parametrize(
    "load",
    [
        lambda folder: config_of({"meaning": SEMANTIC}),
        lambda folder: overridden(BuildConfig(), {"meaning.topic.action": "drop"}),
        lambda folder: BuildConfig(meaning=SEMANTIC),  # type: ignore[call-arg]
        lambda folder: load_config(folder / "old.yaml"),
    ],
    ids=["values", "dotted", "python", "file"],
)
def test_meaning_is_semantic_with_one_warning(
    load: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "old.yaml").write_text("meaning: {topic: {action: drop}}")
    assert load(tmp_path) == config_of({"semantic": SEMANTIC})
    assert warnings(caplog) == ["config: meaning is called semantic now; the old name still works"]


def test_the_new_name_warns_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    overridden(config_of({"semantic": SEMANTIC}), {"semantic.topic.action": "flag"})
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda: config_of({"meaning": {}, "semantic": {}}), "meaning is called semantic now"),
        (
            lambda: overridden(
                BuildConfig(), {"semantic.topic.words": 1, "meaning.topic.words": 2}
            ),
            "meaning.topic.words is called semantic.topic.words now",
        ),
    ],
)
def test_both_names_at_once_are_an_error(given: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=f"{said}: give one of the two"):
        given()


def test_an_error_within_the_old_section_names_the_new_one() -> None:
    with pytest.raises(ConfigError, match=r"semantic\.topic\.actoin: unknown key; did you mean"):
        config_of({"meaning": {"topic": {"actoin": "drop"}}})


def test_there_and_back() -> None:
    values = BuildConfig().model_dump()
    assert with_current_keys(with_former_keys(values)) == values
