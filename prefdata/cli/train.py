"""The command `prefdata train`."""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli.options import shared as options
from prefdata.cli.options import train as training
from prefdata.cli.options.knobs import knob
from prefdata.cli.running import filled
from prefdata.pipeline.run.worker_modules import BUILDING


@click.command()
@options.sources
@click.option(
    "--out", required=True, type=click.Path(), help="Folder for the model; created by the command."
)
@options.rule
@knob("split.test", "--test")
@options.dividing
@training.model
@training.learning
@click.option("--force", is_flag=True, help="Replace the model of an earlier run.")
@options.running
def train(sources: tuple[str, ...], **given: Any) -> None:
    """Train a reward model on preference pairs, and measure it on held-out pairs.

    \b
    prefdata train raw/*.jsonl --out model
    prefdata train dataset --out model --model Qwen/Qwen3-0.6B --epochs 1
    torchrun --nproc_per_node 4 -m prefdata train dataset --out model --model Qwen/Qwen3-0.6B

    SOURCES are preference files, which are checked, compared and split as in `prefdata build`, or
    the output folder of a build: its train split is trained on, and its test split is held out.
    Without a GPU, a head on frozen embeddings is trained, in seconds. --model names a language
    model to train instead; transformers and TRL can load the result. A training that was stopped
    resumes when the same command is run again.
    """
    options.start_workers_early(sources, given["workers"], BUILDING)
    from prefdata.cli.show.training import show_training
    from prefdata.pipeline.train import train as run

    config = options.configured(given, **options.one_device(given))
    filled(run, show_training, sources, config, given)
