"""Measures search among vectors beside semhash: whole processes by turns, on the same vectors.

    python benchmarks/vectors.py --work DIR [--vectors FILE.npy]

Runs in the environment where prefdata is installed; semhash gets one of its own under DIR. Without
`--vectors` (an (n, d) float32 array, rows of length one) vectors are made up, with a fixed seed, as
`planted_vectors.py` says. Recall is against looking at every pair, which takes minutes, once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from cases import PEERS, own_account
from machine import machine
from measure import Cost
from planted_vectors import every_pair, planted_vectors
from report import target_table, times_as_fast, verdict
from running import demand_success, environment_with, ran, read_through, scratch_in

MB = 10**6
REQUIREMENTS = PEERS / "requirements-vectors.txt"
ALONE = Path(__file__).with_name("vectors_alone.py")
EXACT, INDEX, SEMHASH = "prefdata, exact", "prefdata, index", "semhash"
MEMORY, RECALL = 1000 * MB, 0.98
TINY_ROWS = 3000

Values = dict[str, Any]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contender:
    """A program: its command for vectors, a scratch folder and a threshold."""

    name: str
    command: Callable[[Path, Path, float], list[str]]


def main() -> None:
    """The command line."""
    options = _options()
    work: Path = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    path = options.vectors or _planted(work, options.rows, options.dimension)
    python = options.peers_python or environment_with(REQUIREMENTS, work / "vectors-peers")
    report: Values = {
        "machine": machine(),
        "options": {name: str(value) for name, value in vars(options).items()},
        "thresholds": {},
    }
    targets: list[Values] = []
    for threshold in options.thresholds:
        value, met = _measured(contenders(python), path, threshold, options.runs, work)
        print(_table(path, threshold, value), flush=True)
        report["thresholds"][threshold] = value
        targets += met
    print(target_table(targets))
    report["targets"] = targets
    place = work / "vectors.json"
    place.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"all figures: {place}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for all that is written")
    parser.add_argument("--vectors", type=Path, help="float32 .npy file, rows of length one")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--thresholds", type=_numbers, default=[0.9, 0.8])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers-python", type=Path, help="an interpreter that has semhash")
    return parser.parse_args()


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def _planted(work: Path, rows: int, dimension: int) -> Path:
    path = work / f"planted-{rows}x{dimension}.npy"
    if not path.exists():
        np.save(path, planted_vectors(rows, dimension))
    return path


def contenders(peers: Path) -> list[Contender]:
    """prefdata by exact search and by its index, and semhash."""

    def ours(exact_rows: int) -> Callable[[Path, Path, float], list[str]]:
        command = [sys.executable, str(ALONE)]
        more = ["--exact-rows", str(exact_rows)]
        return lambda path, out, level: [*command, str(path), str(out), *_level(level), *more]

    def theirs(path: Path, out: Path, threshold: float) -> list[str]:
        script = str(PEERS / "semhash_dedupe.py")
        return [str(peers), script, str(path), str(out), *_level(threshold)]

    every = {EXACT: ours(10**9), INDEX: ours(0), SEMHASH: theirs}
    return [Contender(name, command) for name, command in every.items()]


def _level(threshold: float) -> list[str]:
    return ["--threshold", str(threshold)]


def _measured(
    entered: list[Contender], path: Path, threshold: float, runs: int, work: Path
) -> tuple[Values, list[Values]]:
    """All contenders by turns, after each has run on a few vectors once."""
    tiny = work / "tiny.npy"
    np.save(tiny, np.load(path, mmap_mode="r")[:TINY_ROWS])
    for contender in entered:
        _run(contender, tiny, threshold, work)
    read_through(path)
    exact = _exact(path, threshold, work)
    costs: dict[str, list[Cost]] = {contender.name: [] for contender in entered}
    found: dict[str, Values] = {}
    for _ in range(runs):
        for contender in entered:
            cost, representatives = _run(contender, path, threshold, work)
            costs[contender.name].append(cost)
            found[contender.name] = _found(representatives, exact)
    beyond = np.load(path, mmap_mode="r").nbytes
    value = {
        name: found[name] | _figures(mine, costs, own_account(mine[-1]), beyond)
        for name, mine in costs.items()
    }
    return value, _verdicts(value, threshold)


def _run(contender: Contender, path: Path, threshold: float, work: Path) -> tuple[Cost, Rows]:
    with scratch_in(work) as (scratch, env):
        out = scratch / "out"
        cost = ran(contender.command(path, out, threshold), scratch, env)
        demand_success(contender.name, cost)
        return cost, np.load(f"{out}-representatives.npy")


def _exact(path: Path, threshold: float, work: Path) -> Rows:
    place = work / f"{path.stem}-{threshold}-exact.npy"
    if not place.exists() or place.stat().st_mtime < path.stat().st_mtime:
        np.save(place, every_pair(path, threshold))
    kept: Rows = np.load(place)
    return kept


def _found(representatives: Rows, exact: Rows) -> Values:
    """Of the rows that go by looking at every pair, the share that goes; and that goes for the
    same row."""
    rows = np.arange(len(exact))
    goes, went = exact != rows, representatives != rows
    both = max(int(goes.sum()), 1)
    return {
        "dropped": int(went.sum()),
        "exact_dropped": int(goes.sum()),
        "recall": float((goes & went).sum() / both),
        "recall_of_pairs": float((goes & (exact == representatives)).sum() / both),
        "precision": float((goes & went).sum() / max(int(went.sum()), 1)),
    }


def _figures(
    mine: list[Cost], costs: dict[str, list[Cost]], account: Values, vectors: int
) -> Values:
    return {
        "seconds": median(cost.seconds for cost in mine),
        "seconds_after_imports": account["seconds"],
        "cpu_seconds": median(cost.cpu_seconds for cost in mine),
        "memory": max(cost.memory for cost in mine),
        "memory_beyond_vectors": max(cost.memory for cost in mine) - vectors,
        "recall_it_reports": account.get("recall"),
        "semhash_takes": times_as_fast(costs[SEMHASH], [(cost, None) for cost in mine]),
        "runs": [[cost.seconds, cost.cpu_seconds, cost.memory] for cost in mine],
    }


def _verdicts(value: Values, threshold: float) -> list[Values]:
    found = []
    for name in (EXACT, INDEX):
        mine = value[name]
        times, recall, memory = (
            mine[key] for key in ("semhash_takes", "recall", "memory_beyond_vectors")
        )
        found += [
            verdict(f"{name} at {threshold}: speed", "≥ 1×", f"{times:.2f}×", times >= 1),
            verdict(f"{name} at {threshold}: recall", "≥ .98", f"{recall:.4f}", recall >= RECALL),
            verdict(
                f"{name} at {threshold}: memory beyond the vectors",
                "< 1,000 MB",
                f"{memory / MB:,.0f} MB",
                memory < MEMORY,
            ),
        ]
    return found


def _table(path: Path, threshold: float, value: Values) -> str:
    """The contenders as a Markdown table."""
    rows, dimension = np.load(path, mmap_mode="r").shape
    head = (
        f"### {rows:,} vectors of {dimension} dimensions, threshold {threshold}\n\n"
        "| | seconds (last, after imports) | CPU seconds | peak MB (beyond the vectors) "
        "| rows dropped | recall (same representative) | precision | it is |\n"
        "|---|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    return head + "".join(_row(name, mine) for name, mine in value.items())


def _row(name: str, mine: Values) -> str:
    cells = [
        name,
        f"{mine['seconds']:.2f} ({mine['seconds_after_imports']:.2f})",
        f"{mine['cpu_seconds']:.2f}",
        f"{mine['memory'] / MB:,.0f} ({mine['memory_beyond_vectors'] / MB:,.0f})",
        f"{mine['dropped']:,}",
        f"{mine['recall']:.4f} ({mine['recall_of_pairs']:.4f})",
        f"{mine['precision']:.4f}",
        "" if name == SEMHASH else f"{mine['semhash_takes']:.2f}× as fast as {SEMHASH}",
    ]
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    main()
