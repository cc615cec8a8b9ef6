"""The result of `prefdata gate`: whether a dataset may be published, by criterion."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from prefdata.results.closed import Closed, Result

CriterionName = Literal["audit", "accuracy", "self-test", "flipped", "reviewed", "kept"]


class Criterion(Closed):
    """One thing that must hold."""

    name: CriterionName
    holds: bool
    says: str = Field(description="What was found, and what the limit is, in a sentence.")
    value: float | None = Field(
        default=None, description="What is compared; null: nothing could be."
    )
    limit: float | None = Field(default=None, description="What with; null: nothing is compared.")
    to_do: str = Field(default="", description="What to do where it does not hold.")


class Gate(Result):
    """What `prefdata gate` found."""

    main_table: ClassVar[str] = "criteria"

    passes: bool = Field(description="Every criterion holds.")
    criteria: tuple[Criterion, ...]

    @property
    def failing(self) -> tuple[Criterion, ...]:
        """The criteria that do not hold."""
        return tuple(criterion for criterion in self.criteria if not criterion.holds)
