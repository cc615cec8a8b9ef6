"""Measures prefdata beside its peers on generated files, and holds it to its targets.

    python benchmarks/spine.py --bytes 1GB --large 4GB --runs 3 --work DIR

Runs in the environment where prefdata is installed; the peers get one of their own under DIR.
`benchmarks/README.md` says what is measured and how.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from cases import PEERS, Case, Contender, Input, at_scale, inputs, side_by_side
from generate import generate, size
from machine import demand_space, machine, versions
from measure import Cost, run
from report import Measured, case_table, case_values, target_table, verdict, verdicts

SUFFIXES = (".jsonl", ".json", ".csv")
STARTS = 11
HELP_SECONDS, TEN_ROWS_SECONDS, BUILT_ROWS_SECONDS = 0.1, 0.4, 1.0
"""On a quiet machine."""
READ_BYTES = 1 << 24


def main() -> None:
    """The command line."""
    options = _options()
    work: Path = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    demand_space(work, _bytes_needed(work, options))
    python = options.peers_python or peers_environment(work)
    report: dict[str, Any] = {
        "machine": machine(),
        "versions": {"prefdata": versions(sys.executable), "peers": versions(str(python))},
        "options": {name: str(value) for name, value in vars(options).items()},
    }
    print(json.dumps(report, indent=2))
    bench = Bench(work, options.peers_only)
    cases = [case for case in _cases(work, python, options) if re.search(options.only, case.name)]
    bench.warm_up(cases)
    values = [bench.measure(case) for case in cases]
    found = verdicts(cases, values)
    if not options.peers_only and re.search(options.only, "startup"):
        found += bench.startup(options.prefdata)
    report |= {"cases": values, "targets": found}
    print(target_table(found))
    (work / "results.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"all figures: {work / 'results.json'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for all that is written")
    parser.add_argument("--bytes", default="1GB", help="size of the files compared on")
    parser.add_argument("--large", help="also measure memory on files of this size, e.g. 4GB")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose name this regex finds")
    parser.add_argument("--peers-only", action="store_true", help="leave prefdata out")
    parser.add_argument("--peers-python", type=Path, help="an interpreter that has the peers")
    beside = str(Path(sys.executable).with_name("prefdata"))
    parser.add_argument(
        "--prefdata", type=shlex.split, default=[beside], help="another command for prefdata"
    )
    return parser.parse_args()


def _cases(work: Path, python: Path, options: argparse.Namespace) -> list[Case]:
    files = inputs(work, options.bytes, size(options.bytes), SUFFIXES)
    cases = side_by_side(files, options.prefdata, python, options.runs)
    if options.large:
        large = inputs(work, options.large, size(options.large), SUFFIXES[:1])
        cases += at_scale(large, options.prefdata)
    return cases


def _bytes_needed(work: Path, options: argparse.Namespace) -> int:
    """What the inputs will take beyond what is there, and three times the largest for a run."""
    small, large = size(options.bytes), size(options.large) if options.large else 0
    there = sum(path.stat().st_size for path in work.glob("pairs-*"))
    return max(4 * small + 2 * large - there, 0) + 3 * max(small, large)


def peers_environment(work: Path) -> Path:
    """A virtual environment with the pinned peers, made once; its interpreter."""
    home, pins = work / "peers", (PEERS / "requirements.txt").read_text(encoding="utf-8")
    python, mark = home / "bin" / "python", home / "installed.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != pins:
        venv.create(home, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "-qq", "-r"]
        subprocess.run([*pip, str(PEERS / "requirements.txt")], check=True)
        mark.write_text(pins, encoding="utf-8")
    return python


class Bench:
    """A place to run in: each run gets an empty folder there, deleted as soon as it is over."""

    def __init__(self, work: Path, peers_only: bool) -> None:
        self._work = work
        self._peers_only = peers_only
        self._ten: dict[str, Input] = {}

    def warm_up(self, cases: list[Case]) -> None:
        """Runs every contender once on ten rows: byte code gets compiled, what is broken shows."""
        paths = [self._work / f"ten{suffix}" for suffix in SUFFIXES]
        generate(paths, enough_bytes=None, enough_rows=10)
        self._ten = {path.suffix: Input(path, 10, 0) for path in paths}
        for case in cases:
            for contender in self._entered(case):
                self._run(contender, self._ten[case.input.path.suffix].path)

    def measure(self, case: Case) -> dict[str, Any]:
        """Runs the contenders of a case by turns, and prints its table."""
        _read_through(case.input.path)
        measured: Measured = {contender.name: [] for contender in self._entered(case)}
        for _ in range(case.runs):
            for contender in self._entered(case):
                cost, rows = self._run(contender, case.input.path)
                measured[contender.name].append((cost, rows))
        value = case_values(case, measured)
        if measured:
            print(case_table(value), flush=True)
        return value

    def startup(self, prefdata: list[str]) -> list[dict[str, Any]]:
        """How long a person waits for the help, and for a verdict on or a build of ten rows."""
        ten = str(self._ten[".jsonl"].path)
        asked = {
            "prefdata --help": ([*prefdata, "--help"], HELP_SECONDS),
            "prefdata validate, 10 rows": ([*prefdata, "validate", ten], TEN_ROWS_SECONDS),
            "prefdata build, 10 rows": (
                [*prefdata, "build", ten, "--out", str(self._work / "scratch/out")],
                BUILT_ROWS_SECONDS,
            ),
        }
        found = []
        for name, (command, limit) in asked.items():
            seconds = median(self._start(command).seconds for _ in range(STARTS))
            met = seconds < limit
            found.append(
                verdict(f"{name}, median of {STARTS}", f"< {limit} s", f"{seconds:.3f} s", met)
            )
        return found

    def _entered(self, case: Case) -> list[Contender]:
        return [c for c in case.contenders if not (self._peers_only and c.is_ours)]

    def _run(self, contender: Contender, path: Path) -> tuple[Cost, int | None]:
        with self._scratch() as (scratch, env):
            cost = run(contender.command(path, scratch), env=env, scratch=scratch)
            _demand_success(contender.name, cost)
            return cost, contender.rows(cost, scratch)

    def _start(self, command: list[str]) -> Cost:
        with self._scratch() as (scratch, env):
            cost = run(command, env=env, scratch=scratch)
            _demand_success(" ".join(command), cost)
            return cost

    @contextmanager
    def _scratch(self) -> Iterator[tuple[Path, dict[str, str]]]:
        scratch = self._work / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "tmp").mkdir(parents=True)
        try:
            yield scratch, _environment(scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _environment(scratch: Path) -> dict[str, str]:
    """No network, no progress bars, and every cache where it will be deleted."""
    return os.environ | {
        "TMPDIR": str(scratch / "tmp"),
        "HF_HOME": str(scratch / "hf"),
        "HF_DATASETS_CACHE": str(scratch / "hf" / "datasets"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }


def _read_through(path: Path) -> None:
    """Reads a file once, so that all contenders find it in the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(READ_BYTES):
            pass


def _demand_success(name: str, cost: Cost) -> None:
    if cost.exit_code != 0:
        raise SystemExit(f"{name} ended with exit code {cost.exit_code}:\n{cost.stderr[-2000:]}")


if __name__ == "__main__":
    main()
