"""prefdata's training loop alone, or what one forward pass of it keeps for the backward pass.

    python benchmarks/reward_alone.py MODEL PAIRS.npz OUT.json --pairs 8 --packing on

With `--memory` all pairs of the file are one batch: OUT tells the bytes that the forward pass
keeps, weights aside, and how far the process's memory rose from before it to the end of the
backward pass.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prefdata.config.reward import (
    BackboneConfig,
    CheckpointConfig,
    ObjectiveConfig,
    OptimiserConfig,
    RewardConfig,
)
from prefdata.models.quiet import quiet
from prefdata.reward.backbone.network import RewardNetwork, reward_network
from prefdata.reward.backbone.open_backbone import open_backbone
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.reward.training.loop import train_backbone
from prefdata.reward.training.objective import pair_losses

KB = 1024


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, required=True, help="in an optimisation step")
    parser.add_argument("--packing", choices=("on", "off"), default="on")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pairs = pairs_in(options.data)
    config = RewardConfig(
        backbone=BackboneConfig(name=str(options.model), device="cpu", packing=options.packing),
        optimiser=OptimiserConfig(pairs=options.pairs, learning_rate=options.learning_rate),
        checkpoint=CheckpointConfig(every=0),
    )
    network = network_of(config)
    found = kept(network, pairs) if options.memory else trained(network, pairs, config)
    options.out.write_text(json.dumps(found), encoding="utf-8")


def pairs_in(path: Path) -> TokenPairs:
    """The pairs of a file."""
    with np.load(path) as arrays:
        found = {name: arrays[name] for name in ("ids", "starts", "shared", "chosen", "rejected")}
    count = len(found["starts"]) - 1
    return TokenPairs(
        **found, margins=np.full(count, np.nan, np.float32), rows=np.arange(count, dtype=np.int64)
    )


def network_of(config: RewardConfig) -> RewardNetwork:
    """The model, packed or not."""
    from transformers import AutoTokenizer

    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(config.backbone.name)
    model = open_backbone(config.backbone, tokenizer, "cpu", seed=0).model
    return reward_network(model, tokenizer.pad_token_id, config.backbone, config.length.tokens)


def trained(network: RewardNetwork, pairs: TokenPairs, config: RewardConfig) -> dict[str, Any]:
    """Seconds of the whole call, and the loss of each step."""
    with tempfile.TemporaryDirectory() as folder:
        begin, begin_cpu = time.perf_counter(), time.process_time()
        losses = train_backbone(network, pairs, None, config, Path(folder)).losses
        seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "losses": losses}


def kept(network: RewardNetwork, pairs: TokenPairs) -> dict[str, Any]:
    """Bytes that lie in memory between the two passes, and the process's rise over both."""
    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    held: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            held[storage.data_ptr()] = storage.nbytes()
        return tensor

    network.train()
    batch = network.collate(pairs, np.arange(len(pairs)))
    before = peak()
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        losses = pair_losses(network(batch), batch.margins, ObjectiveConfig())
    losses.mean().backward()
    return {"kept": sum(held.values()), "risen": peak() - before}


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KB


if __name__ == "__main__":
    main()
