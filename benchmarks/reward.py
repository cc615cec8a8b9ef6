"""Measures how fast a reward model trains, and in how much memory, beside TRL's RewardTrainer.

    python benchmarks/reward.py --work DIR --data hh_rlhf_harmless_base_test.jsonl.gz --pairs 400

A small Qwen3 (six layers, width 256) in float32 on the CPU, one epoch, the same pairs in the same
order in each optimisation step, in processes that take turns. Seconds are those of the call that
trains: reading and tokenising, which TRL would do too, are done before, and nobody's. Then the
same with prompts of 50, 200 and 800 drawn tokens, and the memory of one batch, packed and plain.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from encode import completions
from machine import machine
from report import target_table, verdict
from reward_inputs import COMPLETION, drawn_pairs, real_pairs, save_model, save_pairs
from running import demand_success, environment_with, ran, scratch_in

from prefdata.config.reward import OptimiserConfig
from prefdata.reward.backbone.pairs import TokenPairs

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "peers" / "requirements-reward.txt"
PREFDATA, PLAIN, TRL = "prefdata", "prefdata, not packed", "TRL RewardTrainer"
PARTS = ("real", "prompts", "memory")
ASKED = 4.0
CLOSE = 1e-3
LENGTHS = {50: 64, 200: 32, 800: 16}
"""Tokens of the drawn prompts, and how many pairs of each are trained on."""
MB = 10**6

Values = dict[str, Any]


def main() -> None:
    """The command line."""
    options = _options()
    if options.data is None or not options.data.exists():
        print(f"skipped: no file of preference pairs ({options.data or 'pass --data FILE'})")
        return
    if hasattr(os, "sched_setaffinity"):  # every library finds as many cores as there are threads
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: options.threads]))
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    options.peer_python = options.peer_python or environment_with(REQUIREMENTS, work / "trl")
    model = work / "model"
    if not model.exists():
        save_model(completions(options.data, ("chosen", "rejected")), model)
    report: Values = {
        "machine": machine(),
        "options": {name: str(value) for name, value in vars(options).items()},
    }
    with scratch_in(work) as (scratch, env):
        runner = Runner(options, model, scratch, env)
        if "real" in options.parts:
            pairs = real_pairs(options.data, model, scratch / "read", options.pairs)
            report["real"] = {"real pairs": runner.compare(pairs, options.runs)}
            print(_speed_table(report["real"]))
            report["targets"] = _targets(report["real"]["real pairs"])
            print(target_table(report["targets"]))
        if "prompts" in options.parts:
            report["prompts"] = {
                f"{prompt} + {COMPLETION}": runner.compare(drawn_pairs(prompt, count), options.runs)
                for prompt, count in LENGTHS.items()
            }
            print(_speed_table(report["prompts"]))
        if "memory" in options.parts:
            report["memory"] = {
                f"{prompt} + {COMPLETION}": runner.memory(drawn_pairs(prompt, options.batch))
                for prompt in LENGTHS
            }
            print(_memory_table(report["memory"]))
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


class Runner:
    """Runs contenders on pairs, each in a process of its own."""

    def __init__(
        self, options: argparse.Namespace, model: Path, scratch: Path, env: dict[str, str]
    ) -> None:
        self._options, self._model, self._scratch = options, model, scratch
        self._env = env | {
            "PYTHONPATH": str(HERE.parent),
            "OMP_NUM_THREADS": str(options.threads),
            "TOKENIZERS_PARALLELISM": "false",
        }
        self._optimiser = OptimiserConfig(pairs=options.batch, learning_rate=options.learning_rate)

    def compare(self, pairs: TokenPairs, runs: int) -> Values:
        """All contenders by turns; medians, and the losses that each has seen."""
        data = save_pairs(pairs, self._optimiser, self._scratch / "pairs.npz")
        contenders = (PREFDATA, PLAIN, TRL)
        found: dict[str, list[Values]] = {name: [] for name in contenders}
        for turn in range(runs):
            for name in contenders:
                found[name].append(self._trained(name, data))
                seconds = found[name][-1]["seconds"]
                print(f"  turn {turn + 1}: {name} {seconds:.1f} s", file=sys.stderr, flush=True)
        theirs = found[TRL]
        return _tokens(pairs) | {
            name: {
                "pairs_per_second": len(pairs) / median(one["seconds"] for one in own),
                "times_as_fast": median(
                    peer["seconds"] / one["seconds"] for peer, one in zip(theirs, own, strict=True)
                ),
                "cpu_times_as_fast": median(
                    peer["cpu_seconds"] / one["cpu_seconds"]
                    for peer, one in zip(theirs, own, strict=True)
                ),
                "memory": max(one["memory"] for one in own),
                "last_loss": _last(own[0]["losses"]),
                "losses_apart": float(
                    np.abs(np.subtract(own[0]["losses"], theirs[0]["losses"])).max()
                ),
                "seconds": [one["seconds"] for one in own],
                "cpu_seconds": [one["cpu_seconds"] for one in own],
            }
            for name, own in found.items()
        }

    def memory(self, pairs: TokenPairs) -> Values:
        """What a batch needs, packed and plain, in bytes."""
        data = save_pairs(pairs, self._optimiser, self._scratch / "pairs.npz")
        return _tokens(pairs) | {
            name: self._ran(name, self._ours(name, data, "--memory")) for name in (PREFDATA, PLAIN)
        }

    def _trained(self, name: str, data: Path) -> Values:
        script = HERE / "peers" / "trl_reward.py"
        theirs = [str(self._options.peer_python), str(script), *self._arguments(data)]
        return self._ran(name, theirs if name == TRL else self._ours(name, data))

    def _ours(self, name: str, data: Path, *more: str) -> list[str]:
        packing = ["--packing", "off" if name == PLAIN else "on"]
        script = str(HERE / "reward_alone.py")
        return [sys.executable, script, *self._arguments(data), *packing, *more]

    def _arguments(self, data: Path) -> list[str]:
        options = {
            "--pairs": self._options.batch,
            "--threads": self._options.threads,
            "--learning-rate": self._options.learning_rate,
        }
        told = [str(part) for option in options.items() for part in option]
        return [str(self._model), str(data), str(self._scratch / "found.json"), *told]

    def _ran(self, name: str, command: list[str]) -> Values:
        cost = ran(command, self._scratch, self._env)
        demand_success(name, cost)
        found: Values = json.loads((self._scratch / "found.json").read_text(encoding="utf-8"))
        return found | {"memory": cost.largest_process}


def _tokens(pairs: TokenPairs) -> Values:
    shared, rests = int(pairs.shared.sum()), int(pairs.chosen.sum() + pairs.rejected.sum())
    return {"pairs": len(pairs), "tokens": 2 * shared + rests, "tokens_packed": shared + rests}


def _last(losses: list[float]) -> float:
    """The mean of the last quarter: a single step's loss says little."""
    return float(np.mean(losses[-max(1, len(losses) // 4) :]))


def _speed_table(values: Values) -> str:
    lines = [
        "\n| | | pairs/s | times as fast | by CPU seconds | last loss | losses apart, at most "
        "| peak MB |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for case, value in values.items():
        head = f"{case}: {value['pairs']} pairs, {value['tokens'] / value['pairs']:.0f} tokens each"
        for name in (PREFDATA, PLAIN, TRL):
            found = value[name]
            lines.append(
                f"| {head if name == PREFDATA else ''} | {name} "
                f"| {found['pairs_per_second']:.2f} | {found['times_as_fast']:.2f} "
                f"| {found['cpu_times_as_fast']:.2f} "
                f"| {found['last_loss']:.5f} | {found['losses_apart']:.1e} "
                f"| {found['memory'] / MB:,.0f} |"
            )
    return "\n".join(lines) + "\n"


def _memory_table(values: Values) -> str:
    lines = [
        "\n| prompt + completion | tokens packed / plain | kept, packed MB | plain MB | ratio "
        "| rise, packed MB | plain MB | ratio |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for case, value in values.items():
        cells = [f"{value['tokens_packed']:,} / {value['tokens']:,}"]
        for what in ("kept", "risen"):
            packed, plain = value[PREFDATA][what], value[PLAIN][what]
            cells += [f"{packed / MB:,.0f}", f"{plain / MB:,.0f}", f"{plain / packed:.2f}×"]
        lines.append(f"| {case} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _targets(values: Values) -> list[Values]:
    reached, apart = values[PREFDATA]["times_as_fast"], values[PREFDATA]["losses_apart"]
    return [
        verdict("pairs/s against TRL", f"≥ {ASKED:g}×", f"{reached:.2f}×", reached >= ASKED),
        verdict("losses of all steps", f"≤ {CLOSE:g} apart", f"{apart:.1e}", apart <= CLOSE),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="a file of preference pairs")
    parser.add_argument("--work", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--pairs", type=int, help="only so many of the pairs")
    parser.add_argument("--batch", type=int, default=8, help="pairs in an optimisation step")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--runs", type=int, default=3, help="turns")
    parser.add_argument("--parts", type=lambda text: tuple(text.split(",")), default=PARTS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer-python", type=Path, help="an interpreter that has TRL")
    parser.add_argument("--out", type=Path, help="JSON file for every figure")
    return parser.parse_args()


if __name__ == "__main__":
    main()
