"""The written record, the source of the JSON Schema: one row of the conversational dataset."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class WrittenMessage(BaseModel):
    """One message; tool calls and other fields that it carried stand beside these."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None


class PreferenceRecord(BaseModel):
    """One preference pair, in TRL's conversational explicit-prompt form."""

    model_config = ConfigDict(extra="forbid")

    prompt: list[WrittenMessage]
    chosen: list[WrittenMessage]
    rejected: list[WrittenMessage]
    tools: str | None = Field(
        None, description="JSON list of the tools on offer; a column only where a row has some."
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
