"""Options of the audit of labels, and what they make of a config."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from prefdata.config.model import BuildConfig

Command = TypeVar("Command", bound=Callable[..., Any])

VIEWS = ("controls", "ngrams", "embeddings")


class _Interval(click.ParamType):  # type: ignore[type-arg]
    """Two shares: `0.02-0.1`; one stands for both ends."""

    name = "interval"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        low, dash, high = str(value).partition("-")
        try:
            return float(low), float(high if dash else low)
        except ValueError:
            self.fail(f"{value!r}: write two shares from 0 to 0.5, such as 0.02-0.1")


def judging(command: Command) -> Command:
    """What judges the labels, and how thoroughly."""
    for decorate in (
        click.option("--seed", type=click.IntRange(0), help="Of folds and planted flips (0)."),
        click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps (auto)."),
        click.option(
            "--ablate", is_flag=True, default=None,
            help="Train with and without the flagged rows; measure on rows nobody touched.",
        ),
        click.option(
            "--prior", type=_Interval(), metavar="LOW-HIGH",
            help="Share of wrong labels, if you know it, such as 0.02-0.1 (estimated).",
        ),
        click.option(
            "--repeats", type=click.IntRange(1), help="Divisions of the rows into folds (3)."
        ),
        click.option("--folds", type=click.IntRange(2), help="Folds, by leakage group (5)."),
        click.option(
            "--model", metavar="NAME",
            help="Also fine-tune this transformers model (name or folder), once a fold.",
        ),
        click.option(
            "--encoder", metavar="NAME",
            help="Whose embeddings are looked at: multilingual, english, ngrams, or a "
            "sentence-transformers model by name or folder (multilingual).",
        ),
        click.option(
            "--view", "views", multiple=True, type=click.Choice(VIEWS),
            help="Look at pairs in this way and no other that is not named too (all three).",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def reviewing(command: Command) -> Command:
    """--review and --decisions."""
    for decorate in (
        click.option(
            "--decisions", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
            help="A review sheet that a person has filled in.",
        ),
        click.option(
            "--review", type=click.IntRange(0), metavar="ROWS",
            help="Rows in the review sheet (100).",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def deciding(command: Command) -> Command:
    """What a build does about labels."""
    for decorate in (
        click.option(
            "--turn", is_flag=True, default=None,
            help="Turn labels that a person says are the wrong way round (they are dropped).",
        ),
        click.option(
            "--decisions", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
            help="A review sheet of an audit that a person has filled in.",
        ),
        click.option(
            "--top", type=click.IntRange(1), metavar="ROWS",
            help="At most so many suspected rows, the likeliest first (all).",
        ),
        click.option(
            "--suspected", type=click.Choice(["drop", "soft-label", "flag"]),
            help="What becomes of rows whose label is likely flipped; with --audit (flag).",
        ),
        click.option(
            "--audit", is_flag=True, default=None,
            help="Audit the labels as the last step, and write the report.",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def decided(given: dict[str, Any]) -> dict[str, Any]:
    """What `deciding` was given, as changes of a config."""
    return {
        "audit__run": given["audit"],
        "audit__action": given["suspected"],
        "audit__top": given["top"],
        "audit__review__decisions": given["decisions"],
        "audit__review__flips": "flip" if given["turn"] else None,
    }


def refuse_idle(given: dict[str, Any], config: BuildConfig) -> None:
    """Raises a usage error where an option of `deciding` would do nothing."""
    acts = given["suspected"] or given["top"]
    if acts and not config.audit.run:
        raise click.UsageError("--suspected and --top need --audit: nobody suspects any row")
    if given["turn"] and not config.audit.review.decisions:
        raise click.UsageError("--turn needs --decisions: only a person's word turns a label")


def audited(given: dict[str, Any]) -> dict[str, Any]:
    """What `judging` and `reviewing` were given, as changes of a config."""
    low, high = given["prior"] or (None, None)
    views = given["views"] or None
    if given["model"]:
        views = (*(views or VIEWS), "backbone")
    return {
        "audit__views": views,
        "audit__folds": given["folds"],
        "audit__repeats": given["repeats"],
        "audit__seed": given["seed"],
        "audit__ablation__run": given["ablate"],
        "audit__prior__low": low,
        "audit__prior__high": high,
        "audit__review__rows": given["review"],
        "audit__review__decisions": given["decisions"],
        "reward__backbone__name": given["model"],
        "reward__backbone__device": given["device"],
        "encoder__name": given["encoder"],
        "encoder__device": given["device"],
    }
