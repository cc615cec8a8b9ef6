"""The command `prefdata score`."""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli.options import shared as options
from prefdata.cli.options.knobs import knob
from prefdata.cli.running import filled, refuse_nothing_left
from prefdata.pipeline.run.worker_modules import BUILDING


@click.command()
@options.sources
@click.option("--model", required=True, type=click.Path(), help="Folder of the reward model.")
@click.option(
    "--out", required=True, type=click.Path(), help="Folder for the scores; created by the command."
)
@knob("reward.filter.below", "--below", metavar="REWARD_MARGIN")
@knob("reward.filter.agree", "--agree")
@click.option(
    "--drop",
    is_flag=True,
    help="Give the rows that --below or --agree finds the verdict drop, not flag.",
)
@knob("reward.length.tokens", "--max-length", note="if the model states no limit")
@knob("reward.optimiser.tokens", "--batch-tokens")
@knob("reward.backbone.device", "--device", metavar="NAME")
@click.option("--force", is_flag=True, help="Replace the scores of an earlier run.")
@options.running
def score(sources: tuple[str, ...], **given: Any) -> None:
    """Compute the rewards of every pair with a reward model.

    \b
    prefdata score raw/*.jsonl --model model --out scores
    prefdata score dataset --model model --out scores --below 0

    MODEL is the output of `prefdata train`, or any transformers model for sequence classification
    with one label. Writes scores.parquet, one line for every row read, with chosen reward, rejected
    reward and reward margin, or the reason why a row has none. To filter by rewards in a build, set
    reward.filter in the config.
    """
    options.start_workers_early(sources, given["workers"], BUILDING)
    from prefdata.cli.show.scores import show_scores
    from prefdata.pipeline.score import score as run

    changes = options.one_device(given) | {"reward.filter.model": given["model"]}
    if given["reward.filter.below"] is not None or given["reward.filter.agree"]:
        changes["reward.filter.action"] = "drop" if given["drop"] else "flag"
    elif given["drop"]:
        raise click.UsageError("--drop needs --below or --agree: what is to be dropped?")
    config = options.configured(given, **changes)
    result = filled(run, show_scores, sources, config, given, model=given["model"])
    counts = result.counts
    reasons = counts.not_scored | {"quarantined": counts.quarantined}
    refuse_nothing_left(
        counts.read, counts.scored, verb="is scored", reasons=reasons,
        to_do=f"{given['out']}/scores.parquet says why, row by row.",
    )  # fmt: skip
