"""Heads on frozen embeddings: how long all members and folds take, and what they find.

Random vectors of unit length with a planted direction, so that nothing has to be embedded first;
with --vectors those of a build's workspace (a folder that holds vectors.npy and index-*.npy).
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine

from prefdata.config.reward import HeadConfig, OptimiserConfig, RewardConfig
from prefdata.reward.heads.crossfit import fit_heads
from prefdata.reward.heads.features import PairVectors
from prefdata.transforms.metrics.folds import grouped_folds

PARTS = ("prompt", "turn", "chosen", "rejected")


def planted(pairs: int, dimension: int, seed: int = 0) -> PairVectors:
    """Pairs of random texts; a direction tells chosen from rejected in about two thirds."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(3 * pairs, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    turn, one, other = random.permutation(3 * pairs).reshape(3, pairs)
    gap = (vectors[one] - vectors[other])[:, 0] * dimension**0.5 + 2 * random.normal(size=pairs)
    chosen, rejected = np.where(gap > 0, (one, other), (other, one))
    index = {"prompt": turn, "turn": turn, "chosen": chosen, "rejected": rejected}
    return PairVectors(vectors.astype(np.float16), index)


def embedded(folder: Path) -> PairVectors:
    """What the step `embed` has left behind."""
    index = {part: np.load(folder / f"index-{part}.npy").astype(np.int64) for part in PARTS}
    return PairVectors(np.load(folder / "vectors.npy", mmap_mode="r"), index)


def measured(pairs: PairVectors, kind: str, folds: int, members: int) -> dict[str, Any]:
    """Seconds of one training, penalty search and label-turned heads included."""
    numbers = np.asarray(pairs.index["prompt"])
    groups = np.where(numbers < 0, -1 - np.arange(len(pairs)), numbers)
    head = HeadConfig.model_validate({"kind": kind, "folds": folds, "members": members})
    config = RewardConfig(head=head, optimiser=OptimiserConfig(seed=0))
    start = time.perf_counter()
    fit = fit_heads(
        pairs,
        groups,
        grouped_folds(groups, folds, 0),
        np.full(len(pairs), np.nan),
        config,
    )
    return {
        "kind": kind,
        "pairs": len(pairs),
        "dimension": pairs.dimension,
        "seconds": round(time.perf_counter() - start, 2),
        "fits": fit.fits,
        "accuracy": round(fit.accuracy, 4),
        "null": round(float(np.mean(fit.null_margins[fit.is_used] > 0)), 4),
        "penalty": fit.penalty,
        "unfinished": fit.unfinished,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=16_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--members", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", default=["linear", "mlp"])
    parser.add_argument("--vectors", type=Path)
    asked = parser.parse_args()
    pairs = embedded(asked.vectors) if asked.vectors else planted(asked.pairs, asked.dimension)
    print(json.dumps(machine()))
    for kind in asked.kinds:
        print(json.dumps(measured(pairs, kind, asked.folds, asked.members)), flush=True)


if __name__ == "__main__":
    main()
