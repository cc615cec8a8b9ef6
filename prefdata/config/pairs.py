"""The config of how judgements become pairs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prefdata.config.section import Ratio, Section

Take = Literal["best-worst", "all", "adjacent", "best-random", "above-mean"]
Votes = Literal["majority", "dawid-skene", "bradley-terry"]


class PairsConfig(Section):
    """How pairs are made of ratings, rankings, votes and accepted completions."""

    take: Take = Field(
        default="best-worst",
        description="Which completions of a prompt are paired: best-worst (each of the best with "
        "each of the worst), all, adjacent (each with those of the next lower score), best-random "
        "(each of the best with one that is worse), above-mean (each above the mean with each "
        "below).",
    )
    min_gap: float = Field(
        default=0.0,
        ge=0.0,
        description="Least difference of scores or ranks between the two of a pair.",
    )
    ties: Literal["drop", "keep"] = Field(
        default="drop", description="Completions judged equal: no pair, or a pair with margin 0."
    )
    most: int | None = Field(
        default=None,
        ge=1,
        description="At most this many pairs of a prompt, those with the largest gaps.",
    )
    criterion: str | None = Field(
        default=None, description="The criterion that decides, where there are several."
    )
    weights: dict[str, float] = Field(
        default_factory=dict, description="Criterion to its weight in a mean that decides."
    )
    floors: dict[str, float] = Field(
        default_factory=dict,
        description="Criterion to the least value that a chosen completion must have in it.",
    )
    votes: Votes = Field(
        default="majority", description="How the votes of several judges are put together."
    )
    min_agreement: Ratio = Field(
        default=0.6,
        description="Share of votes for the chosen completion below which judges disagree.",
    )
    seed: int = Field(default=0, ge=0, description="Of the choice in best-random.")
