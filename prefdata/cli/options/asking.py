"""Options of commands that ask language models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import click
from pydantic import BaseModel

from prefdata.cli.options.knobs import Decorator, in_order, knob
from prefdata.errors import UsageError

_FILE = click.Path(dir_okay=False)


def asking(of: type[BaseModel]) -> Decorator:
    """Options on the server and the limits, for a config `of` with server, local and limits."""
    key = partial(knob, of=of)
    return in_order(
        key(
            "server.base_url", "--base-url", metavar="URL",
            note="without it, models run in this process",
        ),
        key("server.key_env", "--key-env", metavar="NAME"),
        key("limits.concurrency", "--concurrency"),
        key("limits.requests_per_minute", "--requests-per-minute", metavar="NUMBER"),
        key("limits.tokens_per_minute", "--tokens-per-minute", metavar="NUMBER"),
        key("limits.max_cost", "--max-cost", metavar="AMOUNT"),
        key("limits.max_tokens", "--max-tokens"),
        click.option(
            "--price", "prices", multiple=True, metavar="[MODEL=]PROMPT/COMPLETION",
            help="Price of a million prompt tokens and of a million completion tokens. May be "
            "repeated.",
        ),
        key("limits.retry_failed", "--retry-failed"),
        key("local.device", "--device", metavar="NAME"),
        key("local.dtype", "--dtype"),
        key("local.batch_tokens", "--batch-tokens"),
    )  # fmt: skip


keeping = in_order(
    click.option(
        "--answers", type=_FILE,
        help="File in which every answer is saved, so that nothing is paid for twice "
        "(OUT.answers.sqlite).",
    ),
    click.option(
        "--batch-out", type=_FILE,
        help="Write the missing requests to a batch file (JSON Lines) for a batch service; send "
        "nothing.",
    ),
    click.option(
        "--batch-in", multiple=True, type=click.Path(exists=True, dir_okay=False),
        help="First read answers from the result file of a batch service. May be repeated.",
    ),
    click.option(
        "--dry-run", is_flag=True,
        help="Show how many requests and tokens are needed and what they cost; send nothing.",
    ),
)  # fmt: skip
"""--answers, --batch-out, --batch-in and --dry-run."""


def priced(given: Mapping[str, Any]) -> dict[str, Any]:
    """The config change of --price, by dotted key: NAME=PROMPT/COMPLETION, or for all models."""
    if not given["prices"]:
        return {}
    return {"limits.prices": dict(map(_price, given["prices"]))}


def _price(text: str) -> tuple[str, dict[str, float]]:
    model, _, price = text.rpartition("=")
    prompt, slash, completion = price.partition("/")
    try:
        if not slash:
            raise ValueError
        return model or "*", {"prompt": float(prompt), "completion": float(completion)}
    except ValueError:
        raise UsageError(
            f"--price {text}: write what a million tokens of prompts and of completions cost, such "
            "as 0.15/0.60, or gpt=0.15/0.60 for one model"
        ) from None
