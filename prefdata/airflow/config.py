"""Converts the `config` of an operator to the nested mapping that the command reads from YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_READ = {"dialect": "read.dialect", "mapping": "read.map"}
_CHECKED = {
    "rules": "check.rules", "tokenizer": "check.tokenizer", "max_length": "check.max_length",
}  # fmt: skip
_MADE = _READ | _CHECKED | {"to": "shards.to", "against": "against.files"}
_NEAR = {"near": "near.threshold"}
_ENCODED = {"encoder": "encoder.name"}
_MODELLED = _ENCODED | {"model": "reward.backbone.name", "device": "reward.backbone.device"}
_FILTERS = ("contrast", "topic", "outliers", "similar")

FORMER_FIELDS: dict[str, dict[str, str]] = {
    "validate": _READ | _CHECKED,
    "build": _MADE | _NEAR | {
        "test": "split.test", "validation": "split.validation", "audit": "audit.run",
        "suspected": "audit.action", "decisions": "audit.review.decisions",
    },
    "dedupe": _MADE | _NEAR | {
        "on": "near.on", "keep": "near.keep", "prefer": "near.prefer",
        "conflict": "labels.conflict", "cycles": "labels.cycles",
    },
    "embed-filter": _MADE | _ENCODED | {
        **{name: f"semantic.{name}.threshold" for name in _FILTERS},
        "keep_like": "semantic.like.keep", "drop_like": "semantic.like.drop",
        "device": "encoder.device",
    },
    "audit": _READ | _MODELLED | {
        "folds": "audit.folds", "repeats": "audit.repeats", "prior": "audit.prior",
        "ablate": "audit.ablation.run", "decisions": "audit.review.decisions",
        "seed": "audit.seed",
    },
    "train": _READ | _MODELLED | {
        "epochs": "reward.optimiser.epochs", "batch": "reward.optimiser.pairs",
        "learning_rate": "reward.optimiser.learning_rate", "max_length": "reward.length.tokens",
        "lora": "reward.backbone.lora.rank", "test": "split.test",
        "seed": "reward.optimiser.seed",
    },
    "gate": {name: name for name in (
        "flipped", "accuracy", "auroc", "kept", "allow_unjudged", "allow_unaudited",
    )},
    "push": {name: name for name in (
        "parts", "reward_model", "license", "private", "branch", "revision", "tag", "message",
        "hand_written", "replace", "verify", "patience",
    )},
}  # fmt: skip
"""By command: fields that operators used to have, and the config keys that replace them."""


def refuse_former(operator: str, command: str, fields: Iterable[str]) -> None:
    """Raises TypeError, naming the config key to use, if one of `fields` is a former field.

    >>> refuse_former("BuildOperator", "build", ["test"])
    Traceback (most recent call last):
    TypeError: BuildOperator: test is a key of the config: config={"split": {"test": ...}}
    """
    for name in fields:
        key = FORMER_FIELDS.get(command, {}).get(name)
        if key is not None:
            written = "...".join(_before_and_after(key))
            raise TypeError(f"{operator}: {name} is a key of the config: config={written}")


def _before_and_after(key: str) -> tuple[str, str]:
    names = key.split(".")
    return "".join(f'{{"{name}": ' for name in names), "}" * len(names)


def nested(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with dotted keys expanded to nested sections, without empty texts.

    A template renders a parameter that is not set as an empty text. Raises ValueError if a key is
    given twice.

    >>> nested({"split.test": 0.1, "split": {"salt": ""}, "near": {"on": "pair"}})
    {'split': {'test': 0.1}, 'near': {'on': 'pair'}}
    """
    whole: dict[str, Any] = {}
    for dotted, value in config.items():
        *sections, last = str(dotted).split(".")
        inner = value
        for name in reversed([*sections, last]):
            inner = {name: inner}
        _merge(inner, whole, "")
    return whole


def _merge(values: Mapping[str, Any], over: dict[str, Any], within: str) -> None:
    for name, value in values.items():
        if value == "":
            continue
        before = over.get(name)
        if isinstance(value, Mapping) and isinstance(over.setdefault(name, {}), dict):
            _merge(value, over[name], f"{within}{name}.")
        elif before is not None:
            raise ValueError(f"{within}{name} is given twice")
        else:
            over[name] = value
