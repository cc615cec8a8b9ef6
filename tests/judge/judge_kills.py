"""`prefdata judge`, killed again and again at random moments, ends as a run undisturbed does.

    python -m tests.judge.judge_kills --kills 50 --seed 0

A budget is spent in rounds, so that what is asked later follows from what was answered before.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from tests.asking.fault_server import FaultProcess
from tests.asking.killed_command import asking, killed_and_whole, run


def killed(place: Path, kills: int, seed: int, prompts: int) -> dict[str, object]:
    """Kills so many runs on three completions of so many prompts; see `killed_and_whole`."""
    source, completions = place / "prompts.txt", place / "completions"
    source.write_text("".join(f"Question {n}, 问题 {n}?\n" for n in range(prompts)), "utf-8")
    with FaultProcess() as server:
        run(["collect", str(source), "--out", str(completions), "--n", "3", *asking(server.url)])

    def words(url: str, out: Path) -> list[str]:
        spent = ["--budget", str(prompts * 2 + prompts // 2), "--rounds", "3"]
        return ["judge", str(completions), "--out", str(out), *spent, *asking(url)]

    return killed_and_whole(words, place, kills, seed)


@click.command()
@click.option("--kills", default=50, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--prompts", default=200, show_default=True)
def main(kills: int, seed: int, prompts: int) -> None:
    """Says what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        click.echo(json.dumps(killed(Path(folder), kills, seed, prompts)))


if __name__ == "__main__":
    main()
