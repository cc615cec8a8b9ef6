"""Scores every row of preference files, or of an output folder, with a reward model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig
from prefdata.config.settings import settings_of
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.atomic import write_json_atomic
from prefdata.io.sources.in_memory import Sources
from prefdata.pipeline.run.manifest_entries import file_entries, source_entries, versions
from prefdata.pipeline.run.opened import warn_of_not_read
from prefdata.pipeline.run.output_run import Run, output_run, refuse_unbalanced
from prefdata.pipeline.run.trail import Trail
from prefdata.pipeline.stages.dataset import output_trail
from prefdata.pipeline.stages.prepare import prepare
from prefdata.pipeline.stages.reward_filter import Rewards, filter_by_reward
from prefdata.results.layout import SCORES, SCORES_TABLE
from prefdata.results.manifest import RewardModelEntry, SourceEntry
from prefdata.results.scores import ScoreResult
from prefdata.steps.pairs.row_counts import row_counts
from prefdata.steps.progress import Report, silent
from prefdata.steps.reward.open_scorer import open_scorer
from prefdata.steps.reward.read_rewards import accuracy_of, agreement_of, read_scored
from prefdata.steps.reward.scorer import Scorer
from prefdata.steps.reward.write_scores import ScoreBooks, write_scores
from prefdata.steps.verdict_tables import Tables
from prefdata.steps.write.write_data import entry


@in_our_words
def score(
    sources: Sources,
    *,
    model: str | Path,
    out: str | Path,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    workers: int | None = None,
    force: bool = False,
    report: Report = silent,
) -> ScoreResult:
    """Scores preference files, or the kept rows of an output folder, with a reward model.

    Writes `OUT/scores.parquet`, a line for every row read, and `OUT/scores.json`, last. Rows are
    read and checked as in `build`, but not compared. `config.reward.filter` decides the verdicts of
    rows; if it is off, scored rows are kept. An interrupted run resumes when it is called again,
    and ends with the same bytes (on a CPU).

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict; or the output folder of a build.
    - `model`: the folder that `train` wrote, or that of a transformers model for sequence
      classification with one label.
    - `out`: the folder to write. It appears when it is complete.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `force`: replace the output of an earlier run in `out`. By default that raises OutputError.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises a PrefdataError: ModelError if the model cannot be had, and what `build` raises.
    """
    config = given_config(config)
    with output_run(
        sources, Path(out), config, mark=SCORES, force=force, workers=workers, report=report
    ) as output:
        scorer = open_scorer(str(model), config.reward, config.encoder)
        rows = _scored_rows(output.run)
        rewards = filter_by_reward(rows.trail, scorer, config.reward.filter)
        output.finished = output.run.final(rows.trail.identity)
        return _written(output.finished, rows, rewards, scorer)


@dataclass(frozen=True)
class _ScoredRows:
    """The rows to score.

    `verdicts`: those passed before scoring. `numbers`: for an output folder, the table of the
    numbers of its rows in the ledger.
    """

    trail: Trail
    verdicts: Tables
    sources: tuple[SourceEntry, ...] = ()
    numbers: Path | None = None


def _scored_rows(run: Run) -> _ScoredRows:
    """Sources checked by the rules, or the kept rows of an output folder, which passed them before.

    Comparisons and filters of the config are ignored: only reading and checking apply.
    """
    if run.opened.manifest is not None:
        trail, numbers = output_trail(run)
        return _ScoredRows(trail, trail.verdicts, numbers=numbers)
    warn_of_not_read(run.opened)
    plain = BuildConfig(read=run.config.read, check=run.config.check)
    prepared = prepare(replace(run, config=plain))
    trail = replace(prepared.trail, run=run)
    sources = source_entries(run.opened.found, prepared.fingerprints, trail.shards)
    return _ScoredRows(trail, trail.verdicts, sources)


def _written(final: Path, rows: _ScoredRows, rewards: Rewards, scorer: Scorer) -> ScoreResult:
    """Fills the folder to publish."""
    trail, run = rows.trail, rows.trail.run
    books = ScoreBooks(rows.verdicts, rewards.scores, rewards.verdicts, trail.names, rows.numbers)
    run.report("write", 0, 1)
    table, counts = write_scores(final / SCORES_TABLE, trail.shards, books)
    run.report("write", 1, 1)
    scored = read_scored(rewards.scores)
    read = sum(shard.written.rows for shard in trail.shards)
    refuse_unbalanced(counts, "the table of scores", {"read": read, "scored": len(scored)})
    manifest = run.opened.manifest
    result = ScoreResult(
        fingerprint=trail.identity,
        versions=versions(),
        config=settings_of(run.config, include={"read", "check", "reward"}),
        sources=rows.sources,
        dataset=manifest.fingerprint if manifest else None,
        reward_model=RewardModelEntry(**vars(scorer.identity)),
        counts=counts.model_copy(update={"rows": row_counts(trail.shards)}),
        accuracy=accuracy_of(scored),
        agreement=agreement_of(scored),
        remarks=trail.remarks,
        files=file_entries([entry(final, table)]),
    )
    write_json_atomic(final / SCORES, result)
    return result
