"""Options that are keys of a config: declared once, in the model, and landing there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

import click
import pytest
from pydantic_core import PydanticUndefined

from prefdata.cli.main import cli
from prefdata.cli.options import shared as options
from prefdata.cli.options.knobs import Knob, field_of, in_order, knob
from prefdata.config.collect import CollectConfig
from prefdata.config.gate import GateConfig
from prefdata.config.judge import JudgeConfig
from prefdata.config.model import BuildConfig
from prefdata.config.push import PushConfig
from prefdata.config.section import Section
from prefdata.errors import ConfigError

READ = {
    "--dialect": "read.dialect", "--label": "read.label", "--cut": "read.cut",
    "--source-root": "read.source_root",
    "--pairs": "read.pairs.take", "--min-gap": "read.pairs.min_gap", "--ties": "read.pairs.ties",
    "--criterion": "read.pairs.criterion", "--votes": "read.pairs.votes",
}  # fmt: skip
RULES = {
    "--media": "read.media",
    "--tokenizer": "check.tokenizer",
    "--max-length": "check.max_length",
}
COMPARED = {
    "--near": "near.threshold", "--on": "near.on", "--keep": "near.keep",
    "--prefer": "near.prefer", "--conflict": "labels.conflict", "--cycles": "labels.cycles",
    "--against": "against.files", "--against-field": "against.field",
}  # fmt: skip
MADE = READ | RULES | {"--to": "shards.to"}
ASKING = {
    "--base-url": "server.base_url", "--key-env": "server.key_env",
    "--concurrency": "limits.concurrency",
    "--requests-per-minute": "limits.requests_per_minute",
    "--tokens-per-minute": "limits.tokens_per_minute", "--max-cost": "limits.max_cost",
    "--max-tokens": "limits.max_tokens", "--retry-failed": "limits.retry_failed",
    "--device": "local.device", "--dtype": "local.dtype",
    "--batch-tokens": "local.batch_tokens",
}  # fmt: skip
KEYS: dict[str, dict[str, str]] = {
    "inspect": READ,
    "agreement": READ,
    "collect": {
        "--model": "model", "--n": "n", "--temperature": "temperature", "--top-p": "top_p",
        "--seed": "seed", "--completion-tokens": "completion_tokens", "--stop": "stop",
        "--system": "system", "--dialect": "read.dialect", "--against": "against.files",
        "--against-field": "against.field",
    } | ASKING,
    "judge": {
        "--model": "model", "--kind": "kind", "--template": "template", "--rubric": "rubric",
        "--reasoning": "reasoning", "--budget": "budget", "--rounds": "rounds",
        "--suspects": "suspects", "--structured": "structured", "--logprobs": "logprobs",
        "--temperature": "temperature", "--seed": "seed",
        "--completion-tokens": "completion_tokens", "--dialect": "read.dialect",
        "--label": "read.label",
    } | ASKING,
    "annotate": {"--dialect": "read.dialect", "--label": "read.label"},
    "convert": READ,
    "validate": READ | RULES,
    "build": MADE | COMPARED | {
        "--test": "split.test", "--validation": "split.validation", "--audit": "audit.run",
        "--suspected": "audit.action", "--precision": "audit.precision", "--top": "audit.top",
        "--decisions": "audit.review.decisions", "--since": "audit.report.since",
    },
    "dedupe": MADE | COMPARED,
    "embed-filter": MADE | {
        "--contrast": "semantic.contrast.threshold", "--topic": "semantic.topic.threshold",
        "--outliers": "semantic.outliers.threshold", "--similar": "semantic.similar.threshold",
        "--on": "semantic.similar.on", "--keep": "semantic.similar.keep",
        "--prefer": "semantic.similar.prefer", "--against": "against.files",
        "--against-field": "against.field", "--overlap": "semantic.against.threshold",
        "--keep-like": "semantic.like.keep", "--keep-like-at": "semantic.like.keep_threshold",
        "--drop-like": "semantic.like.drop", "--drop-like-at": "semantic.like.drop_threshold",
        "--examples-field": "semantic.like.field", "--encoder": "encoder.name",
        "--device": "encoder.device", "--backend": "encoder.backend", "--dtype": "encoder.dtype",
        "--cache": "encoder.cache", "--trust-remote-code": "encoder.trust_remote_code",
    },
    "audit": READ | {
        "--view": "audit.views", "--judgements": "audit.judgements",
        "--encoder": "encoder.name", "--folds": "audit.folds",
        "--repeats": "audit.repeats", "--ablate": "audit.ablation.run",
        "--device": "reward.backbone.device", "--seed": "audit.seed",
        "--review": "audit.review.rows", "--decisions": "audit.review.decisions",
        "--precision": "audit.precision", "--since": "audit.report.since",
    },
    "train": READ | {
        "--test": "split.test", "--model": "reward.backbone.name",
        "--dtype": "reward.backbone.dtype", "--packing": "reward.backbone.packing",
        "--gradient-checkpointing": "reward.backbone.gradient_checkpointing",
        "--lora": "reward.backbone.lora.rank", "--encoder": "encoder.name",
        "--head": "reward.head.kind", "--members": "reward.head.members",
        "--folds": "reward.head.folds", "--device": "reward.backbone.device",
        "--margin": "reward.objective.margin", "--centring": "reward.objective.centring",
        "--smoothing": "reward.objective.smoothing", "--max-length": "reward.length.tokens",
        "--beyond": "reward.length.beyond", "--epochs": "reward.optimiser.epochs",
        "--batch": "reward.optimiser.pairs", "--batch-tokens": "reward.optimiser.tokens",
        "--learning-rate": "reward.optimiser.learning_rate",
        "--warmup": "reward.optimiser.warmup", "--schedule": "reward.optimiser.schedule",
        "--evaluate-every": "reward.evaluation.every",
        "--patience": "reward.evaluation.patience",
        "--checkpoint-every": "reward.checkpoint.every",
        "--tensorboard": "reward.checkpoint.tensorboard", "--seed": "reward.optimiser.seed",
    },
    "score": READ | {
        "--below": "reward.filter.below", "--agree": "reward.filter.agree",
        "--max-length": "reward.length.tokens", "--batch-tokens": "reward.optimiser.tokens",
        "--device": "reward.backbone.device",
    },
    "gate": {
        "--flipped": "flipped", "--accuracy": "accuracy", "--auroc": "auroc", "--kept": "kept",
        "--allow-unjudged": "allow_unjudged", "--allow-unaudited": "allow_unaudited",
    },
    "push": {
        "--reward-model": "reward_model", "--license": "license", "--private": "private",
        "--branch": "branch", "--revision": "revision", "--tag": "tag", "--message": "message",
        "--hand-written": "hand_written", "--replace": "replace", "--patience": "patience",
    },
}  # fmt: skip
MODELS: dict[str, type[Section]] = {
    "gate": GateConfig, "push": PushConfig, "collect": CollectConfig,
    "judge": JudgeConfig,
}  # fmt: skip
NEEDED = {
    "inspect": ["a"], "agreement": ["a"], "validate": ["a"],
    "annotate": ["a", "--project", "p"],
    "convert": ["a", "--out", "o", "--to", "csv"],
    "score": ["a", "--model", "m", "--out", "o"], "gate": ["."], "push": [".", "a/b"],
}  # fmt: skip


def command_named(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


def given(command: str, *words: str) -> dict[str, Any]:
    """What a command is called with, when these words stand behind it."""
    return command_named(command).make_context(command, list(words)).params


def knobs_of(command: str) -> dict[str, Knob]:
    return {p.opts[0]: p for p in command_named(command).params if isinstance(p, Knob)}


EVERY = [(command, name) for command, keys in KEYS.items() for name in keys]
each_knob = pytest.mark.parametrize(("command", "name"), EVERY)


def test_each_option_has_the_key_that_the_table_says() -> None:
    found = {
        command: {name: option.name for name, option in knobs_of(command).items()}
        for command in cli.list_commands(click.Context(cli))
    }
    assert {command: keys for command, keys in found.items() if keys} == KEYS


@each_knob
def test_help_and_default_are_those_of_the_model(command: str, name: str) -> None:
    field = field_of(KEYS[command][name], MODELS.get(command, BuildConfig))
    option = knobs_of(command)[name]
    assert field.description
    said = (option.help or "").removesuffix(" May be repeated.")
    assert said.startswith(field.description.removesuffix("."))
    behind = said.removeprefix(field.description.removesuffix(".")).strip(" ().").split("; ")
    default = field.get_default(call_default_factory=True)
    if default not in (None, False, (), PydanticUndefined):
        assert behind[0] in (str(default), "yes") or _same(behind[0], default)
    assert option.default is None or option.default == () or option.multiple


def _same(shown: str, default: Any) -> bool:
    if isinstance(default, tuple):
        return tuple(shown.split(", ")) == default
    return bool(float(shown) == default)


def examples(option: Knob, default: Any) -> Iterator[tuple[list[str], Any]]:
    """Words of a command line, and what they mean to the config."""
    if option.is_flag:
        yield [option.opts[0]], True
        if option.secondary_opts:
            yield [option.secondary_opts[0]], False
        return
    values: list[Any]
    kind = option.type
    if isinstance(kind, click.Choice):
        values = list(kind.choices)
    elif isinstance(kind, (click.IntRange, click.FloatRange)):
        low = kind.min or 0
        span = min(kind.max or low + 8, 32) - low
        number = int if isinstance(kind, click.IntRange) else float
        values = [number(low + span / 2), number(low + span / 4)]
    elif isinstance(kind, click.Path):
        values = ["pyproject.toml" if kind.file_okay else "docs"]
    else:
        values = [0.25] if "THRESHOLD" in (option.metavar or "") or kind == click.FLOAT else ["cpu"]
    for value in values:
        meant = (value,) if option.multiple else value
        if meant != default:
            yield [option.opts[0], str(value)], meant


@each_knob
def test_each_option_lands_on_its_key(command: str, name: str) -> None:
    key, model = KEYS[command][name], MODELS.get(command, BuildConfig)
    option = knobs_of(command)[name]
    tried = 0
    for words, meant in examples(option, field_of(key, model).default):
        needed = NEEDED.get(command, ["a", "--out", "o"])
        params = given(command, *needed, *words)
        assert params[key] == meant
        if model is BuildConfig:
            if name == "--keep" and meant == "source":
                params |= {key.replace("keep", "prefer"): ("a",)}
            if key == "reward.evaluation.patience":
                params["reward.evaluation.every"] = 1
            assert reduce(getattr, key.split("."), options.configured(params)) == meant
        tried += 1
    assert tried


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("build", ["--near", "0.2"]), ("build", ["--near", "1.1"]), ("build", ["--near", "x"]),
        ("build", ["--on", "row"]), ("build", ["--test", "2"]), ("build", ["--top", "0"]),
        ("build", ["--decisions", "absent.csv"]), ("build", ["--since", "absent"]),
        ("audit", ["--folds", "1"]),
        ("audit", ["--view", "tea"]), ("audit", ["--prior", "much"]),
        ("train", ["--epochs", "0"]), ("train", ["--smoothing", "0.5"]),
        ("train", ["--max-length", "1"]), ("train", ["--warmup", "1.5"]),
        ("score", ["--below", "low"]), ("gate", ["--kept", "2"]),
        ("push", ["--patience", "-1"]), ("push", ["--reward-model", "absent"]),
        ("push", ["--hand-written", "mine"]),
    ],
)  # fmt: skip
def test_a_bad_value_is_an_error_of_use(command: str, words: list[str]) -> None:
    needed = NEEDED.get(command, ["a", "--out", "o"])
    with pytest.raises(click.UsageError) as error:
        given(command, *needed, *words)
    assert error.value.exit_code == 2


def test_help_lists_options_in_the_order_of_the_code() -> None:
    @click.command()
    @in_order(knob("near.on", "--on"), knob("near.keep", "--keep"))
    @click.option("--last")
    def command(**_: Any) -> None: ...

    assert [p.opts[0] for p in command.params] == ["--on", "--keep", "--last"]


def test_a_source_to_prefer_decides_unless_something_else_is_said_to() -> None:
    def keep(*words: str) -> str:
        return options.configured(given("dedupe", "a", "--out", "o", *words)).near.keep

    assert keep("--prefer", "b") == "source"
    assert keep("--prefer", "b", "--keep", "longest") == "longest"
    with pytest.raises(ConfigError, match="keep: source needs prefer"):
        keep("--keep", "source")


def test_there_is_no_option_for_a_key_that_is_none() -> None:
    with pytest.raises(KeyError):
        knob("near.treshold", "--near")
