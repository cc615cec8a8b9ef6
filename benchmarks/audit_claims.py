"""Measures what the audit claims of wrong labels, with and without answers of people.

    python benchmarks/audit_claims.py --hh FILE --alpaca FILE --demo FILE --work DIR --seeds 10

Labels of real pairs are turned: none, or 1 to 20% of them, by coins, more often where a pair is
close, or to the longer side. Models are trained on the turned labels, and rows ranked. People are
simulated by what was turned: 40 or 100 answers on rows drawn as a review sheet draws them, right or
one in ten wrong, with every "wrong" read again. Each claim is held against what was turned.

Rankings take most of the time, and stay in DIR (`claims-*.npz`) for the next run: delete them after
a change to the models or to what is turned.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from audit import Ready, add_common_options, config_of, ready
from audit_sets import decided, rows_of, written
from machine import machine

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.claims.claims import Claimed, claims_of
from prefdata.label_audit.claims.evidence import Evidence, RowReadings
from prefdata.label_audit.claims.shape import FIRST, Ranking
from prefdata.label_audit.judge.calibrate import calibrated
from prefdata.label_audit.judge.ranking import Ranked, area, average_precision
from prefdata.label_audit.judge.stack import stacked
from prefdata.label_audit.views.plans import folds_of
from prefdata.label_audit.views.view import JudgingPlan
from prefdata.records.arrays import Doubles, Flags, Ints
from prefdata.results.review import TOP, Drawn

KINDS = ("coin", "close", "longer")
RATES = (0.01, 0.03, 0.1, 0.2)
READERS = ((40, 0.0), (40, 0.1), (100, 0.0))
"""Answers, and the share of them that is false."""
PRECISION = 0.8
_DESIGN = 1
BINS = np.linspace(0, 1, 11)


@dataclass
class Tally:
    """What was seen of one kind, rate and reader, over seeds."""

    seen: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, **values: float) -> None:
        """One run."""
        for name, value in values.items():
            self.seen[name].append(float(value))

    def line(self) -> dict[str, float]:
        """Means over runs; `claimed` and `true` are sums, of rows with a P(flip) above one half."""
        means = {name: float(np.nanmean(seen)) for name, seen in self.seen.items()}
        above = sum(self.seen.get("above", []))
        if above:
            means["claim_above"] = sum(self.seen["claimed"]) / above
            means["true_above"] = sum(self.seen["true"]) / above
        return means


def main() -> None:
    """The command line."""
    options = _options()
    found: dict[str, Any] = {"machine": machine()}
    for name, path in _sets(options):
        data = ready(path, options.work.resolve(), options)
        found[name] = {"pairs": len(data.known), "cells": measured(name, data, options)}
        print(table(name, found[name]), flush=True)
        if options.out:
            options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def measured(name: str, data: Ready, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Every cell: kind, rate, answers and their error."""
    cells: dict[str, Tally] = defaultdict(Tally)
    cases = [("none", 0.0), *((kind, rate) for rate in RATES for kind in KINDS)]
    for seed in range(options.seeds):
        draw = np.random.default_rng([seed, 20])
        config = config_of(options, seed, 0.05).audit.model_copy(update={"precision": PRECISION})
        kept = options.work / f"claims-{name}-{seed}.npz"
        if not kept.exists():
            np.savez(kept, **_ranked(data, cases, config, draw))
        with np.load(kept) as arrays:
            turned, margins = arrays["turned"], arrays["margins"]
        draw = np.random.default_rng([seed, 21])
        for (kind, rate), wrong, margin in zip(cases, turned, margins, strict=True):
            ranking = Ranking(margin)
            _rank(cells[f"{kind} {rate:.0%}"], ranking, wrong, data.known.groups, config)
            for answers, error in READERS:
                cell = cells[f"{kind} {rate:.0%}, {answers} answers, {error:.0%} false"]
                _answered(cell, ranking, wrong, data, config, answers, error, draw)
        print(f"  seed {seed}", file=sys.stderr, flush=True)
    return {name: tally.line() for name, tally in cells.items()}


def _ranked(
    data: Ready, cases: list[tuple[str, float]], config: AuditConfig, draw: np.random.Generator
) -> dict[str, Any]:
    """What is turned (cases, n), and the margins (cases, n) of models trained on that."""
    folds = folds_of(data.known.groups, config)
    plain = np.ones(len(data.known), np.float32)
    [clean] = _margins(data, JudgingPlan(plain[None], folds))
    turned = np.stack([_turned(data, clean, kind, rate, draw) for kind, rate in cases])
    labels = np.where(turned, -1, 1).astype(np.float32)
    return {"turned": turned, "margins": np.stack(_margins(data, JudgingPlan(labels, folds)))}


def _margins(data: Ready, plan: JudgingPlan) -> list[Doubles]:
    """Calibrated margins (n) of each variant, of the labels as they stand in it."""
    margins = np.stack([view.margins(plan) for view in data.views])
    together = stacked(margins, plan).margins.mean(axis=1, dtype=np.float64)
    return [
        calibrated(own, labels, plan.folds[0]).log_odds(own) * labels
        for own, labels in zip(together, plan.labels, strict=True)
    ]


