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
        description="Criteria by which completions are judged. Those with safety: true do not "
        "count towards the overall rating.",
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
        description="Kind of question: pairwise (which of two is better, in both orders) or "
        "rating (points for each criterion).",
    )
    template: str = Field(
        default="auto",
        min_length=1,
        description="Instructions for the model: auto (in the language of the prompt), en, zh, "
        "or a file of your own.",
    )
    rubric: str | None = Field(
        default=None,
        description="YAML file of criteria with anchors; absent: five default criteria.",
    )
    reasoning: bool = Field(
        default=False, description="Let the model write its reasons before the verdict."
    )
    structured: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Let the server enforce the format of replies; auto: if a first request "
        "shows that it can.",
    )
    logprobs: int = Field(
        default=5,
        ge=0,
        le=20,
        description="Number of candidate tokens to request for the verdict; their probabilities "
        "give its strength. 0: none.",
    )
    budget: int | None = Field(
        default=None,
        ge=1,
        description="Maximum number of pairs to judge, the most informative first; absent: all "
        "pairs.",
    )
    rounds: int = Field(
        default=4,
        ge=1,
        le=50,
        description="Number of rounds in which the budget is spent; each round uses the "
        "verdicts before it.",
    )
    suspects: str | None = Field(
        default=None,
        description="Judge the pairs of this output folder whose labels its audit suspects.",
    )
    temperature: Temperature | None = Field(
        default=0.0, description="Sampling temperature; 0: always the likeliest token."
    )
    completion_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Maximum number of tokens of a reply; absent: 64, plus 16 for each rated "
        "criterion, plus 1,024 for reasons.",
    )
    seed: Seed | None = Field(
        default=0, description="Seed of the sampling, where the server accepts one."
    )
    parameters: dict[str, JsonValue] = Field(
        default_factory=dict, description="Further parameters of every request, such as top_k."
    )
    server: ServerConfig | None = Field(
        default=None,
        description="Server to ask; absent: the model runs in this process.",
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
