"""`prefdata collect`, killed again and again at random moments, ends as a run undisturbed does.

python -m tests.collect.collect_kills --kills 50 --seed 0
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from tests.asking.killed_command import asking, killed_and_whole


def killed(place: Path, kills: int, seed: int, prompts: int) -> dict[str, object]:
    """Kills so many runs on so many prompts; see `killed_and_whole`."""
    source = place / "prompts.jsonl"
    rows = ({"prompt": f"Question {n}, 问题 {n}?"} for n in range(prompts))
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def words(url: str, out: Path) -> list[str]:
        drawn = ["--n", "4", "--temperature", "0.7"]
        return ["collect", str(source), "--out", str(out), *drawn, *asking(url)]

    return killed_and_whole(words, place, kills, seed) | {"wanted": prompts * 4}


@click.command()
@click.option("--kills", default=50, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--prompts", default=400, show_default=True)
def main(kills: int, seed: int, prompts: int) -> None:
    """Says what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        click.echo(json.dumps(killed(Path(folder), kills, seed, prompts)))


if __name__ == "__main__":
    main()
