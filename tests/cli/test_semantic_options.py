"""What the options of `embed-filter` make of a config."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from prefdata.cli.options import semantic
from prefdata.cli.options.knobs import field_of
from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.config.semantic import SimilarConfig
from prefdata.errors import ConfigError, UsageError

USUAL = {
    "contrast": "drop", "topic": "flag", "outliers": "flag", "against": "off", "similar": "drop",
}  # fmt: skip
OFF = dict.fromkeys(USUAL, "off")


def configured(*arguments: str, of: dict[str, Any] | None = None) -> BuildConfig:
    """The config that a command line with these options comes to, over one `of` a file."""
    made = []

    @click.command()
    @semantic.filters
    @semantic.encoder
    def command(**given: Any) -> None:
        made.append(semantic.filtered(config_of(of or {}), given))

    CliRunner().invoke(command, list(arguments), catch_exceptions=False, standalone_mode=False)
    return made[0]


def actions(config: BuildConfig) -> dict[str, str]:
    return {name: getattr(config.semantic, name).action for name in USUAL}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], USUAL),
        (["--topic", "off"], USUAL | {"topic": "off"}),
        (["--topic", "1%"], USUAL | {"topic": "drop"}),
        (["--topic", "-0.4", "--flag"], {k: v.replace("drop", "flag") for k, v in USUAL.items()}),
        (["--only", "contrast"], OFF | {"contrast": "drop"}),
        (["--only", "outliers", "--flag"], OFF | {"outliers": "flag"}),
        (["--only", "contrast", "--similar", "0.9"], OFF | {"contrast": "drop", "similar": "drop"}),
        (["--only", "contrast", "--only", "topic"], OFF | {"contrast": "drop", "topic": "drop"}),
        (["--against", "a.jsonl"], USUAL | {"against": "drop"}),
        (["--against", "a.jsonl", "--overlap", "off"], USUAL),
        (["--only", "against", "--against", "a.jsonl"], OFF | {"against": "drop"}),
        (["--only", "like", "--drop-like", "a.txt"], OFF),
    ],
)
def test_which_filters_are_on(arguments: list[str], expected: dict[str, str]) -> None:
    assert actions(configured(*arguments)) == expected


IN_FILE = {
    "against": {"files": ["evals.jsonl"]},
    "semantic": {
        "topic": {"action": "flag", "threshold": 0.05},
        "like": {"drop": ["spam.jsonl"], "action": "flag"},
    },
}


@pytest.mark.parametrize(
    ("arguments", "expected", "files"),
    [
        ([], OFF | {"topic": "flag"}, ("spam.jsonl",)),
        (["--topic", "2%"], OFF | {"topic": "flag"}, ("spam.jsonl",)),  # the file says: flag
        (["--only", "topic"], OFF | {"topic": "flag"}, ()),
        (["--only", "like"], OFF, ("spam.jsonl",)),
        (["--overlap", "0.9"], OFF | {"topic": "flag", "against": "drop"}, ("spam.jsonl",)),
        (["--drop-like", "b.txt", "--topic", "off"], OFF, ("b.txt",)),
    ],
)
def test_options_stand_over_a_config(
    arguments: list[str], expected: dict[str, str], files: tuple[str, ...]
) -> None:
    config = configured(*arguments, of=IN_FILE)
    assert (actions(config), config.semantic.like.drop) == (expected, files)
    assert config.semantic.like.action == "flag"


def test_every_option_arrives() -> None:
    config = configured(
        *("--contrast", "0.8", "--topic", "3%", "--outliers", "-1", "--similar", "0.7"),
        *("--on", "prompt", "--prefer", "*b.jsonl", "--against", "x.jsonl", "--overlap", "0.6"),
        *("--against-field", "question", "--keep-like", "k.txt", "--keep-like-at", "20%"),
        *("--drop-like", "d.txt", "--drop-like", "e.txt", "--drop-like-at", "0.55"),
        *("--examples-field", "said"),
    )
    m = config.semantic
    limits = (m.contrast.threshold, m.topic.threshold, m.outliers.threshold, m.similar.threshold)
    assert limits == (0.8, "3%", -1.0, 0.7)
    assert (m.similar.on, m.similar.keep, m.similar.prefer) == ("prompt", "source", ("*b.jsonl",))
    assert (m.against.threshold, config.against.files) == (0.6, ("x.jsonl",))
    assert config.against.field == "question"
    assert (m.like.keep, m.like.keep_threshold) == (("k.txt",), "20%")
    assert (m.like.drop, m.like.drop_threshold) == (("d.txt", "e.txt"), 0.55)
    assert m.like.field == "said"
    assert (config.split.test, config.split.validation) == (0.0, 0.0)


@pytest.mark.usefixtures("in_shell")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--overlap", "0.9"], "--against"),
        (["--against-field", "q"], "--against"),
        (["--only", "against"], "--against"),
        (["--keep-like-at", "0.5", "--drop-like", "a"], "--keep-like$"),
        (["--drop-like-at", "0.5"], "--drop-like$"),
        (["--examples-field", "q"], "--keep-like or --drop-like"),
        (["--only", "like"], "--keep-like or --drop-like"),
        (["--contrast", "off", "--topic", "off", "--outliers", "off", "--similar", "off"], "off"),
    ],
)
def test_what_has_nothing_to_work_on_is_said(arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        configured(*arguments)


@pytest.mark.parametrize("option", ["--contrast", "--topic", "--outliers", "--similar"])
@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("much", click.BadParameter), ("0,9", click.BadParameter), ("", click.BadParameter),
        ("1.2", ConfigError), ("-1.2", ConfigError), ("nan", ConfigError), ("inf", ConfigError),
        ("0%", ConfigError), ("100%", ConfigError), ("-1%", ConfigError), ("%", ConfigError),
        ("nan%", ConfigError),
    ],
)  # fmt: skip
def test_thresholds_that_are_none(option: str, value: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"similarity.*(0\.95|-1 and 1).*0\.5%"):
        configured(option, value)


def test_help_names_the_similarity_that_stands_for_none() -> None:
    similar = SimilarConfig()
    said = field_of("semantic.similar.threshold").description or ""
    assert f"{similar.limit} for pairs" in said
    assert f"{similar.model_copy(update={'on': 'prompt'}).limit} for prompts" in said


def test_every_section_has_a_name_on_the_command_line() -> None:
    assert {*semantic.FILTERS} == {*BuildConfig().semantic.model_dump()}
