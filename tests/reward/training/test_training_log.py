from __future__ import annotations

from pathlib import Path

import pytest

from prefdata.reward.training.training_log import read_training_log, training_log


def written(folder: Path, steps: range, *, after: int, tensorboard: bool = False) -> None:
    with training_log(folder, after=after, tensorboard=tensorboard) as write:
        for step in steps:
            write(step, {"loss": 1 / step})


def test_a_resumed_run_repeats_no_line(tmp_path: Path) -> None:
    written(tmp_path, range(1, 8), after=0)
    with (tmp_path / "curves.jsonl").open("a") as file:
        file.write('{"step":8,"lo')  # where a kill cut it short
    assert [line["step"] for line in read_training_log(tmp_path)] == [1, 2, 3, 4, 5, 6, 7]
    written(tmp_path, range(5, 7), after=4)
    assert read_training_log(tmp_path) == [{"step": step, "loss": 1 / step} for step in range(1, 7)]
    written(tmp_path, range(1, 3), after=0)
    assert [line["step"] for line in read_training_log(tmp_path)] == [1, 2]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_shows_the_same(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    written(tmp_path, range(1, 8), after=0, tensorboard=True)
    written(tmp_path, range(5, 7), after=4, tensorboard=True)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    found = [(event.step, event.value) for event in events.Scalars("loss")]
    assert found == [(step, pytest.approx(1 / step)) for step in range(1, 7)]
