"""What a caller in Python, or of an operator, writes for an option of the command line.

Messages name options as the shell does (`--map prompt=FIELD`). Who has no shell reads the key of
the config (`read.map {prompt: FIELD}`) or the parameter (`force=True`). The options are declared by
the commands; a test compares this table with them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

_PARAMETERS = {
    "answers": "answers", "batch-in": "batch_in", "config": "config", "dry-run": "dry_run=True",
    "drop-unholdable": "drop_unholdable=True", "examples": "examples", "force": "force=True",
    "format": "record_format",
    "limit": "limit", "no-report": "page=False", "out": "out", "provenance": "provenance=True",
    "reason": "reason", "row": "row", "source": "source", "update": "update=True",
    "workers": "workers",
}  # fmt: skip

_READ = {
    "criterion": "read.pairs.criterion", "cut": "read.cut", "dialect": "read.dialect",
    "label": "read.label", "map": "read.map", "media": "read.media",
    "min-gap": "read.pairs.min_gap", "pairs": "read.pairs.take",
    "source-root": "read.source_root", "ties": "read.pairs.ties", "votes": "read.pairs.votes",
}  # fmt: skip

_BUILT = {
    "against": "against.files", "against-field": "against.field", "audit": "audit.run",
    "conflict": "labels.conflict", "cycles": "labels.cycles",
    "decisions": "audit.review.decisions", "keep": "near.keep", "max-length": "check.max_length",
    "near": "near.threshold", "on": "near.on", "precision": "audit.precision",
    "prefer": "near.prefer", "resplit": "split.published: ignore", "rule": "check.rules",
    "suspected": "audit.action", "test": "split.test", "to": "shards.to",
    "tokenizer": "check.tokenizer", "top": "audit.top", "turn": "audit.review.flips: flip",
    "validation": "split.validation",
}  # fmt: skip

_FILTERED = {
    "backend": "encoder.backend", "cache": "encoder.cache",
    "contrast": "semantic.contrast.threshold", "drop-like": "semantic.like.drop",
    "drop-like-at": "semantic.like.drop_threshold", "encoder": "encoder.name",
    "examples-field": "semantic.like.field", "keep-like": "semantic.like.keep",
    "keep-like-at": "semantic.like.keep_threshold", "outliers": "semantic.outliers.threshold",
    "overlap": "semantic.against.threshold", "similar": "semantic.similar.threshold",
    "topic": "semantic.topic.threshold", "trust-remote-code": "encoder.trust_remote_code",
}  # fmt: skip

_AUDITED = {
    "ablate": "audit.ablation.run", "judgements": "audit.judgements", "prior": "audit.prior",
    "repeats": "audit.repeats", "since": "audit.report.since", "view": "audit.views",
}  # fmt: skip

_TRAINED = {
    "agree": "reward.filter.agree", "batch": "reward.optimiser.pairs",
    "batch-tokens": "reward.optimiser.tokens", "below": "reward.filter.below",
    "beyond": "reward.length.beyond", "centring": "reward.objective.centring",
    "checkpoint-every": "reward.checkpoint.every", "device": "reward.backbone.device",
    "drop": "reward.filter.action: drop", "dtype": "reward.backbone.dtype",
    "epochs": "reward.optimiser.epochs", "evaluate-every": "reward.evaluation.every",
    "folds": "reward.head.folds",
    "gradient-checkpointing": "reward.backbone.gradient_checkpointing",
    "head": "reward.head.kind", "learning-rate": "reward.optimiser.learning_rate",
    "lora": "reward.backbone.lora.rank", "margin": "reward.objective.margin",
    "members": "reward.head.members", "model": "reward.backbone.name",
    "no-margin": "reward.objective.margin: false", "packing": "reward.backbone.packing",
    "schedule": "reward.optimiser.schedule", "seed": "reward.optimiser.seed",
    "smoothing": "reward.objective.smoothing", "tensorboard": "reward.checkpoint.tensorboard",
    "warmup": "reward.optimiser.warmup",
}  # fmt: skip

_ASKED = {
    "base-url": "server.base_url", "budget": "budget", "completion-tokens": "completion_tokens",
    "concurrency": "limits.concurrency", "key-env": "server.key_env", "kind": "kind",
    "logprobs": "logprobs", "max-cost": "limits.max_cost", "max-tokens": "limits.max_tokens",
    "n": "n", "price": "limits.prices", "reasoning": "reasoning",
    "requests-per-minute": "limits.requests_per_minute", "retry-failed": "limits.retry_failed",
    "rounds": "rounds", "rubric": "rubric", "stop": "stop", "structured": "structured",
    "suspects": "suspects", "system": "system", "temperature": "temperature",
    "template": "template", "tokens-per-minute": "limits.tokens_per_minute", "top-p": "top_p",
}  # fmt: skip

_PUBLISHED = {
    "branch": "branch", "hand-written": "hand_written", "license": "license",
    "message": "message", "no-verify": "verify: false", "patience": "patience",
    "private": "private", "replace": "replace", "reward-model": "reward_model",
    "revision": "revision", "tag": "tag", "with": "parts",
}  # fmt: skip

_GATED = {
    "accuracy": "accuracy", "allow-unaudited": "allow_unaudited: true",
    "allow-unjudged": "allow_unjudged: true", "auroc": "auroc", "flipped": "flipped",
    "kept": "kept",
}  # fmt: skip

EVERYWHERE: dict[str, str] = (
    _TRAINED | _PARAMETERS | _READ | _BUILT | _FILTERED | _AUDITED | _ASKED | _PUBLISHED | _GATED
)
"""Option to parameter or key, in every command but those where `OF_COMMANDS` says another."""

_ASKING = {
    "batch-tokens": "local.batch_tokens", "device": "local.device", "dtype": "local.dtype",
    "model": "model", "rule": "rules", "seed": "seed",
}  # fmt: skip

OF_COMMANDS: dict[str, dict[str, str]] = {
    "audit": {"folds": "audit.folds", "review": "audit.review.rows", "seed": "audit.seed"},
    "collect": _ASKING,
    "convert": {"to": "to"},
    "embed-filter": {
        "device": "encoder.device", "dtype": "encoder.dtype", "keep": "semantic.similar.keep",
        "on": "semantic.similar.on", "prefer": "semantic.similar.prefer",
    },
    "inspect": {"all": "every_row=True", "rows": "rows"},
    "judge": _ASKING,
    "score": {"max-length": "reward.length.tokens", "model": "model"},
    "train": {"max-length": "reward.length.tokens", "patience": "reward.evaluation.patience"},
}  # fmt: skip
"""Options that mean something of their own in a command."""

_COMMAND = r"`[^`]*`|\bprefdata [a-z][\w-]*(?:(?!\.(?:\s|$))[^;,\n()])*"
_VALUE = r"'[^'\n]*'|[^\s'`]*[^\s'`.,;:)]"
_PAIRS = rf"(map|rule) (\w+=(?:{_VALUE})|'\w+=[^'\n]*')"
_OPTION = re.compile(rf"({_COMMAND})|(?<![\w-])--(?:{_PAIRS}|([a-z][a-z-]*))(?![\w-])")
_TWICE = re.compile(r"(?<![\w.])([a-z][\w.]*(?:: [\w-]+)?) \(\1\)")


def in_python(message: str, command: str = "") -> str:
    """A message with options named as Python and a config take them, but for whole commands.

    `command`: the command, or the Python function, whose message it is.

    >>> in_python("Pass --map prompt=FIELD,chosen=FIELD, or --dialect NAME.")
    'Pass read.map {prompt: FIELD, chosen: FIELD}, or read.dialect NAME.'
    >>> in_python("Raise reward.length.tokens (--max-length).", "train")
    'Raise reward.length.tokens.'
    """
    own: Mapping[str, str] = OF_COMMANDS.get(command.replace("_", "-"), {})

    def renamed(found: re.Match[str]) -> str:
        whole, part, values, option = found.groups()
        if whole is not None:
            return whole
        if part is not None:
            return f"{own.get(part, EVERYWHERE[part])} {{{_pairs(values)}}}"
        return own.get(option) or EVERYWHERE.get(option) or found[0]

    return _TWICE.sub(r"\1", _OPTION.sub(renamed, message))


def _pairs(values: str) -> str:
    """`a=b,c=d`, maybe quoted for a shell, as in a YAML mapping."""
    text = shlex.split(values)[0] if values.startswith("'") else values
    return ", ".join(": ".join(pair.split("=", 1)) for pair in text.split(","))
