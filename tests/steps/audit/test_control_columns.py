from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import run_on

from prefdata.config.load import config_of
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.stages.prepare import prepare
from prefdata.steps.audit.control_columns import control_columns, controls_file, read_controls
from prefdata.steps.progress import silent
from prefdata.transforms.texts.controls import Controls


def judged(first: str, second: str, preference: float, models: str = "xy") -> dict[str, Any]:
    return {
        "instruction": "Say something.",
        "output_1": first,
        "output_2": second,
        "generator_1": models[0],
        "generator_2": models[1],
        "preference": preference,
    }


ROWS = [
    judged("A plain answer of some length.", "- a list\n- of two", 1.9),
    judged("# A heading\n\nand a text", "I'm sorry, but I can't help with that.", 1.0),
    judged("", "An empty first side: dropped by a rule.", 2.0),
    judged("Short.", "是的，这是一个很长的回答。", 1.3, "yx"),
    *[judged(f"Answer {n}.", f"Another answer, number {n}.", 1.0 + n % 2) for n in range(40)],
]


def made(folder: Path, rows: list[dict[str, Any]], workers: int = 1) -> Controls:
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"a.jsonl": rows[:20], "b.jsonl": rows[20:24], "c.jsonl": rows[24:]}
    for name, part in parts.items():
        (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in part), "utf-8")
    config = config_of({})
    with chdir(folder), LocalEngine(workers, ()) as engine:
        ready = prepare(run_on(list(parts), folder, config, engine=engine))
        assert len(ready.trail.shards) == len(parts)
        summary = control_columns(
            engine,
            ready.trail.shards,
            ready.trail.verdicts,
            ready.trail.names,
            folder / "controls",
            silent,
        )
    controls = read_controls(folder / "controls")
    assert summary.pairs == len(controls) and summary.columns == len(controls.names)
    return controls


def test_what_is_read_is_what_the_rows_say(tmp_path: Path) -> None:
    found = made(tmp_path, ROWS)
    assert found.rows.tolist() == [row for row in range(len(ROWS)) if row != 2]
    assert found.named("position")[:3].tolist() == [-1, 1, 1]
    assert found.named("model: x")[:3].tolist() == [-1, 1, -1]
    np.testing.assert_allclose(found.named("bullets")[:3], [np.log(3), 0, 0], rtol=1e-6)
    assert found.named("refusal")[:3].tolist() == [0, -1, 0]
    assert found.named("foreign")[:3].tolist() == [0, 0, -1]
    assert found.remarks == {}


def test_labels_the_other_way_round_turn_every_number(tmp_path: Path) -> None:
    before = made(tmp_path / "a", ROWS)
    after = made(tmp_path / "b", [row | {"preference": 3 - row["preference"]} for row in ROWS])
    assert after.names == before.names
    np.testing.assert_array_equal(after.values, -before.values)


@pytest.mark.slow
def test_the_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    for workers in (1, 2):
        made(tmp_path / str(workers), ROWS, workers)
    one, two = (controls_file(tmp_path / name / "controls").read_bytes() for name in "12")
    assert one == two
