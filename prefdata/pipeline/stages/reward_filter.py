"""The reward model in a build: rewards of the rows that are left, and the filter on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefdata.config.fingerprint import fingerprint
from prefdata.config.reward import RewardFilterConfig
from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard
from prefdata.steps.once import once
from prefdata.steps.progress import Report
from prefdata.steps.reward.low_reward import find_low_reward
from prefdata.steps.reward.read_rewards import read_scored
from prefdata.steps.reward.score import ScoreSummary, score
from prefdata.steps.reward.scorer import Scorer, Unscored
from prefdata.steps.semantic.filter_result import FilterSummary, write_filter_result
from prefdata.steps.verdict_tables import Tables


@dataclass
class Judgement:
    """What a reward model says of rows. `verdicts` and `identity` grow with each step that is done.

    `scores`: the folder of the rewards; `judged`: the verdict table on them, None where the filter
    is off.
    """

    shards: Sequence[Shard]
    scorer: Scorer
    engine: Engine
    place: Path
    config: RewardFilterConfig
    report: Report
    verdicts: Tables
    identity: str
    remarks: dict[str, str] = field(default_factory=dict)
    scores: Path = field(init=False)
    judged: Path | None = None

    def run(self) -> None:
        """Scores what is left, flags what cannot be scored, and passes verdicts on the rest."""
        summary = self._score()
        self.remarks |= summary.remarks
        if self.config.action == "off":
            return
        found = self._filter()
        if not found.judged and (summary.scored or summary.not_scored):
            passed_by = {**summary.not_scored, **found.passed_by}
            why = ", ".join(f"{why}: {rows:,}" for why, rows in passed_by.items())
            self.remarks["not-judged"] = f"reward: no row could be judged ({why})"

    def _score(self) -> ScoreSummary:
        self.scores = self._folder("score", self.scorer.identity.fingerprint)
        rows = Unscored(self.engine, self.shards, self.verdicts, self.scores, self.report)
        summary = score(self.scorer, rows)
        self.verdicts = self.verdicts.then("score", self.scores / "verdicts.arrow")
        return summary

    def _filter(self) -> FilterSummary:
        folder = self._folder("reward", self.config.model_dump_json(exclude={"model"}))
        folder.mkdir(parents=True, exist_ok=True)
        self.report("reward", 0, 1)
        found = once(folder / "done.json", FilterSummary, lambda: self._found(folder))
        self.report("reward", 1, 1)
        self.judged = folder / "verdicts.arrow"
        self.verdicts = self.verdicts.then("reward", self.judged)
        return found

    def _found(self, folder: Path) -> FilterSummary:
        return write_filter_result(folder, find_low_reward(read_scored(self.scores), self.config))

    def _folder(self, step: str, *parts: str) -> Path:
        self.identity = fingerprint(self.identity, step, *parts)
        return self.place / f"{step}-{self.identity}"
