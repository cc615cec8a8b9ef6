"""Near-duplicates side by side: prefdata and its peers by turns; and prefdata as rows grow."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cases import PEERS, own_account
from measure import Cost
from planted import plant
from report import own_seconds, times_as_fast, verdict
from running import demand_success, ran, read_through, scratch_in

MB = 10**6
HERE = Path(__file__).parent
TINY_ROWS = 200
WHOLE, ALONE = "prefdata dedupe", "prefdata near alone"
ASKED = {"rensa, shingles": 3.0, "datasketch": 15.0, "datatrove": 50.0}
ONCE = {"datatrove"}  # minutes a run: measured in the first turn only
MEMORY_AT_SCALE = 1500 * MB
GROWTH = 1.3

Values = dict[str, Any]
Costs = list[Cost]


@dataclass(frozen=True)
class Contender:
    """A program on so many processes: its command for an input and a scratch folder."""

    name: str
    processes: int
    command: Callable[[Path, Path], list[str]]
    kept: Callable[[Cost, Path], int]

    @property
    def label(self) -> str:
        """Name and processes."""
        return f"{self.name}, {self.processes} process" + ("es" if self.processes > 1 else "")


def prefdata_dedupe(prefdata: list[str], processes: int) -> Contender:
    """The whole command: reading, rules, exact and near, labels, shards, ledger, checksums."""

    def command(path: Path, scratch: Path) -> list[str]:
        out = ["--out", str(scratch / "out"), "--workers", str(processes), "--quiet"]
        return [*prefdata, "dedupe", str(path), *out]

    return Contender(WHOLE, processes, command, lambda _, scratch: kept_by(scratch / "out"))


def kept_by(out: Path) -> int:
    """Rows kept, as a manifest says."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return int(manifest["counts"]["kept"])


def script(name: str, python: Path, place: Path, processes: int, *more: str) -> Contender:
    """A script that takes an input, a scratch folder and a number of processes."""

    def command(path: Path, scratch: Path) -> list[str]:
        places = [str(path), str(scratch / "peer")]
        return [str(python), str(place), *places, "--processes", str(processes), *more]

    return Contender(name, processes, command, lambda cost, _: int(own_account(cost)["rows"]))


def contenders(prefdata: list[str], python: Path, only: str) -> list[Contender]:
    """Everyone, on one process and on two."""
    ours = Path(sys.executable)
    every = [
        contender
        for processes in (1, 2)
        for contender in (
            prefdata_dedupe(prefdata, processes),
            script(ALONE, ours, HERE / "near_alone.py", processes),
            script("rensa, shingles", python, PEERS / "rensa_dedupe.py", processes),
            script(
                "rensa, words", python, PEERS / "rensa_dedupe.py", processes, "--tokens", "words"
            ),
            script("datasketch", python, PEERS / "datasketch_dedupe.py", processes),
            script("datatrove", python, PEERS / "datatrove_dedupe.py", processes),
        )
    ]
    return [contender for contender in every if re.search(only, contender.label)]


def measured_speed(
    entered: list[Contender], path: Path, rows: int, runs: int, work: Path
) -> tuple[Values, list[Values]]:
    """All contenders by turns, after each has run on a few rows once."""
    tiny = work / "tiny.jsonl"
    plant([(tiny, TINY_ROWS)])
    for contender in entered:
        _run(contender, tiny, work)
    read_through(path)
    costs: dict[str, Costs] = {contender.label: [] for contender in entered}
    kept: dict[str, int] = {}
    for turn in range(runs):
        for contender in entered:
            if turn and contender.name in ONCE:
                continue
            cost, kept[contender.label] = _run(contender, path, work)
            costs[contender.label].append(cost)
    value = {
        "rows": rows,
        "bytes": path.stat().st_size,
        "contenders": {
            contender.label: _figures(contender, costs, kept[contender.label], rows)
            for contender in entered
        },
    }
    return value, _speed_verdicts(entered, value)


def _run(contender: Contender, path: Path, work: Path) -> tuple[Cost, int]:
    with scratch_in(work) as (scratch, env):
        cost = ran(contender.command(path, scratch), scratch, env)
        demand_success(contender.label, cost)
        return cost, contender.kept(cost, scratch)


