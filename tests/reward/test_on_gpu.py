"""What could not be run where there is no GPU: pytest tests/reward/test_on_gpu.py on one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from training_program import small_network, trained

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
SETTINGS = {"epochs": 3.0, "pairs": 8, "tokens": 300, "learning_rate": 1e-3}


@pytest.mark.parametrize(("dtype", "off"), [("float32", 1e-3), ("auto", 0.1)])
def test_a_gpu_trains_what_a_cpu_does(tmp_path: Path, dtype: str, off: float) -> None:
    config = {"optimiser": SETTINGS, "backbone": {"dtype": dtype}, "evaluation": {"every": 4}}
    _, expected = trained(tmp_path / "cpu", config | {"backbone": {"dtype": "float32"}})
    network, result = trained(tmp_path / "gpu", config, network=small_network().to("cuda"))
    assert result.losses == pytest.approx(expected.losses, abs=off)
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}


def test_a_gpu_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    config = {"optimiser": SETTINGS, "checkpoint": {"every": 5}}

    def stop(done: int) -> None:
        if done > 80:
            raise KeyboardInterrupt

    _, expected = trained(tmp_path / "whole", config, network=small_network().to("cuda"))
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, config, network=small_network().to("cuda"), progress=stop)
    _, result = trained(tmp_path, config, network=small_network().to("cuda"))
    assert result.resumed_from == 10
    assert result.losses == pytest.approx(expected.losses, abs=1e-3)
