"""Options on the audit of labels, and the config changes that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from prefdata.cli.options.knobs import in_order, knob
from prefdata.cli.options.shared import one_device
from prefdata.config.model import BuildConfig

_SHEET = click.Path(exists=True, dir_okay=False)


class _Interval(click.ParamType):  # type: ignore[type-arg]
    """Two shares as (low, high): `0.02-0.1`; a single share is both ends."""

    name = "interval"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        low, dash, high = str(value).partition("-")
        try:
            return float(low), float(high if dash else low)
        except ValueError:
            self.fail(f"{value!r}: write two shares from 0 to 0.5, such as 0.02-0.1")


modelling = in_order(
    knob("audit.views", "--view"),
    knob("encoder.name", "--encoder", metavar="NAME"),
    click.option(
        "--model", metavar="NAME",
        help="Also fine-tune this transformers model (name or folder), once per fold.",
    ),
    knob("audit.judgements", "--judgements", metavar="FILE"),
    knob("audit.folds", "--folds"),
    knob("audit.repeats", "--repeats"),
    click.option(
        "--prior", type=_Interval(), metavar="LOW-HIGH",
        help="Share of wrong labels, if you know it, such as 0.02-0.1 (unknown).",
    ),
    knob("audit.ablation.run", "--ablate"),
    knob("reward.backbone.device", "--device", metavar="NAME"),
    knob("audit.seed", "--seed"),
)  # fmt: skip
"""Options of `prefdata audit` on models, folds, the prior and the ablation."""

decisions = knob("audit.review.decisions", "--decisions", metavar="FILE", path=_SHEET)

precision = knob("audit.precision", "--precision", metavar="SHARE")

since = knob(
    "audit.report.since",
    "--since",
    metavar="FOLDER",
    path=click.Path(exists=True, file_okay=False),
)

reviewing = in_order(
    knob("audit.review.rows", "--review", metavar="ROWS"), decisions, precision, since
)
"""--review, --decisions, --precision and --since."""

deciding = in_order(
    knob("audit.run", "--audit"),
    knob("audit.action", "--suspected", note="with --audit"),
    precision,
    knob("audit.top", "--top", metavar="ROWS"),
    decisions,
    click.option(
        "--turn", is_flag=True,
        help="Swap chosen and rejected in rows whose label a person calls wrong (by default "
        "they are dropped).",
    ),
    since,
)  # fmt: skip
"""Options of `prefdata build` on suspected labels, review decisions and an earlier build."""


def turned(given: Mapping[str, Any]) -> dict[str, Any]:
    """The config change that --turn makes, by dotted key."""
    return {"audit.review.flips": "flip"} if given["turn"] else {}


def refuse_idle(given: Mapping[str, Any], config: BuildConfig) -> None:
    """Raises click.UsageError if an option of `deciding` would have no effect."""
    acts = given["audit.action"] or given["audit.top"] or given["audit.precision"]
    if acts and not config.audit.run:
        raise click.UsageError(
            "--suspected, --precision and --top need --audit: nobody suspects any row"
        )
    if given["audit.report.since"] and not config.audit.run:
        raise click.UsageError("--since needs --audit: it is the report that says what changed")
    if given["turn"] and not config.audit.review.decisions:
        raise click.UsageError("--turn needs --decisions: only a person's word turns a label")


def modelled(given: Mapping[str, Any]) -> dict[str, Any]:
    """The config changes that --prior, --model and --device make, by dotted key."""
    changes = one_device(given)
    if given["prior"]:
        changes["audit.prior.low"], changes["audit.prior.high"] = given["prior"]
    if given["model"]:
        views = given["audit.views"] or BuildConfig().audit.views
        changes["audit.views"] = tuple(dict.fromkeys((*views, "backbone")))
        changes["reward.backbone.name"] = given["model"]
    return changes
