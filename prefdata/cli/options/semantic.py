"""Options of the filters on embeddings, and what they make of a config."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from prefdata.errors import UsageError

if TYPE_CHECKING:
    from prefdata.config.model import BuildConfig

Command = TypeVar("Command", bound=Callable[..., Any])

FILTERS = ("contrast", "topic", "outliers", "against", "like", "similar")
_SWITCHED = tuple(name for name in FILTERS if name != "like")
_OFF = "off"


class _Threshold(click.ParamType):  # type: ignore[type-arg]
    """A similarity, a share of the rows, or off; the config says what is allowed."""

    name = "threshold"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        text = str(value).strip()
        if text == _OFF or text.endswith("%"):
            return text
        try:
            return float(text)
        except ValueError:
            self.fail(f"{text!r}: write a similarity (0.95), a share of the rows (0.5%), or off")


THRESHOLD = _Threshold()


def filters(command: Command) -> Command:
    """What is filtered, and where the thresholds lie."""
    for decorate in (
        click.option(
            "--only", multiple=True, type=click.Choice(FILTERS),
            help="This filter and no other that is not named too; may be repeated.",
        ),
        click.option("--flag", is_flag=True, help="Flag what the filters find; do not drop it."),
        click.option(
            "--examples-field", metavar="FIELD",
            help="Field of --keep-like and --drop-like files to compare with; found out if absent.",
        ),
        click.option(
            "--drop-like-at", type=THRESHOLD, metavar="THRESHOLD",
            help="Similarity to an example of --drop-like from which a row goes (0.8).",
        ),
        click.option(
            "--drop-like", multiple=True, metavar="FILE",
            help="Examples of what to drop; may be repeated.",
        ),
        click.option(
            "--keep-like-at", type=THRESHOLD, metavar="THRESHOLD",
            help="Similarity to an example of --keep-like below which a row goes (50%).",
        ),
        click.option(
            "--keep-like", multiple=True, metavar="FILE",
            help="Examples of what to keep; may be repeated.",
        ),
        click.option(
            "--overlap", type=THRESHOLD, metavar="THRESHOLD",
            help="Similarity to a prompt of --against from which a row goes (0.8).",
        ),
        click.option(
            "--against-field", metavar="FIELD",
            help="Field of the evaluation files that holds the prompt; found out when not given.",
        ),
        click.option(
            "--against", multiple=True, metavar="FILE",
            help="Evaluation set that no prompt may mean the same as; may be repeated.",
        ),
        click.option(
            "--prefer", multiple=True, metavar="SOURCE",
            help="Source (name or glob) whose rows stay, the most trusted first; may be repeated.",
        ),
        click.option(
            "--keep", type=click.Choice(["first", "longest", "margin", "source"]),
            help="Which of the rows that mean the same stays (first; source with --prefer).",
        ),
        click.option(
            "--on", type=click.Choice(["pair", "prompt"]),
            help="What must mean the same (pair: prompt, chosen and rejected each).",
        ),
        click.option(
            "--similar", type=THRESHOLD, metavar="THRESHOLD",
            help="Similarity from which rows say the same (0.95; with --on prompt 0.85).",
        ),
        click.option(
            "--outliers", type=THRESHOLD, metavar="THRESHOLD",
            help="Similarity to its nearest prompts up to which a prompt is an outlier (0.5%).",
        ),
        click.option(
            "--topic", type=THRESHOLD, metavar="THRESHOLD",
            help="Similarity to the prompt less that to another: up to it it is off-topic (-0.3).",
        ),
        click.option(
            "--contrast", type=THRESHOLD, metavar="THRESHOLD",
            help="Similarity of chosen and rejected from which there is no contrast (0.9).",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def encoder(command: Command) -> Command:
    """--encoder, --device, --backend, --dtype, --cache and --trust-remote-code."""
    for decorate in (
        click.option(
            "--trust-remote-code", is_flag=True, default=None,
            help="Let the model run code of its own.",
        ),
        click.option("--cache", metavar="FOLDER", help="Where embeddings are kept between runs."),
        click.option(
            "--dtype", type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
            help="Numbers that the model computes with (auto).",
        ),
        click.option(
            "--backend", type=click.Choice(["auto", "torch", "openvino"]),
            help="What runs the model (auto: the fastest that is installed).",
        ),
        click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps (auto)."),
        click.option(
            "--encoder", metavar="NAME",
            help="multilingual, english, ngrams, or a sentence-transformers model by name or "
            "folder (multilingual).",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def encoding(given: dict[str, Any]) -> dict[str, Any]:
    """What `encoder` was given, as changes of a config."""
    names = ("device", "backend", "dtype", "cache", "trust_remote_code")
    return {"encoder__name": given["encoder"], **{f"encoder__{n}": given[n] for n in names}}


def filtered(config: BuildConfig, given: dict[str, Any]) -> BuildConfig:
    """The config with the filters that `filters` was given, over the usual ones.

    A filter that is named drops what it finds, unless the config itself has turned it on.
    """
    from prefdata.config.load import overridden
    from prefdata.pipeline.embed_filter import filtering

    _refuse_idle(config, given)
    said = {name: value for name, value in _said(given).items() if value is not None}
    own = [name for name in _SWITCHED if getattr(config.semantic, name).action != _OFF]
    for action in (f"semantic.{name}.action" for name in own):
        if said.get(action) == "drop":
            del said[action]
    config = overridden(filtering(config), said)
    if given["flag"]:
        semantic = config.semantic
        on = [name for name in FILTERS if getattr(semantic, name).action == "drop"]
        config = overridden(config, {f"semantic.{name}.action": "flag" for name in on})
    if not config.semantic.is_on:
        raise UsageError("no filter is on: name a threshold, examples, or fewer filters with off")
    return config


def _refuse_idle(config: BuildConfig, given: dict[str, Any]) -> None:
    """Raises UsageError where an option says something of files that are not named."""
    like = config.semantic.like
    keep, drop = given["keep_like"] or like.keep, given["drop_like"] or like.drop
    against = given["against"] or config.against.files
    for files, option, is_given in (
        (against, "--against", given["overlap"] not in (None, _OFF)),
        (against, "--against", bool(given["against_field"]) or "against" in given["only"]),
        (keep, "--keep-like", given["keep_like_at"] is not None),
        (drop, "--drop-like", given["drop_like_at"] is not None),
        (keep or drop, "--keep-like or --drop-like", bool(given["examples_field"])),
        (keep or drop, "--keep-like or --drop-like", "like" in given["only"]),
    ):
        if is_given and not files:
            raise UsageError("there is nothing to compare with: name a file with " + option)


def _said(given: dict[str, Any]) -> dict[str, Any]:
    keep = given["keep"] or ("source" if given["prefer"] else None)
    said: dict[str, Any] = {
        "semantic.similar.on": given["on"],
        "semantic.similar.keep": keep,
        "semantic.similar.prefer": given["prefer"] or None,
        "semantic.like.keep": given["keep_like"] or None,
        "semantic.like.keep_threshold": given["keep_like_at"],
        "semantic.like.drop": given["drop_like"] or None,
        "semantic.like.drop_threshold": given["drop_like_at"],
        "semantic.like.field": given["examples_field"],
        "against.files": given["against"] or None,
        "against.field": given["against_field"],
    }
    if given["only"]:
        silenced = [name for name in _SWITCHED if name not in given["only"]]
        said |= {f"semantic.{name}.action": _OFF for name in silenced}
        said |= {f"semantic.{name}.action": "drop" for name in given["only"] if name in _SWITCHED}
        if "like" not in given["only"]:  # what a config names, the command line does not
            said |= {f"semantic.like.{which}": given[f"{which}_like"] for which in ("keep", "drop")}
    if given["against"]:
        said["semantic.against.action"] = "drop"
    for name in ("contrast", "topic", "outliers", "similar"):
        said |= _switched(f"semantic.{name}", given[name])
    return said | _switched("semantic.against", given["overlap"])


def _switched(section: str, threshold: float | str | None) -> dict[str, Any]:
    if threshold is None:
        return {}
    if threshold == _OFF:
        return {f"{section}.action": _OFF}
    return {f"{section}.action": "drop", f"{section}.threshold": threshold}
