"""What `prefdata judge` asks of a language model, and the rubric that it judges by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, JsonValue, model_validator

from prefdata.config.annotation import BilingualText, CriterionConfig, ScaleConfig, demand_sound
from prefdata.config.asking import LimitsConfig, ServerConfig
from prefdata.config.collect import STATED, Seed, Temperature
from prefdata.config.load import options_of
from prefdata.config.local_model import LocalModelConfig
from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.config.section import Section
from prefdata.config.yaml_text import yaml_values

JudgedKind = Literal["pairwise", "rating"]
RUBRIC = "rubric.yaml"
"""The file beside this module with the usual rubric."""

_OWN = {"prompt", "completions", "opinions", "overall", "verdict", "reasoning"}


class RubricConfig(Section):
    """A rubric: criteria with anchors for their points. Every key has a default."""

    scale: ScaleConfig = Field(default_factory=ScaleConfig)
    criteria: tuple[CriterionConfig, ...] = Field(
        default_factory=lambda: load_rubric(None).criteria,
        min_length=1,
        max_length=40,
        description="What completions are judged by. Those with safety: true stay out of the "
        "rating as a whole.",
    )

    @model_validator(mode="after")
    def _is_sound(self) -> RubricConfig:
        demand_sound(self.criteria, self.scale)
        taken = [each.name for each in self.criteria if each.name in _OWN]
        if taken:
            raise ValueError(f"criteria: {taken[0]!r} means something else in a reply")
        return self

    @property
    def overall(self) -> tuple[str, ...]:
        """The criteria whose mean is the rating as a whole; all of them if all are of safety."""
        apart = tuple(each.name for each in self.criteria if not each.safety)
        return apart or tuple(each.name for each in self.criteria)


class JudgeConfig(Section):
    """The whole of a judging. Every key has a default but the model."""

    sources: tuple[str, ...] = Field(
        default=(), description="Completions: files, folders, globs or URLs, in any dialect."
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        description="Model that judges: its name on the server; without a server, its folder or "
        "its name in the local cache.",
    )
    kind: JudgedKind = Field(
        default="pairwise",
        description="What is asked: pairwise (which of two is better, in both orders) or rating "
        "(points by each criterion).",
    )
    template: str = Field(
        default="auto",
        min_length=1,
        description="What the model is told: auto (in the language of the prompt), en, zh, or a "
        "file of your own.",
    )
    rubric: str | None = Field(
        default=None, description="YAML file of criteria with anchors; absent: five usual criteria."
    )
    reasoning: bool = Field(default=False, description="Have reasons written before the verdict.")
    structured: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Have the server enforce the form of replies: auto asks it once whether it "
        "does.",
    )
    logprobs: int = Field(
        default=5,
        ge=0,
        le=20,
        description="Candidates of the verdict's token to ask for, from which its strength is "
        "taken; 0: none.",
    )
    budget: int | None = Field(
        default=None,
        ge=1,
        description="Pairs to judge at most, those that tell most; absent: all pairs.",
    )
    rounds: int = Field(
        default=4,
        ge=1,
        le=50,
        description="Rounds in which a budget is spent, each by what came before.",
    )
    suspects: str | None = Field(
        default=None,
        description="Judge the pairs whose labels the audit of this output folder suspects.",
    )
    temperature: Temperature | None = Field(
        default=0.0, description="How freely it draws; 0: not at all."
    )
    completion_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens of a reply at most; absent: 64, 16 more a criterion that is rated, and "
        "1,024 more for reasons.",
    )
    seed: Seed | None = Field(default=0, description="Of the draws, where a server takes one.")
    parameters: dict[str, JsonValue] = Field(
        default_factory=dict, description="What every request states besides, such as top_k."
    )
    server: ServerConfig | None = Field(
        default=None,
        description="The server that is asked; absent: the model runs in this process.",
    )
    local: LocalModelConfig = Field(default_factory=LocalModelConfig)
    limits: LimitsConfig = Field(default_factory=LimitsConfig)
    read: ReadConfig = Field(default_factory=ReadConfig)

    @model_validator(mode="after")
    def _budget_is_of_pairs(self) -> JudgeConfig:
        if self.budget is not None and self.kind == "rating":
            raise ValueError("budget: is of pairs; a rating is asked of every completion")
        return self

    @model_validator(mode="after")
    def _states_nothing_twice(self) -> JudgeConfig:
        for name in self.parameters:
            if name in (*STATED, "logprobs", "top_logprobs", "response_format"):
                raise ValueError(f"parameters: {name} has a key of its own")
        return self

    @property
    def build(self) -> BuildConfig:
        """What of it a build shares."""
        return BuildConfig(sources=self.sources, read=self.read)

    def reply_tokens(self, criteria: int) -> int:
        """Tokens of a reply at most. `criteria`: rated in it; 0: a verdict."""
        return self.completion_tokens or 64 + 16 * criteria + 1024 * self.reasoning


def load_judge(
    given: Mapping[str, Any] | None = None, file: str | Path | None = None
) -> JudgeConfig:
    """The config of values (by dotted key) and, below them, of a YAML file.

    Raises ConfigError naming every wrong key.
    """
    return options_of(JudgeConfig, given or {}, file)


def load_rubric(path: str | Path | None) -> RubricConfig:
    """The rubric in a YAML file, or the usual one. Raises ConfigError: unreadable, or no rubric."""
    return _usual() if path is None else options_of(RubricConfig, {}, path)


def usual_rubric() -> str:
    """The text of the usual rubric, for people to copy."""
    return (files("prefdata.config") / RUBRIC).read_text(encoding="utf-8")


@cache
def _usual() -> RubricConfig:
    return RubricConfig.model_validate(yaml_values(usual_rubric()))


def worded(text: str | BilingualText, language: str) -> str:
    """A text in a language of the page, en or zh."""
    if isinstance(text, str):
        return text
    return (text.zh or text.en) if language == "zh" else text.en
