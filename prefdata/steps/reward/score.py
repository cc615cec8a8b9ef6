"""Step: the rewards of all active rows, block by block; finished blocks are not scored again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from prefdata.io.files.arrays import read_array, write_array
from prefdata.io.files.shards import Shard, read_records
from prefdata.records.arrays import Doubles, Floats, Ints
from prefdata.results.sentences import Sentence, sentence_json
from prefdata.steps.once import once
from prefdata.steps.progress import Report
from prefdata.steps.reward.read_rewards import Scored, write_scored
from prefdata.steps.reward.scorer import Scorable, Scorer, Unscored
from prefdata.steps.verdict_tables import FLAG, write_verdicts

NOT_SCORED = "not-scored"
BLOCK_ROWS, BLOCK_SIZE = 4096, 1 << 18
"""The most rows of a block, and the maximum sum of their sizes: an interrupted run loses at most
one block."""

_NO_NUMBER = Sentence("reward.no-number")


class ScoreSummary(msgspec.Struct):
    """Rows that were scored, rows that were not by reason, and remarks on the dataset by code."""

    scored: int
    not_scored: dict[str, int]
    remarks: dict[str, Sentence]


def score(scorer: Scorer, rows: Unscored) -> ScoreSummary:
    """Scores all active rows: writes rewards (for `read_scored`) and two tables to `rows.folder`.

    `notes_file`: one line with the reason for every active row without rewards, and notes on
    scored rows. `verdicts.arrow`: the same rows for the ledger, without rewards under one reason.
    A run that was killed resumes at its unfinished block; blocks and rewards are the same.
    """
    folder = rows.folder
    folder.mkdir(parents=True, exist_ok=True)
    summary = once(folder / "done.json", ScoreSummary, lambda: _score(scorer, rows))
    shutil.rmtree(folder / "blocks", ignore_errors=True)
    return summary


def notes_file(folder: Path) -> Path:
    """The path of the table that says why rows have no rewards."""
    return folder / "notes.arrow"


def _score(scorer: Scorer, rows: Unscored) -> ScoreSummary:
    ready = scorer.ready(rows)
    scores = _rewards(ready, rows.folder / "blocks", rows.report)
    is_finite = np.asarray(np.isfinite(scores[:, :2]).all(axis=1))
    scored = Scored(
        rows=np.asarray(ready.rows[is_finite]),
        rewards=scores[is_finite, :2],
        spread=scores[is_finite, 2],
        given=_given(rows.shards, ready.rows[is_finite]),
    )
    write_scored(rows.folder, scored)
    failed = pl.DataFrame({"row": ready.rows[~is_finite]}).with_columns(
        reason=pl.lit(NOT_SCORED),
        evidence=pl.lit(_NO_NUMBER),
        sentence=pl.lit(sentence_json(_NO_NUMBER)),
    )
    notes = [part.select("row", "reason", "evidence", "sentence") for part in (failed, ready.notes)]
    not_scored = _write_notes(rows.folder, pl.concat(notes), scored.rows)
    return ScoreSummary(len(scored), not_scored, ready.remarks)


def _rewards(ready: Scorable, folder: Path, report: Report) -> Floats:
    """Reward of chosen, reward of rejected and spread (n, 3); finished blocks are read."""
    scores = np.full((len(ready.rows), 3), np.nan, np.float32)
    done = 0

    def progress(count: int) -> None:
        nonlocal done
        done += count
        report("score", done, len(scores))

    progress(0)
    for number, block in enumerate(_blocks(ready.sizes)):
        path = folder / f"{number:06d}.npy"
        if path.exists():
            progress(len(block))
        else:
            rewards, spread = ready.rewards(block, progress)
            write_array(path, np.column_stack([rewards, spread]).astype(np.float32))
        scores[block] = read_array(path)
    return scores


def _blocks(sizes: Ints) -> Iterator[Ints]:
    """Positions of all rows in blocks, largest first, so that rows of similar size are together."""
    order = np.argsort(-np.asarray(sizes, np.int64), kind="stable")
    sums = np.cumsum(np.asarray(sizes, np.int64)[order])
    at = 0
    while at < len(order):
        before = int(sums[at - 1]) if at else 0
        fitting = int(np.searchsorted(sums, before + BLOCK_SIZE, side="right"))
        end = min(max(fitting, at + 1), at + BLOCK_ROWS)
        yield order[at:end]
        at = end


def _given(shards: Sequence[Shard], rows: Ints) -> Doubles:
    """The rows' own margins (n), NaN for none; `rows` (n) ascend."""
    parts = [np.zeros(0)]
    for shard in shards:
        first, last = np.searchsorted(rows, [shard.rows.start, shard.rows.stop])
        for batch in read_records(shard):
            numbers = batch.column("row").to_numpy()
            is_wanted = np.isin(numbers, rows[first:last], assume_unique=True)
            margins = batch.column("margin").to_numpy(zero_copy_only=False)
            parts.append(margins[is_wanted])
    return np.concatenate(parts).astype(np.float64)


def _write_notes(folder: Path, notes: pl.DataFrame, scored: Ints) -> dict[str, int]:
    """Writes both tables; returns the number of rows without rewards by reason."""
    is_scored = pl.col("row").is_in(pl.Series(scored).implode())
    notes = notes.with_columns(verdict=pl.lit(FLAG), other=pl.lit(None, pl.Int64))
    lost = notes.filter(~is_scored).unique("row", keep="first", maintain_order=True)
    notes = pl.concat([lost, notes.filter(is_scored)])
    write_verdicts(notes_file(folder), notes)
    says_why = ~is_scored & (pl.col("reason") != NOT_SCORED)
    why = pl.format("{}: {}", "reason", "evidence")
    of_ledger = notes.with_columns(
        reason=pl.when(is_scored).then("reason").otherwise(pl.lit(NOT_SCORED)),
        evidence=pl.when(says_why).then(why).otherwise("evidence"),
        sentence=pl.when(~says_why).then("sentence"),
    )
    write_verdicts(folder / "verdicts.arrow", of_ledger)
    counts = lost.group_by("reason").len().sort("reason")
    return dict(counts.iter_rows())
