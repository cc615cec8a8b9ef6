"""The build config: every knob of a run, with its default and what it does.

The JSON Schema that `prefdata schema config` prints is generated from these models.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Level = Annotated[
    Literal["error", "warning", "off"],
    BeforeValidator(lambda value: "off" if value is False else value),  # what YAML makes of off
]
ShardFormat = Literal["arrow", "parquet"]
RecordFormat = Literal["conversational", "standard", "implicit", "question", "llamafactory"]
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]

KIB = 1024
MIB = 1024 * KIB


class Section(BaseModel):
    """A part of the config: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadConfig(Section):
    """How sources are read."""

    dialect: str | None = Field(None, description="Dialect of every source; found out when absent.")
    dialects: dict[str, str] = Field(
        default_factory=dict,
        description="Source name or glob to its dialect; for sources that need different ones.",
    )
    map: dict[str, str] = Field(
        default_factory=dict,
        description="Which field plays which part, for example {prompt: query, chosen: best}.",
    )
    sample_rows: int = Field(200, ge=1, description="Rows looked at to find the dialect of a file.")
    segment_bytes: int = Field(
        32 * MIB, ge=64 * KIB, description="Bytes of a source that one task reads."
    )
    block_bytes: int = Field(
        8 * MIB, ge=16 * KIB, description="Bytes held in memory at a time while reading."
    )
    max_record_bytes: int = Field(
        128 * MIB, ge=1 * KIB, le=1024 * MIB, description="A longer record goes to quarantine."
    )
    max_expansion_ratio: float = Field(
        300.0,
        gt=1.0,
        description="A compressed source that grows more than this (and past 256 MiB) is refused.",
    )


class CheckConfig(Section):
    """Which rules are checked, and how seriously. `prefdata rules` lists them."""

    rules: dict[str, Level] = Field(
        default_factory=dict, description="Rule code to level: error drops the row, off skips."
    )
    tokenizer: str | None = Field(
        None, description="Folder or name of a tokenizer: adds the trainer's preflight."
    )
    max_length: int = Field(
        1024, ge=1, description="Tokens a trainer keeps of prompt + completion."
    )


class ExactConfig(Section):
    """What happens to exact duplicates."""

    identical: Literal["drop", "flag"] = Field(
        "drop", description="Copies of a pair: drop all but the first in source order, or flag."
    )
    conflict: Literal["drop-all", "keep-majority", "keep-first", "flag"] = Field(
        "drop-all", description="The same two completions labelled both ways round."
    )


class SplitConfig(Section):
    """How rows are divided into splits; a prompt never stands in two of them."""

    test: Ratio = Field(0.05, description="Share of prompts in the test split.")
    validation: Ratio = Field(0.0, description="Share of prompts in the validation split.")
    salt: str = Field("", description="Any text; another text gives another division.")

    @model_validator(mode="after")
    def _leaves_room_for_train(self) -> SplitConfig:
        if self.test + self.validation >= 1.0:
            raise ValueError(
                f"test ({self.test}) + validation ({self.validation}) must stay below 1: "
                "nothing would be left to train on"
            )
        return self


class ShardsConfig(Section):
    """What is written."""

    to: ShardFormat = Field(
        "arrow", description="arrow: datasets.load_from_disk; parquet: load_dataset, Hub, DuckDB."
    )
    max_bytes: int = Field(
        256 * MIB, ge=1 * KIB, description="Text bytes in one shard (one row may exceed it)."
    )


class BuildConfig(Section):
    """The whole of a build."""

    sources: tuple[str, ...] = Field((), description="Files, folders, globs or URLs.")
    title: str = Field("Preference pairs", description="Heading of the dataset card.")
    read: ReadConfig = Field(default_factory=ReadConfig)
    check: CheckConfig = Field(default_factory=CheckConfig)
    exact: ExactConfig = Field(default_factory=ExactConfig)
    split: SplitConfig = Field(default_factory=SplitConfig)
    shards: ShardsConfig = Field(default_factory=ShardsConfig)
