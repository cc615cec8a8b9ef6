from __future__ import annotations

from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest

from prefdata.config.model import AgainstConfig
from prefdata.engines.local import LocalEngine
from prefdata.io.files.shards import REMARKS_SCHEMA, Shard, Written, read_table, write_table
from prefdata.io.sources.evaluation import EvaluationFile, EvaluationSet
from prefdata.records.columns import RECORD_SCHEMA, RecordColumns
from prefdata.records.record import Record, assistant, user
from prefdata.steps.decontamination import against
from prefdata.steps.decontamination.against import find_overlaps, only_equal
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables, verdict_file

LONG = "Please list the seven largest moons of Jupiter and tell me who discovered each"
EVALUATION = EvaluationSet(
    (EvaluationFile("a.jsonl", "prompt", "x", 2, 0, 0), EvaluationFile("b.csv", "q", "y", 1, 0, 0)),
    np.array([0, 0, 1]),
    np.array([1, 2, 7]),
    np.zeros(3, bool),
    ("Name an old river in France", "hi", LONG),
)
PROMPTS = [
    ["What is this?", "Hi!"],
    [f"{LONG.replace('largest', 'biggest')} of them.", "a", LONG.upper()],
    ["Nothing of the kind", "Name an old river in France, and one in Spain."],
]


def shards(folder: Path, dropped: int | None = None) -> tuple[list[Shard], Tables]:
    """Three shards of records, one of whose rows a check has dropped."""
    checks, made, first = folder / "checks", [], 0
    for number, prompts in enumerate(PROMPTS):
        columns = RecordColumns()
        for row, prompt in enumerate(prompts):
            columns.append(row, row, Record((user(prompt),), (assistant("x"),), (assistant("y"),)))
        written = Written(f"{number}", len(prompts), len(prompts), 0, len(prompts), len(prompts))
        made.append(Shard(folder, written, number, 0, first, first))
        first += len(prompts)
        write_table(made[-1].records, [columns.batch()], RECORD_SCHEMA)
        write_table(made[-1].remarks, [], REMARKS_SCHEMA)
        rows = [row for row in made[-1].rows if row == dropped]
        verdicts = [{"row": row, "verdict": "drop", "reason": "x"} for row in rows]
        batch = pa.RecordBatch.from_pylist(verdicts, schema=VERDICT_SCHEMA)
        write_table(verdict_file(checks, made[-1]), [batch], VERDICT_SCHEMA)
    return made, Tables(checks)


def verdicts(folder: Path) -> list[dict[str, object]]:
    return [row for batch in read_table(folder / "verdicts.arrow") for row in batch.to_pylist()]


def found(tmp_path: Path, out: str = "against", workers: int = 1, **config: object) -> Path:
    made, tables = shards(tmp_path, dropped=4)
    with LocalEngine(workers) as engine:
        settings = AgainstConfig.model_validate(config)
        find_overlaps(engine, made, tables, settings, EVALUATION, tmp_path / out)
    return tmp_path / out


def test_rows_that_overlap_get_a_verdict_that_says_with_what(tmp_path: Path) -> None:
    lines = [
        {name: value for name, value in line.items() if name != "sentence"}
        for line in verdicts(found(tmp_path))
    ]
    evidence = {
        1: 'prompt equals a.jsonl:2, "hi", after normalising',
        2: 'prompt overlaps with b.csv:7, "Please list the seven largest moons of Jupiter and tell '
        'me …": 0.85 of its 13 n-grams',
        6: 'prompt overlaps with a.jsonl:1, "Name an old river in France": 1.00 of its 5 n-grams',
    }
    assert lines == [
        {"row": row, "verdict": "drop", "reason": "contaminated", "evidence": said, "other": None}
        for row, said in evidence.items()
    ]


def test_counts_and_the_action(tmp_path: Path) -> None:
    made, tables = shards(tmp_path)
    config = AgainstConfig(action="flag")
    counts = find_overlaps(LocalEngine(), made, tables, config, EVALUATION, tmp_path / "out")
    assert counts == {"flag:contaminated": 4}
    assert only_equal(EVALUATION, config, tmp_path / "out") == 0
    assert {row["verdict"] for row in verdicts(tmp_path / "out")} == {"flag"}


def test_nothing_found_and_nothing_to_look_in(tmp_path: Path) -> None:
    nothing = EvaluationSet((), np.zeros(0, int), np.zeros(0, int), np.zeros(0, bool), ())
    made, tables = shards(tmp_path)
    for number, some in enumerate((made, [])):
        out = tmp_path / f"out{number}"
        assert find_overlaps(LocalEngine(), some, tables, AgainstConfig(), nothing, out) == {}
        assert verdicts(out) == []


def test_several_workers_write_the_same_bytes(tmp_path: Path) -> None:
    one, two = (found(tmp_path, f"out{n}", workers=n) / "verdicts.arrow" for n in (1, 2))
    assert one.read_bytes() == two.read_bytes()


def test_a_step_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    whole = found(tmp_path, "whole")
    seen = []

    def failing(item: against.Compared) -> Path:
        if item.shard.number == 2 and not seen:
            seen.append(item)
            raise KeyboardInterrupt
        return original(item)

    original = against.overlaps_of_shard
    with mock.patch.object(against, "overlaps_of_shard", failing):
        with pytest.raises(KeyboardInterrupt):
            found(tmp_path, "stopped")
        assert not (tmp_path / "stopped/done.json").exists()
        with mock.patch.object(against, "overlap_index", side_effect=AssertionError):
            stopped = found(tmp_path, "stopped")
    assert (stopped / "verdicts.arrow").read_bytes() == (whole / "verdicts.arrow").read_bytes()
    with mock.patch.object(against, "_find_overlaps", side_effect=AssertionError):
        found(tmp_path, "stopped")
