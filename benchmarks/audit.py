"""Measures what the audit of labels finds: flips planted in real pairs, seed by seed.

    python benchmarks/audit.py --hh FILE --alpaca FILE --work DIR --seeds 10
    python benchmarks/audit.py --alpaca FILE --work DIR --parts speed

The files go through the same steps as in `prefdata audit`; rows that these drop are not judged.
In every seed other labels are turned and other folds drawn; models are trained on the turned
labels, and all rows are ranked by how much they speak against their label. Beside the area and the
average precision of all views together stand those of each view, of length alone, and of labels
without meaning. `shuffled`: the audit of data whose labels a coin has decided. `speed`: the whole
command, embeddings from the cache of the first run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from audit_sets import Row, decided, model_against_model, repeated, rows_of, written
from audit_tables import ASKED, Asked, Values, detection_table, targets
from audit_turned import Turned, coins
from machine import machine
from report import target_table
from running import demand_success, ran, scratch_in

from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.engines.local import LocalEngine
from prefdata.label_audit.judge.calibrate import calibrated
from prefdata.label_audit.judge.judge import judged_from
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.judge.ranking import Ranked, area
from prefdata.label_audit.judge.stack import stacked
from prefdata.label_audit.views.plans import plan_of
from prefdata.label_audit.views.view import JudgingPlan, View
from prefdata.pipeline.run.opened import open_sources
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.stages.dataset import dataset_of
from prefdata.pipeline.stages.views import make_views
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.transforms.metrics.calibration import calibration

HERE = Path(__file__).parent
PARTS = ("hh", "judged", "models", "shuffled", "ambiguity")
ROWS = "4000,16000,64000"
NEAR, FAR = 0.5, 0.9
"""Margins (|2 preference - 3|) up to which a pair is nearly a tie, and from which it is extreme."""


@dataclass(frozen=True)
class Ready:
    """A set whose views are made."""

    views: tuple[View, ...]
    known: PairTable


def main() -> None:
    """The command line."""
    options = _options()
    work = options.work.resolve()
    report: Values = {
        "machine": machine(),
        "options": {k: str(v) for k, v in vars(options).items()},
    }
    sets = _sets(options, work)
    for name in options.parts:
        if name in ASKED and name in sets:
            report[name] = planted(ready(sets[name], work, options), ASKED[name], options)
            print(detection_table(name, report[name]), flush=True)
        if name == "shuffled":
            report[name] = {
                one: shuffled(ready(sets[one], work, options), options)
                for one in ("hh", "judged")
                if one in sets
            }
            print(json.dumps(report[name], indent=1), flush=True)
        if name == "ambiguity" and "all" in sets:
            report[name] = ambiguity(ready(sets["all"], work, options), options)
            print(json.dumps(report[name], indent=1), flush=True)
        if name == "speed" and options.alpaca:
            report[name] = speed(options.alpaca, work, options)
            print(json.dumps(report[name], indent=1), flush=True)
    report["targets"] = targets(report)
    print(target_table(report["targets"]))
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def planted(found: Ready, asked: Asked, options: argparse.Namespace) -> Values:
    """Of each seed: every detection of the self-test, calibration, and what would be flagged."""
    seeds: list[Values] = []
    for seed in range(options.seeds):
        config = config_of(options, seed, asked.flips).audit
        plan = plan_of(found.known.groups, config)
        margins = _margins(found.views, plan)
        judged = judged_from(
            found.views, margins, plan, found.known.groups, found.known.lengths, config
        )
        seeds.append(_seed(judged, margins, plan))
        print(f"  seed {seed}: {seeds[-1]['detections'][0]}", file=sys.stderr, flush=True)
    return {"pairs": len(found.known), "flips": asked.flips, "seeds": seeds}


def _seed(judged: Judged, margins: Any, plan: JudgingPlan) -> Values:
    return {
        "detections": [found.model_dump() for found in judged.power.detections],
        "theory": judged.power.theory,
        "ece": calibration(judged.margin).ece,
        "ece_with_flips": _ece(margins, plan, 1),
        "ece_by_chance": calibration(judged.margin).ece_by_chance,
        "prior": judged.prior.high,
        "weights": dict(zip(judged.names, judged.weights.round(3).tolist(), strict=True)),
        "classes": _classes(judged),
    }


def _ece(margins: Any, plan: JudgingPlan, variant: int) -> float | None:
    """Of the labels of a copy, calibrated as if they were those of the data."""
    own = JudgingPlan(plan.labels[variant : variant + 1], plan.folds)
    together = stacked(margins[:, variant : variant + 1], own).margins[0].mean(axis=0)
    links = calibrated(together, own.labels[0], own.folds[0])
    return calibration(links.log_odds(together) * own.labels[0]).ece


def shuffled(found: Ready, options: argparse.Namespace) -> Values:
    """The audit of data whose labels a coin has decided, once for each seed."""
    seeds = []
    for seed in range(options.seeds):
        config = config_of(options, seed, 0.05, copies=3).audit
        turn = coins(len(found.known), seed)
        chosen, rejected = found.known.lengths
        lengths = (np.where(turn > 0, chosen, rejected), np.where(turn > 0, rejected, chosen))
        plan = plan_of(found.known.groups, config)
        views = [Turned(view, turn) for view in found.views]
        margins = _margins(views, plan)
        judged = judged_from(views, margins, plan, found.known.groups, lengths, config)
        seeds.append(
            {
                "auroc": judged.power.detections[0].auroc,
                "null": judged.power.detections[-1].auroc,
                "is_judged": judged.is_judged,
                "flagged": int(np.count_nonzero(judged.classes)),
            }
        )
    return {"pairs": len(found.known), "seeds": seeds}


def ambiguity(found: Ready, options: argparse.Namespace) -> Values:
    """How well pairs near a tie are told from extreme ones, by the class and by the margin."""
    stated = found.known.margins
    near, far = stated <= NEAR, stated >= FAR
    seeds = []
    for seed in range(options.seeds):
        config = config_of(options, seed, 0.05).audit
        plan = plan_of(found.known.groups, config)
        margins = _margins(found.views, plan)
        judged = judged_from(
            found.views, margins, plan, found.known.groups, found.known.lengths, config
        )
        either = near | far
        doubt = -np.abs(judged.p_label[either] - 0.5)
        ranked = Ranked(doubt, near[either], found.known.groups[either])
        is_ambiguous = judged.classes == CLASSES.index("ambiguous")
        seeds.append(
            {
                "auroc": area([ranked]).value,
                "near_of_class": float(near[is_ambiguous].mean()),
                "near_of_all": float(near.mean()),
                "classes": _classes(judged),
            }
        )
    return {"near": int(near.sum()), "far": int(far.sum()), "seeds": seeds}


def speed(file: Path, work: Path, options: argparse.Namespace) -> list[Values]:
    """Seconds and memory of the whole command by rows; the first run fills the cache."""
    rows, found = rows_of(file), []
    for count in map(int, options.rows.split(",")):
        data = written(repeated(rows, count, seed=0), work / f"rows-{count}.jsonl")
        command = [sys.executable, "-m", "prefdata", "audit", str(data), "--encoder"]
        with scratch_in(work) as (scratch, env):
            env |= {"PYTHONPATH": str(HERE.parent)}
            for turn in ("embedding", "cached"):
                out = str(scratch / turn)
                cost = ran([*command, options.encoder, "--out", out], scratch, env, seconds=7200)
                demand_success(f"prefdata audit of {count} rows", cost)
        found.append(
            {
                "rows": count,
                "seconds": cost.seconds,
                "cpu_seconds": cost.cpu_seconds,
                "memory_mb": cost.memory / 10**6,
            }
        )
        print(f"  {found[-1]}", file=sys.stderr, flush=True)
    return found


def ready(file: Path, work: Path, options: argparse.Namespace) -> Ready:
    """Reads, compares and measures a set, as the audit does; what is done already is read."""
    config = config_of(options, 0, 0.05)
    place = work / f"workspace-{file.stem}-{options.encoder}"
    with LocalEngine(options.workers, ()) as engine:
        opened = open_sources([str(file)], config.read, place / "spool")
        data = dataset_of(Run(opened, place, engine, config))
        views = make_views(data)
    known = views.known
    print(
        f"  {file.stem}: {len(known):,} pairs, {data.counts.dropped}", file=sys.stderr, flush=True
    )
    return Ready(tuple(views.views), known)


def _margins(views: Sequence[View], plan: JudgingPlan) -> Any:
    return np.stack([view.margins(plan) for view in views])


def _classes(judged: Judged) -> dict[str, int]:
    counts = np.bincount(judged.classes, minlength=len(CLASSES))
    return dict(zip(CLASSES, counts.tolist(), strict=True))


def config_of(options: argparse.Namespace, seed: int, flips: float, copies: int = 1) -> BuildConfig:
    settings = {
        "encoder.name": options.encoder,
        "audit.seed": seed,
        "audit.self_test.flips": flips,
        "audit.self_test.copies": copies,
    }
    if getattr(options, "judgements", None):
        settings["audit.judgements"] = [options.judgements]
    return overridden(BuildConfig(), settings)


def _sets(options: argparse.Namespace, work: Path) -> dict[str, Path]:
    """The files of the sets that can be made; those that are there already stay."""
    made: dict[str, Path] = {}
    if options.hh:
        made["hh"] = options.hh
    if options.alpaca:
        made["all"] = options.alpaca
        makers: dict[str, Callable[[list[Row]], Iterable[Row]]] = {
            "judged": decided,
            "models": model_against_model,
        }
        for name, maker in makers.items():
            made[name] = work / f"{name}.jsonl"
            if not made[name].exists():
                written(maker(rows_of(options.alpaca)), made[name])
    return made


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hh", type=Path, help="HH-RLHF, harmless, test")
    parser.add_argument("--alpaca", type=Path, help="AlpacaEval, judged")
    parser.add_argument("--parts", type=lambda text: tuple(text.split(",")), default=PARTS)
    parser.add_argument("--rows", default=ROWS, help="of the part speed")
    add_common_options(parser)
    return parser.parse_args()


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of every benchmark of the audit."""
    parser.add_argument("--work", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--encoder", default="multilingual")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="JSON file for every figure")


if __name__ == "__main__":
    main()