def _figures(contender: Contender, costs: dict[str, Costs], kept: int, rows: int) -> Values:
    mine = costs[contender.label]
    inside = [seconds for cost in mine if (seconds := own_seconds(cost)) is not None]
    seconds = median(cost.seconds for cost in mine)
    return {
        "rows_per_second": rows / seconds,
        "seconds": seconds,
        "seconds_after_imports": median(inside) if inside else None,
        "cpu_seconds": median(cost.cpu_seconds for cost in mine),
        "memory": max(cost.memory for cost in mine),
        "kept": kept,
        "dropped": rows - kept,
        "ours_times_as_fast": {
            ours: times_as_fast(mine, [(cost, None) for cost in costs[label][: len(mine)]])
            for ours in (WHOLE, ALONE)
            if (label := contender.label.replace(contender.name, ours)) in costs
            and contender.name not in (WHOLE, ALONE)
        },
        "runs": [[cost.seconds, cost.cpu_seconds, cost.memory] for cost in mine],
    }


def _speed_verdicts(entered: list[Contender], value: Values) -> list[Values]:
    """On equal processes: the near step alone, and the whole command, against each peer."""
    found = []
    for contender in entered:
        asked = ASKED.get(contender.name)
        ratios = value["contenders"][contender.label]["ours_times_as_fast"]
        for ours, reached in ratios.items() if asked else ():
            what = f"{ours} against {contender.label}"
            found.append(verdict(what, f"≥ {asked:g}×", f"{reached:.2f}×", reached >= asked))
    return found


def speed_table(value: Values) -> str:
    """The contenders as a Markdown table."""
    head = (
        f"### near-duplicates: {value['rows']:,} rows, {value['bytes'] / 1e6:,.0f} MB\n\n"
        "| | rows/s | seconds (after imports) | CPU seconds | peak MB | rows dropped "
        f"| {WHOLE} is | {ALONE} is |\n|---|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    return head + "".join(_row(label, c) for label, c in value["contenders"].items())


def _row(label: str, value: Values) -> str:
    inside, ratios = value["seconds_after_imports"], value["ours_times_as_fast"]
    cells = [
        label,
        f"{value['rows_per_second']:,.0f}",
        f"{value['seconds']:.2f}" + (f" ({inside:.2f})" if inside is not None else ""),
        f"{value['cpu_seconds']:.2f}",
        f"{value['memory'] / MB:,.0f}",
        f"{value['dropped']:,}",
        *(f"{ratios[name]:.2f}×" if name in ratios else "" for name in (WHOLE, ALONE)),
    ]
    return "| " + " | ".join(cells) + " |\n"


def curve(
    prefdata: list[str], sizes: dict[int, Path], runs: int, work: Path
) -> tuple[list[Values], list[Values]]:
    """Cost per row and memory of `prefdata dedupe` as the rows grow, by turns."""
    contender = prefdata_dedupe(prefdata, 2)
    costs: dict[int, Costs] = {rows: [] for rows in sizes}
    for _ in range(runs):
        for rows, path in sizes.items():
            costs[rows].append(_run(contender, path, work)[0])
    values = [
        {
            "rows": rows,
            "seconds": median(cost.seconds for cost in found),
            "microseconds_a_row": 1e6 * median(cost.seconds for cost in found) / rows,
            "memory": max(cost.memory for cost in found),
            "anonymous_memory": max(cost.anonymous for cost in found),
        }
        for rows, found in costs.items()
    ]
    return values, _curve_verdicts(values)


def _curve_verdicts(values: list[Values]) -> list[Values]:
    first, last = values[0], values[-1]
    growth = last["microseconds_a_row"] / first["microseconds_a_row"]
    peak = f"{last['memory'] / MB:,.0f} MB"
    return [
        verdict(
            f"curve: cost per row at {last['rows']:,} by {first['rows']:,}",
            f"≤ {GROWTH}×",
            f"{growth:.2f}×",
            growth <= GROWTH,
        ),
        verdict(
            f"curve: peak memory at {last['rows']:,}",
            f"< {MEMORY_AT_SCALE / MB:,.0f} MB",
            peak,
            last["memory"] < MEMORY_AT_SCALE,
        ),
    ]


def curve_table(values: list[Values]) -> str:
    """The curve as a Markdown table."""
    head = (
        f"### {WHOLE}, 2 processes, as the rows grow\n\n"
        "| rows | seconds | rows/s | µs a row | peak MB | of it anonymous |\n"
        "|--:|--:|--:|--:|--:|--:|\n"
    )
    rows = (
        f"| {v['rows']:,} | {v['seconds']:.1f} | {v['rows'] / v['seconds']:,.0f} "
        f"| {v['microseconds_a_row']:.1f} | {v['memory'] / MB:,.0f} "
        f"| {v['anonymous_memory'] / MB:,.0f} |\n"
        for v in values
    )
    return head + "".join(rows)
