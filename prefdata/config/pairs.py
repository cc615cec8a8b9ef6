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
        description="Which completions of a prompt are paired: best-worst (each of the best "
        "with each of the worst), all, adjacent (each with those of the next lower "
        "score), best-random (each of the best with one random worse one), "
        "above-mean (each above the mean with each below it).",
    )
    min_gap: float = Field(
        default=0.0,
        ge=0.0,
        description="Minimum difference of ratings or ranks between the two completions of a pair.",
    )
    ties: Literal["drop", "keep"] = Field(
        default="drop",
        description="Completions judged equal: drop (no pair) or keep (a pair with margin 0).",
    )
    most: int | None = Field(
        default=None,
        ge=1,
        description="Maximum number of pairs for each prompt, those with the largest "
        "differences first.",
    )
    criterion: str | None = Field(
        default=None, description="Criterion that decides, if there are several."
    )
    weights: dict[str, float] = Field(
        default_factory=dict, description="Weights of the criteria, whose weighted mean decides."
    )
    floors: dict[str, float] = Field(
        default_factory=dict,
        description="Minimum value that a chosen completion must have in a criterion.",
    )
    votes: Votes = Field(
        default="majority", description="How the votes of several judges are combined."
    )
    min_agreement: Ratio = Field(
        default=0.6,
        description="If a smaller share of the votes is for the chosen completion, the row is "
        "flagged: judges disagree.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of the random choice in best-random.")
