"""The reward model in a build: rewards of the rows left, and the filter on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from prefdata.config.reward import RewardFilterConfig
from prefdata.pipeline.run.trail import Trail
from prefdata.results.sentences import Sentence
from prefdata.steps.once import once
from prefdata.steps.reward.low_reward import find_low_reward
from prefdata.steps.reward.read_rewards import read_scored
from prefdata.steps.reward.score import score
from prefdata.steps.reward.scorer import Scorer, Unscored
from prefdata.steps.semantic.filter_result import FilterSummary, write_filter_result


@dataclass(frozen=True)
class Rewards:
    """The folder of the rewards, and the filter's table of verdicts; None if the filter is off."""

    scores: Path
    verdicts: Path | None


def filter_by_reward(trail: Trail, scorer: Scorer, config: RewardFilterConfig) -> Rewards:
    """Scores the rows left, flags those that cannot be scored, and filters the others."""
    run = trail.run
    scores = trail.folder("score", "score", scorer.identity.fingerprint)
    summary = score(scorer, Unscored(run.engine, trail.shards, trail.verdicts, scores, run.report))
    trail.add_verdicts("score", scores / "verdicts.arrow")
    trail.remarks |= summary.remarks
    if config.action == "off":
        return Rewards(scores, None)
    settings = config.model_dump_json(exclude={"model"})
    find = partial(_find_low_reward, scores, config)
    low = trail.step("reward", find, "reward", settings)
    if not low.examined and (summary.scored or summary.not_scored):
        passed_by = {**summary.not_scored, **low.passed_by}
        why = [Sentence("reward.counted", why=why, rows=rows) for why, rows in passed_by.items()]
        trail.remark("not-judged", Sentence("reward.none-judged", why=tuple(why)))
    return Rewards(scores, trail.verdicts.last)


def _find_low_reward(scores: Path, config: RewardFilterConfig, folder: Path) -> FilterSummary:
    folder.mkdir(parents=True, exist_ok=True)
    return once(
        folder / "done.json",
        FilterSummary,
        lambda: write_filter_result(folder, find_low_reward(read_scored(scores), config)),
    )
