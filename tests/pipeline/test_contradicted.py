"""A file whose labels contradict its dialect is refused by every command that reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.errors import ContradictedError, DialectError, UsageError
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.convert import convert
from prefdata.pipeline.inspect import inspect
from prefdata.pipeline.validate import validate


def judged(path: Path, labels: list[object]) -> Path:
    lines = [
        {"instruction": f"Name river {n}.", "output_1": f"Elbe {n}", "output_2": f"A spoon {n}",
         "preference": label}
        for n, label in enumerate(labels)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def rows_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def late(tmp_path: Path) -> Path:
    """Only ones among the rows that the dialect is found by; the zeros come later."""
    return judged(tmp_path / "late.jsonl", [1] * 250 + [0] * 100)


COMMANDS: dict[str, Callable[[Path, Path], object]] = {
    "build": lambda source, out: build([source], out=out),
    "build, in parts": lambda source, out: build(
        [source], out=out, workers=2,
        config=overridden(BuildConfig(), {"read.segment_bytes": 64 * 1024}),
    ),
    "validate": lambda source, _: validate([source]),
    "convert": lambda source, out: convert([source], out=out, to="jsonl", drop_unholdable=True),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_contradiction_in_the_tail_refuses_the_file(
    command: str, late: Path, tmp_path: Path
) -> None:
    with pytest.raises(ContradictedError, match=r"100 of 350 labels .* 0 in 100 .* 1 in 250"):
        COMMANDS[command](late, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["late.jsonl"]


def test_inspect_names_it_among_the_problems(late: Path, tmp_path: Path) -> None:
    fine = judged(tmp_path / "fine.jsonl", [1, 1.5, 2])
    result = inspect([late, fine])
    assert [file.name for file in result.files] == [str(fine)]
    assert "0 in 100 rows" in result.problems[0].problem


IN_MEMORY: dict[str, Callable[[list[Any], Path], object]] = {
    "validate": lambda rows, _: validate(rows),
    "build": lambda rows, out: build(rows, out=out),
    "convert": lambda rows, out: convert(rows, out=out, to="jsonl", drop_unholdable=True),
    "audit": lambda rows, out: audit(rows, out=out),
}


@pytest.mark.parametrize("command", IN_MEMORY)
def test_rows_in_memory_are_refused_in_the_same_words(
    command: str, late: Path, tmp_path: Path
) -> None:
    with pytest.raises(ContradictedError, match=r"rows: 100 of 350 labels .* 0 in 100"):
        IN_MEMORY[command](rows_of(late), tmp_path / "out")


def test_inspect_names_rows_in_memory_among_the_problems(late: Path) -> None:
    result = inspect(rows_of(late))
    (problem,) = result.problems
    assert (result.files, problem.name) == ((), "rows")
    assert problem.problem.startswith("rows: 100 of 350 labels")


def test_it_is_an_error_of_usage_and_of_the_dialect() -> None:
    assert issubclass(ContradictedError, UsageError) and issubclass(ContradictedError, DialectError)


def test_a_few_odd_labels_go_to_quarantine(tmp_path: Path) -> None:
    source = judged(tmp_path / "a.jsonl", [1, 2] * 30 + [0, 7] + [None] * 20)
    assert validate([source]).sources[0].quarantined == 22


def test_the_limit_is_in_the_config(late: Path) -> None:
    config = overridden(BuildConfig(), {"read.max_unknown_labels": 0.3})
    assert validate([late], config=config).sources[0].quarantined == 100


def test_the_same_rows_in_parquet_are_refused_too(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"instruction": ["Name a tree."] * 6, "output_1": ["Oak"] * 6,
                      "output_2": ["Cup"] * 6, "preference": [1, 0] * 3})  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ContradictedError, match="3 of 6 labels"):
        validate([tmp_path / "a.parquet"])
