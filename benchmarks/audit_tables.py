"""What the benchmark of the audit found as tables, beside what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from report import verdict

Values = dict[str, Any]
CLOSE = 0.03
"""Of calibration errors, and of areas from one half where labels have no meaning."""


@dataclass(frozen=True)
class Asked:
    """What the issue asks of a set: flips, and the least area and average precision."""

    flips: float
    auroc: float
    precision: float | None = None


ASKED = {
    "hh": Asked(0.1, 0.69, 0.22),
    "judged": Asked(0.1, 0.95, 0.74),
    "models": Asked(0.2, 0.87),
}
AMBIGUOUS = 0.7


def targets(report: Values) -> list[Values]:
    """What the issue asks beside what was reached, as means over the seeds."""
    lines = []
    for name, asked in ASKED.items():
        if name not in report:
            continue
        seeds = report[name]["seeds"]
        lines.append(_at_least(f"{name}: AUROC", asked.auroc, _of_all(seeds, "auroc")))
        if asked.precision is not None:
            precision = _of_all(seeds, "average_precision")
            lines.append(_at_least(f"{name}: AP", asked.precision, precision))
        for what in ("ece", "ece_with_flips"):
            error = float(np.mean([seed[what] for seed in seeds]))
            lines.append(verdict(f"{name}: {what}", f"≤ {CLOSE}", f"{error:.4f}", error <= CLOSE))
    for name, found in report.get("shuffled", {}).items():
        areas = [seed["auroc"] for seed in found["seeds"]]
        judged = sum(seed["is_judged"] for seed in found["seeds"])
        said = f"{min(areas):.3f} to {max(areas):.3f}, {judged} judged"
        is_met = max(abs(area - 0.5) for area in areas) <= CLOSE and not judged
        asked_for = f"each .50 ± {CLOSE}, refused"
        lines.append(verdict(f"{name}, shuffled", asked_for, said, bool(is_met)))
    if "ambiguity" in report:
        area = float(np.mean([seed["auroc"] for seed in report["ambiguity"]["seeds"]]))
        lines.append(_at_least("ambiguity: AUROC", AMBIGUOUS, area))
    return lines


def _at_least(name: str, asked: float, reached: float) -> Values:
    return verdict(name, f"≥ {asked:g}", f"{reached:.3f}", reached >= asked)


def _of_all(seeds: Sequence[Values], what: str) -> float:
    return float(np.mean([seed["detections"][0][what] for seed in seeds]))


def detection_table(name: str, found: Values) -> str:
    """Mean and deviation over seeds, a line for each detection."""
    head = f"{name}: {found['pairs']:,} pairs, {found['flips']:.0%} flips"
    lines = [f"\n| {head} | AUROC | AP |", "|---|--:|--:|"]
    for place, first in enumerate(found["seeds"][0]["detections"]):
        cells = []
        for what in ("auroc", "average_precision"):
            values = [seed["detections"][place][what] for seed in found["seeds"]]
            cells.append(f"{np.mean(values):.3f} ± {np.std(values):.3f}")
        lines.append(f"| {first['name']} | " + " | ".join(cells) + " |")
    for what in ("theory", "ece", "ece_with_flips", "ece_by_chance"):
        values = [seed[what] for seed in found["seeds"]]
        lines.append(f"| {what} | {np.mean(values):.4f} ± {np.std(values):.4f} | |")
    return "\n".join(lines) + "\n"
