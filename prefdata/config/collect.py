"""The config of `prefdata collect`: what is asked of which models, and of which prompts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, JsonValue, model_validator

from prefdata.config.asking import LimitsConfig, ServerConfig
from prefdata.config.load import options_of
from prefdata.config.local_model import LocalModelConfig
from prefdata.config.model import AgainstConfig, BuildConfig, ReadConfig
from prefdata.config.section import Level, Section

Temperature = Annotated[float, Field(ge=0, le=5)]
TopP = Annotated[float, Field(gt=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]

STATED = ("temperature", "top_p", "seed", "max_tokens", "stop", "n", "model", "messages", "stream")
"""What a request states by a key of its own, so that `parameters` cannot."""


def _free(parameters: Mapping[str, Any]) -> None:
    """Raises ValueError if a parameter has a key of its own."""
    for name in parameters:
        if name in STATED:
            raise ValueError(f"parameters: {name} has a key of its own")


class SettingConfig(Section):
    """One way to ask; what is absent is as it is for all."""

    model: str | None = Field(default=None, min_length=1, description="Model to ask.")
    temperature: Temperature | None = Field(
        default=None, description="Sampling temperature; 0: always the likeliest token."
    )
    top_p: TopP | None = Field(
        default=None,
        description="Nucleus sampling: sample from the likeliest tokens that "
        "together have this probability.",
    )
    seed: Seed | None = Field(default=None, description="Seed of the sampling.")
    completion_tokens: int | None = Field(
        default=None, ge=1, description="Maximum number of tokens of a completion."
    )
    stop: tuple[str, ...] | None = Field(default=None, description="Texts that end a completion.")
    n: int | None = Field(
        default=None, ge=1, le=1024, description="Number of completions for each prompt."
    )
    parameters: dict[str, JsonValue] = Field(
        default_factory=dict, description="Further parameters of the request."
    )

    @model_validator(mode="after")
    def _states_nothing_twice(self) -> SettingConfig:
        _free(self.parameters)
        return self


class CollectConfig(Section):
    """The whole of a collection."""

    sources: tuple[str, ...] = Field(
        default=(),
        description="Prompts: files, folders, globs or URLs, in any dialect or as plain text.",
    )
    model: tuple[str, ...] = Field(
        default=(),
        description="Model to ask: its name on the server; without a server, its folder or its "
        "name in the local cache.",
    )
    n: int = Field(
        default=4, ge=1, le=1024, description="Number of completions for each prompt and setting."
    )
    temperature: tuple[Temperature, ...] = Field(
        default=(),
        description="Sampling temperature; 0: always the likeliest token; absent: the default "
        "of the model.",
    )
    top_p: tuple[TopP, ...] = Field(
        default=(),
        description="Nucleus sampling: sample from the likeliest tokens that "
        "together have this probability.",
    )
    seed: tuple[Seed, ...] = Field(default=(), description="Seed of the sampling.")
    completion_tokens: int = Field(
        default=1024,
        ge=1,
        description="Maximum number of tokens of a completion; longer ones are cut off.",
    )
    stop: tuple[str, ...] = Field(default=(), description="Text that ends a completion.")
    system: str | None = Field(
        default=None, min_length=1, description="System message for prompts that have none."
    )
    parameters: dict[str, JsonValue] = Field(
        default_factory=dict, description="Further parameters of every request, such as top_k."
    )
    settings: dict[str, SettingConfig] = Field(
        default_factory=dict,
        description="Named settings, used instead of all combinations of model, temperature, "
        "top_p and seed.",
    )
    server: ServerConfig | None = Field(
        default=None, description="Server to ask; absent: models run in this process."
    )
    local: LocalModelConfig = Field(default_factory=LocalModelConfig)
    limits: LimitsConfig = Field(default_factory=LimitsConfig)
    read: ReadConfig = Field(default_factory=ReadConfig)
    rules: dict[str, Level] = Field(
        default_factory=dict,
        description="Level of each rule, by code, for prompts and completions: error leaves the "
        "item out, warning and note flag it, off skips the rule.",
    )
    against: AgainstConfig = Field(default_factory=AgainstConfig)

    @model_validator(mode="after")
    def _is_one_way_or_the_other(self) -> CollectConfig:
        _free(self.parameters)
        given = [name for name in ("temperature", "top_p", "seed") if getattr(self, name)]
        if self.settings and given:
            raise ValueError(f"settings: name each way to ask, so {given[0]} belongs into them")
        if self.settings and len(self.model) > 1:
            raise ValueError("settings: name each way to ask, so models belong into them")
        return self

    @property
    def build(self) -> BuildConfig:
        """What of it a build shares."""
        return BuildConfig(sources=self.sources, read=self.read, against=self.against)


def load_collect(
    given: Mapping[str, Any] | None = None, file: str | Path | None = None
) -> CollectConfig:
    """The config of values (by dotted key) and, below them, of a YAML file.

    Raises ConfigError naming every wrong key.
    """
    return options_of(CollectConfig, given or {}, file)
