"""Turns what was measured into plain values for JSON and into Markdown for people."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from cases import Case, own_account
from measure import Cost

MB = 10**6
Runs = list[tuple[Cost, int | None]]  # what each run cost, and the rows it ended with if it told
Measured = dict[str, Runs]  # by contender


def case_values(case: Case, measured: Measured) -> dict[str, Any]:
    """Everything about a case, as JSON can hold it."""
    ours = next((c.name for c in case.contenders if c.is_ours and c.name in measured), None)
    return {
        "case": case.name,
        "input_bytes": case.input.bytes,
        "input_rows": case.input.rows,
        "contenders": {
            name: _contender_values(case, runs, measured.get(ours or ""))
            for name, runs in measured.items()
        },
    }


def _contender_values(case: Case, runs: Runs, ours: Runs | None) -> dict[str, Any]:
    costs = [cost for cost, _ in runs]
    seconds = median(cost.seconds for cost in costs)
    return {
        "rows_per_second": case.input.rows / seconds,
        "seconds": seconds,
        "seconds_after_imports": _after_imports(costs),
        "cpu_seconds": median(cost.cpu_seconds for cost in costs),
        "memory": max(cost.memory for cost in costs),
        "anonymous_memory": max(cost.anonymous for cost in costs),
        "largest_process": max(cost.largest_process for cost in costs),
        "prefdata_times_as_fast": times_as_fast(costs, ours),
        "prefdata_times_as_fast_as_its_work_alone": times_as_fast(costs, ours, own_seconds),
        "wrong_rows": [rows for _, rows in runs if rows not in (None, case.rows)],
        "runs": [
            {"seconds": c.seconds, "cpu_seconds": c.cpu_seconds, "memory": c.memory} for c in costs
        ],
    }


def own_seconds(cost: Cost) -> float | None:
    """Seconds that a peer's script measured itself, from after its imports to its result."""
    return own_account(cost).get("seconds") if cost.stdout.startswith("{") else None


def whole_seconds(cost: Cost) -> float | None:
    """Seconds of the whole process."""
    return cost.seconds


def _after_imports(costs: list[Cost]) -> float | None:
    told = [seconds for seconds in map(own_seconds, costs) if seconds is not None]
    return median(told) if told else None


def times_as_fast(
    peer: list[Cost], ours: Runs | None, seconds: Callable[[Cost], float | None] = whole_seconds
) -> float | None:
    """Median over the turns of the peer's seconds by ours: both runs of a turn met one machine."""
    ratios = [
        spent / mine.seconds
        for theirs, (mine, _) in zip(peer, ours or [], strict=ours is not None)
        if (spent := seconds(theirs)) is not None
    ]
    return median(ratios) if ratios else None


def verdicts(cases: list[Case], values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each target with what was asked and what was reached."""
    found = []
    for case, value in zip(cases, values, strict=True):
        contenders = value["contenders"]
        for peer, asked in case.speed.items():
            reached = contenders.get(peer, {}).get("prefdata_times_as_fast")
            if reached is not None:
                what = f"{case.name}: speed against {peer}"
                found.append(verdict(what, f"≥ {asked:g}×", f"{reached:.2f}×", reached >= asked))
        for contender in case.contenders:
            if contender.is_ours and contender.name in contenders and case.memory is not None:
                peak = contenders[contender.name]["memory"]
                found.append(
                    verdict(
                        f"{case.name}: peak memory",
                        f"< {case.memory / MB:.0f} MB",
                        f"{peak / MB:.0f} MB",
                        peak < case.memory,
                    )
                )
    return found + _growth(values)


def _growth(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Is the peak on the large input no higher than on the small one?"""
    peaks = {
        value["case"]: contender["memory"]
        for value in values
        for name, contender in value["contenders"].items()
        if name.startswith("prefdata")
    }
    return [
        verdict(
            f"{case.removesuffix(', large')}: peak memory, large by small",
            "≤ 1.00×",
            f"{peak / peaks[small]:.2f}×",
            round(peak / peaks[small], 2) <= 1,
        )
        for case, peak in peaks.items()
        if (small := case.removesuffix(", large")) != case and small in peaks
    ]


def verdict(what: str, asked: str, reached: str, met: bool) -> dict[str, Any]:
    """One row of the table of targets."""
    return {"target": what, "asked": asked, "reached": reached, "met": met}


def case_table(value: dict[str, Any]) -> str:
    """A case as a Markdown table."""
    head = (
        f"### {value['case']}: {value['input_rows']:,} rows, {value['input_bytes'] / 1e9:.2f} GB"
        "\n\n"
        "| | rows/s | seconds (after imports) | CPU seconds | peak memory, MB | of it anonymous "
        "| prefdata is |\n|---|--:|--:|--:|--:|--:|--:|\n"
    )
    return head + "".join(_case_row(name, c) for name, c in value["contenders"].items())


def _case_row(name: str, value: dict[str, Any]) -> str:
    inside = value["seconds_after_imports"]
    cells = [
        name,
        f"{value['rows_per_second']:,.0f}",
        f"{value['seconds']:.2f}" + (f" ({inside:.2f})" if inside is not None else ""),
        f"{value['cpu_seconds']:.2f}",
        f"{value['memory'] / MB:,.0f}",
        f"{value['anonymous_memory'] / MB:,.0f}",
        "" if name.startswith("prefdata") else _as_fast(value),
    ]
    wrong = f"\n\n**{name} ended with {value['wrong_rows']} rows**" if value["wrong_rows"] else ""
    return "| " + " | ".join(cells) + " |\n" + wrong


def _as_fast(value: dict[str, Any]) -> str:
    whole = value["prefdata_times_as_fast"]
    alone = value["prefdata_times_as_fast_as_its_work_alone"]
    return "" if whole is None else f"{whole:.2f}× as fast ({alone:.2f}×)"


def target_table(found: list[dict[str, Any]]) -> str:
    """The targets as a Markdown table."""
    rows = (
        "| " + " | ".join([v["target"], v["asked"], v["reached"], _met(v["met"])]) + " |\n"
        for v in found
    )
    return "### Targets\n\n| | asked | reached | |\n|---|--:|--:|---|\n" + "".join(rows)


def _met(met: bool) -> str:
    return "met" if met else "**missed**"
