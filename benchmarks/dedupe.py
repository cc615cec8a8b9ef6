"""Measures what prefdata does about duplicates and leakage, beside its peers.

    python benchmarks/dedupe.py --work DIR --rows 100000,300000,1000000

Runs in the environment where prefdata is installed; the peers get one of their own under DIR.
`benchmarks/README.md` says what is measured and how.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cases import PEERS
from hostile import hostile_table, measured_hostile
from leakage import (
    contamination_verdicts,
    measured_contamination,
    measured_real_contamination,
    measured_split,
    split_verdicts,
)
from machine import demand_space, machine
from planted import plant
from recall import measured_recall, recall_table, recall_verdicts
from report import target_table
from running import environment_with
from side_by_side import contenders, curve, curve_table, measured_speed, speed_table

PARTS = ("speed", "recall", "curve", "split", "contamination")
REQUIREMENTS = PEERS / "requirements-dedupe.txt"
BYTES_A_ROW = 1600
RECALL_ROWS = 10_000
SMALL_ROWS = 20_000

Values = dict[str, Any]


def main() -> None:
    """The command line."""
    options = _options()
    work: Path = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    demand_space(work, BYTES_A_ROW * (sum(options.rows) + 6 * max(options.rows)))
    report: Values = {
        "machine": machine(),
        "peers": REQUIREMENTS.read_text(encoding="utf-8").split("\n"),
        "options": {name: str(value) for name, value in vars(options).items()},
    }
    print(json.dumps(report, indent=2))
    parts = ["hostile"] if options.hostile else options.parts
    bench = Bench(work, options)
    targets: list[Values] = []
    for part in parts:
        value, met = bench.measure(part)
        report[part] = value
        targets += met
    if targets:
        print(target_table(targets))
    report["targets"] = targets
    place = work / f"dedupe-{'-'.join(parts)}.json"
    place.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"all figures: {place}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for all that is written")
    parser.add_argument(
        "--rows", type=_numbers, default=[100_000], help="rows compared on; more for the curve"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--parts", type=_parts, default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--only", default="", help="contenders whose name this regex finds")
    parser.add_argument("--real", type=Path, help="folder with HH-RLHF and AlpacaEval")
    parser.add_argument("--hostile", action="store_true", help="bad input, and nothing else")
    parser.add_argument("--hostile-rows", type=int, default=1_000_000)
    parser.add_argument("--peers-python", type=Path, help="an interpreter that has the peers")
    beside = str(Path(sys.executable).with_name("prefdata"))
    parser.add_argument(
        "--prefdata", type=shlex.split, default=[beside], help="another command for prefdata"
    )
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.replace("_", "").split(",")]


def _parts(text: str) -> list[str]:
    parts = text.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        raise argparse.ArgumentTypeError(f"{unknown} among {PARTS}? There is no such part.")
    return parts


class Bench:
    """The parts of the benchmark, each of which prints its tables."""

    def __init__(self, work: Path, options: argparse.Namespace) -> None:
        self._work = work
        self._options = options
        self._prefdata: list[str] = options.prefdata

    def measure(self, part: str) -> tuple[Any, list[Values]]:
        """A part: its figures, and its targets with what was reached."""
        parts: dict[str, Callable[[], tuple[Any, list[Values]]]] = {
            "speed": self._speed,
            "recall": self._recall,
            "curve": self._curve,
            "split": self._split,
            "contamination": self._contamination,
            "hostile": self._hostile,
        }
        return parts[part]()

    def _corpus(self, rows: int) -> Path:
        path = self._work / f"planted-{rows}.jsonl"
        if not path.with_name(path.name + ".facts.json").exists():
            plant([(path, rows)])
        return path

    def _speed(self) -> tuple[Any, list[Values]]:
        python = self._options.peers_python or environment_with(REQUIREMENTS, self._work / "near")
        entered = contenders(self._prefdata, python, self._options.only)
        rows = self._options.rows[0]
        value, met = measured_speed(
            entered, self._corpus(rows), rows, self._options.runs, self._work
        )
        print(speed_table(value), flush=True)
        return value, met

    def _recall(self) -> tuple[Any, list[Values]]:
        chinese = self._work / f"planted-{RECALL_ROWS}-half-chinese.jsonl"
        plant([(chinese, RECALL_ROWS)], seed=5, chinese=0.5)
        values = []
        for path in (self._corpus(self._options.rows[0]), chinese):
            values.append(measured_recall(path, RECALL_ROWS, self._prefdata, self._work))
            print(recall_table(values[-1]), flush=True)
        return values, [met for value in values for met in recall_verdicts(value)]

    def _curve(self) -> tuple[Any, list[Values]]:
        sizes = {rows: self._corpus(rows) for rows in self._options.rows}
        value, met = curve(self._prefdata, sizes, self._options.runs, self._work)
        print(curve_table(value), flush=True)
        return value, met

    def _split(self) -> tuple[Any, list[Values]]:
        value = measured_split(SMALL_ROWS, self._prefdata, self._work)
        return value, split_verdicts(value)

    def _contamination(self) -> tuple[Any, list[Values]]:
        value = measured_contamination(SMALL_ROWS, self._prefdata, self._work)
        folder = self._options.real
        real = measured_real_contamination(folder, self._prefdata, self._work) if folder else None
        return {"generated": value, "real": real}, contamination_verdicts(value, real)

    def _hostile(self) -> tuple[Any, list[Values]]:
        value = measured_hostile(self._options.hostile_rows, self._prefdata, self._work)
        print(hostile_table(value), flush=True)
        return value, []


if __name__ == "__main__":
    main()
