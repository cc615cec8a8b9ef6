"""Filter: rows with a low reward margin, or one that contradicts the row's own margin."""

from __future__ import annotations

import numpy as np

from prefdata.config.reward import RewardFilterConfig
from prefdata.results.sentences import Sentence
from prefdata.steps.reward.read_rewards import Scored
from prefdata.steps.semantic.filter_result import FilterResult

LOW, DISAGREES = "low-reward-margin", "margin-disagrees"


def find_low_reward(scored: Scored, config: RewardFilterConfig) -> FilterResult:
    """Finds the rows whose reward margin is below `config.below`.

    With `config.agree`, only rows whose own margin is given and not 0 are judged, and the reward
    margin is multiplied by the sign of that margin. So `below: 0` takes the rows whose two margins
    have different signs; a reward margin of 0 disagrees with nothing.
    """
    margins = scored.as_stated if config.agree else scored.reward_margins.astype(np.float64)
    is_judged = ~np.isnan(margins)
    places = np.flatnonzero(is_judged)
    values = margins[is_judged]

    def evidence(place: int) -> str:
        return reward_line(scored, int(places[place]), config)

    return FilterResult(
        reason=DISAGREES if config.agree else LOW,
        measure="reward margin, in the direction of the row's own" if config.agree
        else "reward margin",
        action=config.action,
        threshold=config.below,
        side="below",
        rows=scored.rows[is_judged],
        values=values.astype(np.float32),
        is_taken=values < config.below,
        evidence=evidence,
        passed_by=_passed_by(scored) if config.agree else {},
    )  # fmt: skip


def reward_line(scored: Scored, place: int, config: RewardFilterConfig) -> Sentence:
    """The evidence for a row that is taken.

    For example `reward margin -1.73 (chosen -0.40, rejected 1.33), below 0.00`.
    """
    chosen, rejected = scored.rewards[place].tolist()
    margin, given = float(scored.reward_margins[place]), float(scored.given[place])
    is_turned = config.agree and given < 0
    limit = 0.0 - config.below if is_turned else config.below
    # two decimals, unless they hide on which side of the threshold the margin lies
    digits = ".2f" if round(margin, 2) != round(limit, 2) else ".6g"
    numbers: dict[str, str | float] = {
        "margin": f"{margin:{digits}}",
        "chosen": f"{chosen:{digits}}",
        "rejected": f"{rejected:{digits}}",
        "limit": f"{limit:.2f}" if round(limit, 2) == limit else f"{limit:g}",
        "measured": margin,
        "threshold": limit,
    }
    if not config.agree:
        return Sentence("reward.below", **numbers)
    code = "reward.against-above" if is_turned else "reward.against-below"
    return Sentence(code, own=given, **numbers)


def _passed_by(scored: Scored) -> dict[str, int]:
    has_none = np.isnan(scored.given)
    counts = {
        "no margin of its own": int(has_none.sum()),
        "its own margin is 0": int((~has_none & ~scored.states_preference).sum()),
    }
    return {why: rows for why, rows in counts.items() if rows}
