"""Options on the semantic filters, and the config that they result in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from prefdata.cli.options.knobs import in_order, knob, knobs_given
from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.config.semantic import SemanticConfig
from prefdata.errors import UsageError

FILTERS = tuple(SemanticConfig.model_fields)
_WITH_THRESHOLD = tuple(
    name for name in FILTERS if name != "like"
)  # `like` is on when examples are named
_OFF = "off"

filters = in_order(
    knob("semantic.contrast.threshold", "--contrast", metavar="THRESHOLD"),
    knob("semantic.topic.threshold", "--topic", metavar="THRESHOLD"),
    knob("semantic.outliers.threshold", "--outliers", metavar="THRESHOLD"),
    knob("semantic.similar.threshold", "--similar", metavar="THRESHOLD"),
    knob("semantic.similar.on", "--on"),
    knob("semantic.similar.keep", "--keep", note="source with --prefer"),
    knob("semantic.similar.prefer", "--prefer", metavar="SOURCE"),
    knob("against.files", "--against", metavar="FILE"),
    knob("against.field", "--against-field", metavar="FIELD"),
    knob("semantic.against.threshold", "--overlap", metavar="THRESHOLD"),
    knob("semantic.like.keep", "--keep-like", metavar="FILE"),
    knob("semantic.like.keep_threshold", "--keep-like-at", metavar="THRESHOLD"),
    knob("semantic.like.drop", "--drop-like", metavar="FILE"),
    knob("semantic.like.drop_threshold", "--drop-like-at", metavar="THRESHOLD"),
    knob("semantic.like.field", "--examples-field", metavar="FIELD"),
    click.option(
        "--flag", is_flag=True,
        help="Flag the rows that the filters find, instead of dropping them.",
    ),
    click.option(
        "--only", multiple=True, type=click.Choice(FILTERS),
        help="Use only this filter; may be repeated to use several.",
    ),
)  # fmt: skip
"""Options that select filters, thresholds and example files."""

encoder = in_order(
    knob("encoder.name", "--encoder", metavar="NAME"),
    knob("encoder.device", "--device", metavar="NAME"),
    knob("encoder.backend", "--backend"),
    knob("encoder.dtype", "--dtype"),
    knob("encoder.cache", "--cache", metavar="FOLDER"),
    knob("encoder.trust_remote_code", "--trust-remote-code"),
)
"""Options on the encoder and its device."""


def besides_filters(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given options without the config keys of `filters`."""
    return {k: v for k, v in given.items() if not k.startswith(("semantic.", "against."))}


def filtered(config: BuildConfig, given: Mapping[str, Any]) -> BuildConfig:
    """The config with the default filters of `embed-filter`, changed by the options `filters`.

    A filter named by an option drops what it finds, unless the config turns it on: then the action
    of the config applies. Raises UsageError if no filter is on, or an option lacks its files.
    """
    from prefdata.pipeline.embed_filter import filtering

    _refuse_idle(config, given)
    changes = knobs_given({k: v for k, v in given.items() if k not in besides_filters(given)})
    actions = _actions_of_thresholds(changes)
    changes = _changes_of_only(given) | changes | actions
    for action in (f"semantic.{name}.action" for name in _WITH_THRESHOLD if _is_on(config, name)):
        if changes.get(action) == "drop":
            del changes[action]
    config = overridden(filtering(config), changes)
    if given["flag"]:
        on = [name for name in FILTERS if getattr(config.semantic, name).action == "drop"]
        config = overridden(config, {f"semantic.{name}.action": "flag" for name in on})
    if not config.semantic.is_on:
        raise UsageError("no filter is on: name a threshold, examples, or fewer filters with off")
    return config


def _is_on(config: BuildConfig, name: str) -> bool:
    return bool(getattr(config.semantic, name).action != _OFF)


def _changes_of_only(given: Mapping[str, Any]) -> dict[str, Any]:
    """The config changes of --only: all other filters are off, and their examples removed."""
    named = given["only"]
    if not named:
        return {}
    actions = {
        f"semantic.{name}.action": "drop" if name in named else _OFF for name in _WITH_THRESHOLD
    }
    examples = {} if "like" in named else {"semantic.like.keep": (), "semantic.like.drop": ()}
    return actions | examples


def _actions_of_thresholds(changes: dict[str, Any]) -> dict[str, Any]:
    """The actions that given thresholds imply; removes thresholds that are `off` from `changes`."""
    actions = {"semantic.against.action": "drop"} if "against.files" in changes else {}
    for name in _WITH_THRESHOLD:
        threshold = changes.get(f"semantic.{name}.threshold")
        if threshold is not None:
            actions[f"semantic.{name}.action"] = _OFF if threshold == _OFF else "drop"
        if threshold == _OFF:
            del changes[f"semantic.{name}.threshold"]
    return actions


def _refuse_idle(config: BuildConfig, given: Mapping[str, Any]) -> None:
    """Raises UsageError if an option applies to files that are not named."""
    like, only = config.semantic.like, given["only"]
    keep = given["semantic.like.keep"] or like.keep
    drop = given["semantic.like.drop"] or like.drop
    against = given["against.files"] or config.against.files
    for files, option, is_given in (
        (against, "--against", given["semantic.against.threshold"] not in (None, _OFF)),
        (against, "--against", bool(given["against.field"]) or "against" in only),
        (keep, "--keep-like", given["semantic.like.keep_threshold"] is not None),
        (drop, "--drop-like", given["semantic.like.drop_threshold"] is not None),
        (keep or drop, "--keep-like or --drop-like", bool(given["semantic.like.field"])),
        (keep or drop, "--keep-like or --drop-like", "like" in only),
    ):
        if is_given and not files:
            raise UsageError("there is nothing to compare with: name a file with " + option)