def _turned(
    data: Ready, clean: Doubles, kind: str, rate: float, draw: np.random.Generator
) -> Flags:
    """Which labels (n) are turned."""
    chosen, rejected = data.known.lengths
    weights = {
        "none": np.ones(len(clean)),
        "coin": np.ones(len(clean)),
        "close": np.exp(-1.5 * np.abs(clean) / np.abs(clean).mean()),
        "longer": np.where(rejected > chosen, 1.0, 0.1),
    }[kind]
    wrong = np.zeros(len(clean), np.bool_)
    count = round(rate * len(clean))
    wrong[draw.choice(len(clean), count, replace=False, p=weights / weights.sum())] = True
    return wrong


def _rank(cell: Tally, ranking: Ranking, wrong: Flags, groups: Ints, config: AuditConfig) -> None:
    """Without answers: the ranking, and the interval of the first rows."""
    places = {place: place for place in range(len(wrong))}
    claims = claims_of(ranking, places, Evidence((), 0.1), config).claims
    top = int(wrong[ranking.order[: claims.first]].sum())
    cell.add(yield_covers=top <= claims.most, no_answers=claims.answers is None)
    if wrong.any():
        suspicion = -ranking.margin
        cell.add(
            auroc=area([Ranked(suspicion, wrong, groups)]).value,
            average_precision=average_precision(suspicion, wrong),
            found=top / max(claims.first * wrong.mean(), 1e-9),
        )


def _answered(
    cell: Tally,
    ranking: Ranking,
    wrong: Flags,
    data: Ready,
    config: AuditConfig,
    answers: int,
    error: float,
    draw: np.random.Generator,
) -> None:
    """With answers: the rate, the yield, P(flip), and what a wanted precision drops."""
    evidence = Evidence(
        list(_sheet(ranking, wrong, data.known.groups, answers, error, draw)),
        error or 0.1,
        (_DESIGN, len(wrong)),
    )
    places = {place: place for place in range(len(wrong))}
    claimed = claims_of(ranking, places, evidence, config)
    told = claimed.claims.answers
    assert told is not None, "somebody answered"
    least, most = told.wrong_at_top
    top = ranking.order[: claimed.claims.first]
    cell.add(
        rate_covers=told.rate.low - 1e-6 <= wrong.mean() <= told.rate.high + 1e-6,
        rate_width=told.rate.high - told.rate.low,
        top_covers=least <= wrong[top].sum() <= most,
        drops=told.may_drop,
        **_flips(claimed, wrong),
    )
    if told.may_drop:
        read = {row.row for row in evidence.rows}
        unread = [place for place in top.tolist() if place not in read]
        cell.add(drop_holds=wrong[unread].mean() >= PRECISION)


def _flips(claimed: Claimed, wrong: Flags) -> dict[str, float]:
    assert claimed.chances is not None, "somebody answered"
    flip = claimed.chances.mean
    bins = np.digitize(flip, BINS)
    error = sum(abs(float(flip[bins == b].sum() - wrong[bins == b].sum())) for b in np.unique(bins))
    above = flip > 0.5
    return {
        "ece": error / len(flip),
        "above": float(above.sum()),
        "claimed": float(flip[above].sum()),
        "true": float(wrong[above].sum()),
    }


def _sheet(
    ranking: Ranking,
    wrong: Flags,
    groups: Ints,
    answers: int,
    error: float,
    draw: np.random.Generator,
) -> Iterator[RowReadings]:
    """Readings of rows drawn as a sheet draws them; what is called wrong is read again."""
    first = min(max(answers // 2, 12), FIRST)
    for name, rows, count in (
        (TOP, ranking.order[:FIRST], first),
        ("others", ranking.order[FIRST:], answers - first),
    ):
        for place in draw.choice(rows, count, replace=False).tolist():
            readings = [wrong[place] ^ (draw.random() < error)]
            while error and readings[0] and readings.count(True) < 2 and readings.count(False) < 2:
                readings.append(wrong[place] ^ (draw.random() < error))
            words = tuple("flip" if reading else "keep" for reading in readings)
            drawn = Drawn(name, len(rows), len(wrong), _DESIGN)  # type: ignore[arg-type]
            yield RowReadings(place, int(groups[place]), words, drawn)  # type: ignore[arg-type]


def table(name: str, found: dict[str, Any]) -> str:
    """The cells as a table."""
    heads = (
        *("yield_covers", "auroc", "average_precision", "found", "rate_covers", "rate_width"),
        *("top_covers", "ece", "above", "claim_above", "true_above", "drops", "drop_holds"),
    )
    lines = [f"{name}: {found['pairs']:,} pairs", "| | " + " | ".join(heads) + " |"]
    lines.append("|---" * (len(heads) + 1) + "|")
    for cell, values in found["cells"].items():
        told = (f"{values[head]:.3f}" if head in values else "" for head in heads)
        lines.append(f"| {cell} | " + " | ".join(told) + " |")
    return "\n".join(lines)


def _sets(options: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    if options.hh:
        yield "hh", options.hh
    if options.alpaca:
        rows = decided(rows_of(options.alpaca))
        yield "alpaca", written(rows, options.work / "alpaca-decided.jsonl")
    for demo in options.demo:
        yield demo.stem, demo


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hh", type=Path)
    parser.add_argument("--alpaca", type=Path)
    parser.add_argument("--demo", type=Path, action="append", default=[])
    add_common_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
