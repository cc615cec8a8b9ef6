"""The step that scores, with a model that likes long answers, and fails where it is told to."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from runs import run_on

from prefdata.config.model import BuildConfig
from prefdata.engines.local import LocalEngine
from prefdata.errors import RunError
from prefdata.io.files.shards import read_records, read_table
from prefdata.pipeline.stages.prepare import prepare
from prefdata.records.arrays import Floats, Ints
from prefdata.records.text_columns import text_columns
from prefdata.steps.progress import silent
from prefdata.steps.reward import score as step
from prefdata.steps.reward.read_rewards import Scored, read_scored
from prefdata.steps.reward.score import notes_file, score
from prefdata.steps.reward.scorer import ScorerIdentity, Unscored

BY_LENGTH = ScorerIdentity("by-length", "head", "0" * 32)
NO_REWARD, TOO_LONG, CUT = "no reward", "too long", "cut"


@dataclass
class ByLength:
    """Reward: characters of an answer. `dies_after`: so many calls, then it raises."""

    dies_after: int | None = None
    calls: list[list[int]] = field(default_factory=list)
    identity: ScorerIdentity = BY_LENGTH

    def ready(self, rows: Unscored) -> Lengths:
        found, notes = [], []
        for shard in rows.shards:
            for batch in rows.verdicts.active(shard):
                texts = {name: column.to_pylist() for name, column in text_columns(batch).items()}
                sides = zip(batch["row"].to_pylist(), *texts.values(), strict=True)
                for row, prompt, _, chosen, rejected in sides:
                    if prompt == TOO_LONG:
                        notes.append((row, "too-long", "9 tokens, allowed 8"))
                        continue
                    if prompt == CUT:
                        notes.append((row, "prompt-truncated", "1 token"))
                    lost = np.nan if prompt == NO_REWARD else 0
                    found.append((row, len(chosen) + lost, len(rejected)))
        columns = {"row": pl.Int64, "reason": pl.String, "evidence": pl.String}
        lines = pl.DataFrame(notes, schema=columns, orient="row").with_columns(
            sentence=pl.lit(None, pl.String)
        )
        return Lengths(np.array(found, np.float64).reshape(-1, 3), lines, self)


@dataclass
class Lengths:
    table: Any
    notes: pl.DataFrame
    scorer: ByLength
    remarks: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> Ints:
        return self.table[:, 0].astype(np.int64)

    @property
    def sizes(self) -> Ints:
        return np.nan_to_num(self.table[:, 1:].sum(1)).astype(np.int64)

    def rewards(self, numbers: Ints, progress: Callable[[int], None]) -> tuple[Floats, Floats]:
        if len(self.scorer.calls) == self.scorer.dies_after:
            raise RunError("the end")
        self.scorer.calls.append(numbers.tolist())
        progress(len(numbers))
        rewards = self.table[numbers, 1:].astype(np.float32)
        return rewards, np.abs(rewards[:, 0] - rewards[:, 1]) / 2


ROWS = [
    {"prompt": "为什么天是蓝的？", "chosen": "因为空气散射蓝光。", "rejected": "不知道。"},
    {"prompt": "Why is the sky blue?", "chosen": "Air.", "rejected": "Nobody can say it for sure."},
    {"prompt": "Same?", "chosen": "Both say this.", "rejected": "Both say this."},
    {"prompt": TOO_LONG, "chosen": "One answer.", "rejected": "Another, much longer."},
    {"prompt": NO_REWARD, "chosen": "It is so.", "rejected": "It is not so."},
    {"prompt": "Rated?", "chosen": "Yes, it is.", "rejected": "No.", "margin": 2.5},
    {"prompt": CUT, "chosen": "A whole answer.", "rejected": "Half"},
]


@contextmanager
def unscored(folder: Path, rows: list[dict[str, Any]], report: Any = silent) -> Iterator[Unscored]:
    source = folder / "a.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    config = BuildConfig()
    with LocalEngine(1, ()) as engine:
        ready = prepare(run_on([str(source)], folder, config, engine=engine))
        yield Unscored(engine, ready.trail.shards, ready.trail.verdicts, folder / "score-x", report)


def lines_of(table: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values())[:-1] for batch in read_table(table) for row in batch.to_pylist()]


def test_every_active_row_is_scored_or_it_is_said_why_not(tmp_path: Path) -> None:
    with unscored(tmp_path, ROWS) as rows:
        summary = score(ByLength(), rows)
        read = sum(len(batch) for shard in rows.shards for batch in read_records(shard))
    scored = read_scored(rows.folder)
    assert scored.rows.tolist() == [0, 1, 5, 6]  # row 2 was dropped by a rule
    assert scored.rewards.tolist() == [[9, 4], [4, 27], [11, 3], [15, 4]]
    assert scored.reward_margins.tolist() == [5, -23, 8, 11]
    assert scored.spread.tolist() == [2.5, 11.5, 4, 5.5]
    np.testing.assert_equal(scored.given, [np.nan, np.nan, 2.5, np.nan])
    assert (summary.scored, summary.not_scored) == (4, {"not-scored": 1, "too-long": 1})
    assert read == summary.scored + sum(summary.not_scored.values()) + 1
    assert lines_of(notes_file(rows.folder)) == [
        (3, "flag", "too-long", "9 tokens, allowed 8", None),
        (4, "flag", "not-scored", "the model gave no finite reward", None),
        (6, "flag", "prompt-truncated", "1 token", None),
    ]
    assert lines_of(rows.folder / "verdicts.arrow") == [
        (3, "flag", "not-scored", "too-long: 9 tokens, allowed 8", None),
        (4, "flag", "not-scored", "the model gave no finite reward", None),
        (6, "flag", "prompt-truncated", "1 token", None),
    ]


def many(count: int) -> list[dict[str, Any]]:
    return [
        {"prompt": f"Question {n}?", "chosen": f"It is {n} " * (n % 7 + 1), "rejected": f"No {n}."}
        for n in range(count)
    ]


def same(one: Scored, other: Scored) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(
        vars(one).values(), vars(other).values(), strict=True
    ))  # fmt: skip


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_block_that_is_done_is_not_done_twice(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "BLOCK_ROWS", 11)
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    with unscored(tmp_path / "whole", many(50)) as rows:
        whole = ByLength()
        score(whole, rows)
        expected = read_scored(rows.folder)
        score(dying := ByLength(dies_after=0), rows)  # there is nothing left to do
        assert dying.calls == []
    told: list[tuple[str, int, int]] = []
    with unscored(tmp_path / "stopped", many(50), lambda *said: told.append(said)) as rows:
        with pytest.raises(RunError, match="the end"):
            score(ByLength(dies_after=after), rows)
        resumed = ByLength()
        score(resumed, rows)
        assert same(read_scored(rows.folder), expected)
        assert not (rows.folder / "blocks").exists()
    assert resumed.calls == whole.calls[after:]
    assert sorted(itertools.chain.from_iterable(whole.calls)) == list(range(50))
    assert told[-1] == ("score", 50, 50)


def test_blocks_hold_rows_of_one_size_and_no_more_than_a_block_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "BLOCK_SIZE", 100)
    with unscored(tmp_path, many(40)) as rows:
        scorer = ByLength()
        score(scorer, rows)
        sizes = ByLength().ready(rows).sizes
    of_blocks = [sizes[block] for block in scorer.calls]
    assert all(len(block) == 1 or block.sum() <= 100 for block in of_blocks)
    flat = np.concatenate(of_blocks).tolist()
    assert flat == sorted(flat, reverse=True)


@pytest.mark.parametrize("rows", [[], ROWS[2:3], ROWS[3:4]])
def test_no_rows_to_score(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    with unscored(tmp_path, rows) as given:
        summary = score(ByLength(), given)
        assert summary.scored == len(read_scored(given.folder)) == 0
        assert sum(summary.not_scored.values()) == (rows == ROWS[3:4])
