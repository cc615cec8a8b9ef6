"""Measures what a judge adds, as one more view, to finding wrong labels.

    python benchmarks/audit_judges.py FILE --work DIR --seeds 10
    python benchmarks/audit_judges.py FILE --work DIR --judgements JUDGED

Labels of real pairs are turned, 10% of them by coins. Models are trained on the turned labels, with
and without the view of a judge that has not seen them, and rows ranked. Judges are simulated: one
that says the same in both orders and is right on 75% of the pairs, and one that throws a coin; or
read from a file, as `prefdata judge` writes it. What a judge adds is the difference, seed by seed,
with a 95% interval of its mean (of Student's t).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from audit import add_common_options, config_of, ready
from machine import machine
from scipy.stats import t

from prefdata.label_audit.judge.calibrate import calibrated
from prefdata.label_audit.judge.ranking import Ranked, area, average_precision
from prefdata.label_audit.judge.stack import stacked
from prefdata.label_audit.views.dense_view import JudgementsView
from prefdata.label_audit.views.plans import folds_of
from prefdata.label_audit.views.view import JudgingPlan
from prefdata.records.arrays import Floats, Ints

RATE = 0.1
RIGHT = {"right on 75%": 0.75, "a coin": 0.5}


def main() -> None:
    """The command line."""
    options = _options()
    found: dict[str, object] = {"machine": machine()}
    for file in options.files:
        seen = measured(file, options)
        found[file.stem] = seen
        for judge, gains in seen.items():
            for name, values in gains.items():
                print(f"{file.stem}, {judge}: {name} {_said(values)}", flush=True)
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def measured(file: Path, options: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Of each judge, what was seen in each seed."""
    data = ready(file, options.work.resolve(), options)
    [views, judged] = [[v for v in data.views if is_of(v.name)] for is_of in (_is_own, _is_judge)]
    seen: dict[str, dict[str, list[float]]] = {}
    for seed in range(options.seeds):
        draw = np.random.default_rng([seed, 22])
        config = config_of(options, seed, 0.05).audit
        wrong = np.zeros(len(data.known), np.bool_)
        wrong[draw.choice(len(wrong), round(RATE * len(wrong)), replace=False)] = True
        labels = np.where(wrong, -1, 1).astype(np.float32)
        plan = JudgingPlan(labels[None], folds_of(data.known.groups, config))
        own = [view.margins(plan) for view in views]
        judges = {view.name: view for view in judged} or {
            name: JudgementsView(np.where(draw.random((len(wrong), 1)) < right, 1, -1).astype("f4"))
            for name, right in RIGHT.items()
        }
        without = _found(own, plan, data.known.groups)
        for name, judge in judges.items():
            found = _found([*own, judge.margins(plan)], plan, data.known.groups)
            cell = seen.setdefault(name, {})
            for figure, value in found.items():
                cell.setdefault(figure, []).append(value)
                cell.setdefault(f"{figure} added", []).append(value - without[figure])
        print(f"  seed {seed}", file=sys.stderr, flush=True)
    return seen


def _found(margins: list[Floats], plan: JudgingPlan, groups: Ints) -> dict[str, float]:
    """How well turned labels are found by views with margins (1, repeats, n)."""
    labels = plan.labels[0]
    together = stacked(np.stack(margins), plan).margins[0].mean(axis=0, dtype=np.float64)
    suspicion = -calibrated(together, labels, plan.folds[0]).log_odds(together) * labels
    return {
        "AUROC": float(area([Ranked(suspicion, labels < 0, groups)]).value or 0.5),
        "average precision": average_precision(suspicion, labels < 0),
    }


def _is_judge(name: str) -> bool:
    return name == JudgementsView.name


def _is_own(name: str) -> bool:
    return not _is_judge(name)


def _said(values: list[float]) -> str:
    mean = float(np.mean(values))
    half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--judgements", help="judged pairs, read as `audit.judgements`")
    add_common_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
