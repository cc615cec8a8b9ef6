"""`prefdata score`"""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli.options import shared as options
from prefdata.cli.running import filled
from prefdata.pipeline.run.worker_modules import BUILDING


@click.command()
@options.sources
@click.option("--model", required=True, type=click.Path(), help="Folder of the reward model.")
@click.option("--out", required=True, type=click.Path(), help="Folder of the scores; is made.")
@click.option(
    "--below", type=float, metavar="REWARD_MARGIN",
    help="Flag rows whose reward margin is below this.",
)  # fmt: skip
@click.option("--agree", is_flag=True, default=None, help="Flag rows whose own margin disagrees.")
@click.option("--drop", is_flag=True, help="Such rows are to be dropped, not flagged.")
@click.option(
    "--max-length",
    type=click.IntRange(2),
    help="Tokens of prompt + completion, for a model that does not say (1024).",
)
@click.option(
    "--batch-tokens", type=click.IntRange(1), help="Tokens at a time (4096, on a GPU 16384)."
)
@click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps (auto).")
@click.option("--force", is_flag=True, help="Replace the scores of an earlier run.")
@options.running
def score(
    sources: tuple[str, ...],
    config_file: str | None,
    dialect: str | None,
    mapping: str | None,
    **given: Any,
) -> None:
    """Give every pair the rewards that a reward model has for it.

    \b
    prefdata score raw/*.jsonl --model model --out scores
    prefdata score dataset --model model --out scores --below 0

    MODEL is what `prefdata train` has written, or any transformers model for sequence
    classification with one label. Writes scores.parquet, a line for every row read, with chosen
    and rejected reward, reward margin, and the reason where there is none. To filter by it in a
    build, set reward.filter in the config.
    """
    options.start_workers_early(sources, given["workers"], BUILDING)
    from prefdata.cli.show.scores import show_scores
    from prefdata.pipeline.score import score as run

    is_filter = given["below"] is not None or given["agree"]
    if given["drop"] and not is_filter:
        raise click.UsageError("--drop needs --below or --agree: what is to be dropped?")
    action = ("drop" if given["drop"] else "flag") if is_filter else None
    config = options.configured(
        config_file,
        dialect=dialect,
        mapping=mapping,
        reward__filter__model=given["model"],
        reward__filter__action=action,
        reward__filter__below=given["below"],
        reward__filter__agree=given["agree"],
        reward__length__tokens=given["max_length"],
        reward__optimiser__tokens=given["batch_tokens"],
        reward__backbone__device=given["device"],
        encoder__device=given["device"],
    )
    filled(run, show_scores, sources, config, given, model=given["model"])
