"""Fuzzes the readers: `python -m tests.fuzz --rows 200000`."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click

from tests.fuzz.check import Tally, fuzz


def _part(seed: int, spoiled: int) -> Tally:
    with tempfile.TemporaryDirectory() as folder:
        return fuzz(seed, spoiled, Path(folder))


@click.command()
@click.option("--rows", default=20_000, help="How many rows to spoil.")
@click.option("--seed", default=1)
@click.option("--workers", default=2)
def main(rows: int, seed: int, workers: int) -> None:
    """Spoils rows of files of all kinds, and says what was lost."""
    began = time.monotonic()
    parts = max(workers, rows // 5000)
    with ProcessPoolExecutor(workers) as pool:
        tallies = list(
            pool.map(_part, range(seed * 1000, seed * 1000 + parts), [-(-rows // parts)] * parts)
        )
    for name in ("files", "rows", "spoiled", "swallowed"):
        click.echo(f"{name:<12}{sum(getattr(t, name) for t in tallies):>10,}")
    refused: dict[str, int] = {}
    for tally in tallies:
        for why, count in tally.refused.items():
            refused[why] = refused.get(why, 0) + count
    for why, count in sorted(refused.items(), key=lambda each: -each[1])[:12]:
        click.echo(f"refused     {count:>10,}  {why!r}")
    wrong = [what for tally in tallies for what in tally.wrong]
    for what in wrong[:40]:
        click.echo(what)
    click.echo(f"{len(wrong):,} wrong, {time.monotonic() - began:.0f} s")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
