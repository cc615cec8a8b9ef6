from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from training_program import small_network, trained

from prefdata.errors import OutputError
from prefdata.reward.training import checkpoint
from prefdata.reward.training.training_log import read_training_log

PROGRAM = Path(__file__).parents[1].joinpath("training_program.py")
CONFIG: dict[str, Any] = {
    "optimiser": {"epochs": 3.0, "pairs": 8, "tokens": 200, "learning_rate": 1e-3},
    "evaluation": {"every": 5},
    "checkpoint": {"every": 4},
}


class InterruptedRunError(Exception):
    pass


def interrupted(folder: Path, config: dict[str, Any], pairs: int, **options: Any) -> None:
    def progress(done: int) -> None:
        if done >= pairs:
            raise InterruptedRunError

    with pytest.raises(InterruptedRunError):
        trained(folder, config, progress=progress, **options)


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return all(map(torch.equal, one.parameters(), other.parameters()))


def measured(folder: Path) -> list[dict[str, float]]:
    return [
        {name: value for name, value in line.items() if not name.endswith("per_second")}
        for line in read_training_log(folder)
    ]


def goes_on_as_if_nothing_had_been(undisturbed: Path, resumed: Path, at: int) -> None:
    expected, whole = trained(undisturbed, CONFIG)
    network, result = trained(resumed, CONFIG)
    assert result.resumed_from == at
    assert same_weights(network, expected)
    assert result.losses == whole.losses
    assert result.evaluations == whole.evaluations
    assert measured(resumed) == measured(undisturbed)


@pytest.mark.parametrize("pairs", [43, 120])
def test_a_killed_training_ends_with_the_same_bits(tmp_path: Path, pairs: int) -> None:
    """A process that SIGKILL ends after so many pairs: nothing of it can tidy up."""
    command = [sys.executable, PROGRAM, tmp_path / "killed", msgspec.json.encode(CONFIG), pairs]
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    ended = subprocess.run(
        [part if isinstance(part, bytes) else str(part) for part in command],
        env=os.environ | threads | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    at = {43: 4, 120: 16}[pairs]
    goes_on_as_if_nothing_had_been(tmp_path / "whole", tmp_path / "killed", at)


@pytest.mark.parametrize("pairs", [1, 35, 51, 121])
def test_an_interrupted_training_ends_with_the_same_bits(tmp_path: Path, pairs: int) -> None:
    interrupted(tmp_path / "cut", CONFIG, pairs)
    at = {1: 0, 35: 4, 51: 4, 121: 16}[pairs]
    goes_on_as_if_nothing_had_been(tmp_path / "whole", tmp_path / "cut", at)


def test_a_kill_while_it_writes_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = checkpoint.save_file
    calls = iter(range(100))

    def failing(tensors: dict[str, torch.Tensor], path: Path) -> None:
        if next(calls) == 3:  # the moments of the second checkpoint
            path.write_bytes(b"half of")
            raise InterruptedRunError
        written(tensors, path)

    with monkeypatch.context() as patch, pytest.raises(InterruptedRunError):
        patch.setattr(checkpoint, "save_file", failing)
        trained(tmp_path / "cut", CONFIG)
    goes_on_as_if_nothing_had_been(tmp_path / "whole", tmp_path / "cut", 4)


def test_early_stop_resumes_with_its_best(tmp_path: Path) -> None:
    config = {
        "optimiser": CONFIG["optimiser"] | {"epochs": 30, "learning_rate": 1e-2},
        "evaluation": {"every": 3, "patience": 3},
        "checkpoint": {"every": 4},
    }
    expected, whole = trained(tmp_path / "whole", config)
    assert whole.stopped_early
    for step in range(2, whole.steps, 5):
        folder = tmp_path / str(step)
        interrupted(folder, config, (step // 6) * 43 + (step % 6) * 8)
        network, result = trained(folder, config)
        assert result.evaluations == whole.evaluations
        assert same_weights(network, expected)


def test_only_the_newest_is_kept(tmp_path: Path) -> None:
    trained(tmp_path, CONFIG)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.jsonl", "step-18"]
    trained(tmp_path / "none", CONFIG | {"checkpoint": {"every": 0}})
    assert [path.name for path in (tmp_path / "none").iterdir()] == ["curves.jsonl"]


@pytest.mark.parametrize(
    "change",
    [
        {"optimiser": CONFIG["optimiser"] | {"learning_rate": 2e-3}},
        {"objective": {"centring": 0.01}},
        {"evaluation": {"every": 4}},
    ],
)
def test_another_config_begins_anew(tmp_path: Path, change: dict[str, Any]) -> None:
    interrupted(tmp_path, CONFIG, 80)
    _, result = trained(tmp_path, CONFIG | change)
    assert result.resumed_from == 0
    assert len([line for line in read_training_log(tmp_path) if "loss" in line]) == 18


def test_another_model_begins_anew(tmp_path: Path) -> None:
    interrupted(tmp_path, CONFIG, 80)
    _, result = trained(tmp_path, CONFIG, network=small_network(seed=1))
    assert result.resumed_from == 0


def test_speed_may_change_between_runs(tmp_path: Path) -> None:
    interrupted(tmp_path, CONFIG, 80)
    faster = CONFIG | {"optimiser": CONFIG["optimiser"] | {"tokens": 1000}}
    _, result = trained(tmp_path, faster)
    assert result.resumed_from == 8


def test_a_checkpoint_of_another_version_is_not_read(tmp_path: Path) -> None:
    interrupted(tmp_path, CONFIG, 80)
    (tmp_path / "step-8" / "state.json").write_text('{"unknown": 1}')
    assert trained(tmp_path, CONFIG)[1].resumed_from == 0
    assert not list(tmp_path.rglob("*.pt")) + list(tmp_path.rglob("*.pkl"))


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(tensors: dict[str, torch.Tensor], path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(OutputError, match=r"checkpoint .*step-4: .*No space left on device\."):
        trained(tmp_path, CONFIG)
    patient = {"evaluation": {"every": 2, "patience": 2}}
    with pytest.raises(OutputError, match=r"best-2\.safetensors"):
        trained(tmp_path, CONFIG | patient)
