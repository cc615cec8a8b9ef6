"""Rewards of every row of some sources, or of a folder that was built: a table, and a summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prefdata.config.credentials import settings_of
from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.engines.engine import Engine
from prefdata.engines.local import LocalEngine
from prefdata.errors import RunError, SourceError
from prefdata.io.files.atomic import write_json_atomic
from prefdata.io.files.shards import Shard
from prefdata.pipeline.run.manifest_entries import file_entries, source_entries, versions
from prefdata.pipeline.run.worker_modules import BUILDING
from prefdata.pipeline.run.workspace import empty_workspace, publish, workspace
from prefdata.pipeline.stages.dataset import Opened, open_data
from prefdata.pipeline.stages.prepare import prepare
from prefdata.pipeline.stages.reward_filter import Judgement
from prefdata.results.layout import MARKS, SCORES, SCORES_TABLE
from prefdata.results.manifest import Manifest, RewardModelEntry, SourceEntry
from prefdata.results.scores import ScoreCounts, ScoreResult
from prefdata.steps.progress import Report, silent
from prefdata.steps.reward.open_scorer import open_scorer
from prefdata.steps.reward.read_rewards import accuracy_of, agreement_of, read_scored
from prefdata.steps.reward.scorer import Scorer
from prefdata.steps.reward.write_scores import ScoreBooks, write_scores
from prefdata.steps.verdict_tables import Tables
from prefdata.steps.write.read_output import data_files, ledger_files, read_output
from prefdata.steps.write.write_data import entry


def score(
    sources: Sequence[str | Path],
    *,
    model: str | Path,
    out: str | Path,
    config: BuildConfig | None = None,
    workers: int | None = None,
    force: bool = False,
    report: Report = silent,
) -> ScoreResult:
    """Scores preference files, or the kept rows of the folder of a build, with a reward model.

    Writes `OUT/scores.parquet`, a line for every row read, and `OUT/scores.json`, last. Rows are
    read and checked as in `build`, and compared with nothing. `config.reward.filter` says which
    verdicts rows get; off: those that are scored are kept. Killed at any moment and called again
    it resumes, and ends with the same bytes (on a CPU).

    Raises a PrefdataError: ModelError where the model cannot be had, and what `build` raises.
    """
    config = config or BuildConfig()
    out = Path(out)
    with workspace(out, force=force, mark=SCORES) as place:
        scorer = open_scorer(str(model), config.reward, config.encoder)
        places = [str(source) for source in sources] or list(config.sources)
        opened = open_data(places, config.read, place / "spool")
        with LocalEngine(workers or opened.workers, BUILDING) as engine:
            final, result = _Scoring(engine, place, config, scorer, opened, report).run()
        try:
            opened.refuse_changed()
        except SourceError:
            empty_workspace(place)
            raise
        write_json_atomic(final / SCORES, result)
        (final / MARKS).mkdir(exist_ok=True)
        publish(place, final, out.absolute())
    return result


@dataclass(frozen=True)
class _Rows:
    """What is scored. `numbers`: table of the numbers that rows have in the ledger of a folder."""

    shards: list[Shard]
    verdicts: Tables
    names: tuple[str, ...]
    identity: str
    sources: tuple[SourceEntry, ...] = ()
    numbers: Path | None = None


@dataclass(frozen=True)
class _Scoring:
    """One run: read and checked, scored, judged, written."""

    engine: Engine
    place: Path
    config: BuildConfig
    scorer: Scorer
    opened: Opened
    report: Report

    def run(self) -> tuple[Path, ScoreResult]:
        """The folder in which the table stands, and the result that is to be written beside it."""
        manifest = self.opened.manifest
        rows = self._read() if manifest is None else self._read_output(manifest)
        judgement = self._judged(rows)
        final = self.place / f"final-{judgement.identity}"
        books = ScoreBooks(
            rows.verdicts, judgement.scores, judgement.judged, rows.names, rows.numbers
        )
        self.report("write", 0, 1)
        written, counts = write_scores(final / SCORES_TABLE, rows.shards, books)
        self.report("write", 1, 1)
        scored = read_scored(judgement.scores)
        _refuse_unbalanced(counts, rows.shards, len(scored))
        return final, ScoreResult(
            fingerprint=judgement.identity,
            versions=versions(),
            config=settings_of(self.config, include={"read", "check", "reward"}),
            sources=rows.sources,
            dataset=manifest.fingerprint if manifest else None,
            reward_model=RewardModelEntry(**vars(self.scorer.identity)),
            counts=counts,
            accuracy=accuracy_of(scored),
            agreement=agreement_of(scored),
            remarks=judgement.remarks,
            files=file_entries([entry(final, written)]),
        )

    def _read(self) -> _Rows:
        """Sources, with the verdicts of the rules."""
        # what rows are compared with, or judged by besides, is no matter here
        config = BuildConfig(read=self.config.read, check=self.config.check)
        found = self.opened.found
        ready = prepare(self.engine, self.place, config, found, self.report)
        sources = source_entries(found, ready.prints, ready.shards)
        return _Rows(ready.shards, ready.verdicts, ready.names, ready.identity, sources)

    def _read_output(self, manifest: Manifest) -> _Rows:
        """The kept rows of a folder that was built; they have passed the rules."""
        assert self.opened.out is not None, "a manifest stands in a folder"
        files = [*data_files(manifest), *ledger_files(manifest)]
        identity = fingerprint("output", *(f"{entry.path} {entry.sha256}" for entry in files))
        folder = self.place / f"output-{identity}"
        read = read_output(self.engine, self.opened.out, manifest, folder, self.report)
        return _Rows(read.shards, read.verdicts, read.names, identity, numbers=read.destined)

    def _judged(self, rows: _Rows) -> Judgement:
        judgement = Judgement(
            rows.shards,
            self.scorer,
            self.engine,
            self.place,
            self.config.reward.filter,
            self.report,
            rows.verdicts,
            rows.identity,
        )
        judgement.run()
        return judgement


def _refuse_unbalanced(counts: ScoreCounts, shards: Sequence[Shard], scored: int) -> None:
    """Raises RunError unless read = scored + not scored + quarantined, as the steps have it."""
    read = sum(shard.written.rows for shard in shards)
    if (counts.read, counts.scored) != (read, scored) or counts.balance():
        raise RunError(
            f"rows are unaccounted for: {read} were read and {scored} scored, the table says "
            f"{counts}. Nothing was published; this is a fault of prefdata, please report it."
        )
