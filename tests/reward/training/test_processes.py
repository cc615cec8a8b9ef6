from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from small_models import some_pairs
from training_program import small_network, trained

from prefdata.reward.training.processes import Processes, process_group, processes_here
from prefdata.reward.training.state import Trained
from prefdata.reward.training.training_log import read_training_log

PROGRAM = Path(__file__).parents[1].joinpath("training_program.py")
CONFIG: dict[str, Any] = {
    "optimiser": {"epochs": 2.0, "pairs": 7, "tokens": 150, "learning_rate": 1e-3},
    "evaluation": {"every": 4, "patience": 50},
    "checkpoint": {"every": 5},
}


def by_torchrun(folder: Path, processes: int) -> Trained:
    folder.mkdir(exist_ok=True)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    count = [f"--nproc-per-node={processes}", "--no-python"]
    program = [sys.executable, str(PROGRAM), str(folder), msgspec.json.encode(CONFIG).decode()]
    path = {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [*launcher, *count, *program], env=os.environ | path, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()[-3000:]
    return msgspec.json.decode((folder / "result.json").read_bytes(), type=Trained)


def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    """43 pairs in steps of 7: the last has one pair, and one process none."""
    network, alone = trained(tmp_path / "alone", CONFIG)
    result = by_torchrun(tmp_path / "two", 2)
    assert result.processes == 2
    assert alone.processes == 1
    assert result.steps == alone.steps == 14
    assert result.losses == pytest.approx(alone.losses, abs=1e-5)
    assert result.kept_step == alone.kept_step
    for one, other in zip(result.evaluations, alone.evaluations, strict=True):
        assert one.loss == pytest.approx(other.loss, abs=1e-5)
        assert (one.step, one.accuracy) == (other.step, other.accuracy)
    weights = load_file(tmp_path / "two" / "model.safetensors")
    for name, weight in network.model.named_parameters():
        torch.testing.assert_close(weights[name], weight.detach(), atol=1e-5, rtol=0)
    lines = read_training_log(tmp_path / "two")
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 15))
    again = by_torchrun(tmp_path / "two", 2)
    assert again.resumed_from == 14
    assert again.losses == result.losses


@given(st.integers(1, 5), st.integers(0, 40), st.integers(0, 9))
def test_shares_are_the_whole(count: int, many: int, seed: int) -> None:
    pairs = some_pairs(40, seed=seed)
    numbers = np.random.default_rng(seed).permutation(40)[:many]
    shares = [Processes(number, count).share(pairs, numbers) for number in range(count)]
    assert sorted(np.concatenate(shares)) == sorted(numbers)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_alone_there_is_nothing_to_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    values = torch.ones(2)
    with process_group(torch.device("cpu")) as processes:
        assert processes == processes_here() == Processes(0, 1)
        assert processes.is_first
        assert processes.add_up(values) is values
        processes.same_weights(small_network().parameters())
        processes.wait()
