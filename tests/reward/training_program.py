"""A small training, to be run in this process, in one that is killed, or in several.

    python training_program.py FOLDER CONFIG [PAIRS]

It kills itself with SIGKILL once so many PAIRS are done; else FOLDER gets losses and weights.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
from safetensors.torch import save_model
from small_models import small_model, some_pairs

from prefdata.config.reward import RewardConfig
from prefdata.reward.backbone.network import RewardNetwork, reward_network
from prefdata.reward.training.loop import train_backbone
from prefdata.reward.training.processes import processes_here
from prefdata.reward.training.state import Trained


def small_network(name: str = "qwen3", **settings: Any) -> RewardNetwork:
    return reward_network(small_model(name, **settings), 0, RewardConfig().backbone, 128)


def trained(
    folder: Path, config: dict[str, Any], *, network: RewardNetwork | None = None, **options: Any
) -> tuple[RewardNetwork, Trained]:
    network = network or small_network()
    train, held_out = some_pairs(43, seed=1), some_pairs(20, seed=2)
    validated = RewardConfig.model_validate(config)
    return network, train_backbone(network, train, held_out, validated, folder, **options)


def main(folder: Path, config: str, fatal: int) -> None:
    def progress(done: int) -> None:
        if 0 < fatal <= done:
            os.kill(os.getpid(), signal.SIGKILL)

    network, result = trained(folder, msgspec.json.decode(config), progress=progress)
    if processes_here().is_first:
        save_model(network.model, str(folder / "model.safetensors"))
        (folder / "result.json").write_bytes(msgspec.json.encode(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
