"""The written record and the written judgement, the sources of their JSON Schemas."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from prefdata.records.judgement import OVERALL


class WrittenMessage(BaseModel):
    """One message; tool calls and other fields that it carried stand beside these."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None


class WrittenCompletion(BaseModel):
    """One completion of a prompt."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    messages: list[WrittenMessage] | None = Field(None, description="Or `text`, one of the two.")
    text: str | None = None
    model: str | None = Field(None, description="What wrote it.")
    id: str | None = None
    parameters: dict[str, Any] | None = Field(None, description="Of the model, as it was asked.")


class WrittenOpinion(BaseModel):
    """What a judge said of all completions by one criterion."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    kind: Literal["rating", "rank", "verdict", "accepted"] = Field(
        description="rating: more is better. rank: less is better. verdict: of two completions; "
        "the better one has the strength of the preference, the other 0; a tie is 0 and 0. "
        "accepted: 1 or 0."
    )
    values: list[float | None] = Field(
        description="One for each completion; null: nothing was said of it."
    )
    criterion: str = OVERALL
    graded: bool = Field(default=True, description="A difference of values says how much better.")


class WrittenJudgement(BaseModel):
    """What one judge said of some completions of one prompt; other fields become metadata."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    prompt: str | list[WrittenMessage]
    completions: list[WrittenCompletion] = Field(min_length=1)
    opinions: list[WrittenOpinion]
    overall: list[str] | None = Field(
        None,
        description="Criteria whose mean is the opinion as a whole. By default the criterion "
        '"overall", or the only one; of several others a person has to say which decides.',
    )
    judge: str | None = None
    at: str | None = Field(None, description="When; ISO 8601.")
    confidence: float | None = Field(None, ge=0, le=1)
    shown: list[int] | None = Field(
        None, description="The order in which the completions were shown, as positions from 0."
    )
    comment: str | None = None
    final: bool = Field(
        default=False,
        description="It settles what several judges disagreed on: it decides alone, and is no vote "
        "among theirs.",
    )


class WrittenImage(BaseModel):
    """A picture, as the library `datasets` stores its feature Image."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    bytes: Any = Field(description="Of the file; null where only its name is known.")
    path: str | None = Field(description="Or URL; as the source names it.")


class PreferenceRecord(BaseModel):
    """One preference pair, in TRL's conversational explicit-prompt form."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    prompt: list[WrittenMessage]
    chosen: list[WrittenMessage]
    rejected: list[WrittenMessage]
    tools: str | None = Field(
        None, description="JSON list of the tools on offer; a column only where a row has some."
    )
    images: list[WrittenImage] | None = Field(
        None, description="What the prompt is shown with; a column only where a row has some."
    )
    margin: float | None = Field(
        None, description="How much better chosen is; a column only where every row has one."
    )
    label_probability: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Probability that the label is right; a column only with audit.action "
        "soft-label.",
    )
    metadata: str = Field(description="JSON object of all that the row carried besides.")
    source: str = Field(description="The file that the row came from.")
    source_row: int = Field(ge=1, description="Line or position in that file.")
