"""The project of `prefdata annotate`: what people are asked, and who is asked what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from prefdata.config.load import options_of
from prefdata.config.section import Ratio, Section
from prefdata.errors import ConfigError

ItemKind = Literal["pairwise", "ranking", "rating"]
PageLanguage = Literal["en", "zh"]
CriterionName = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^\S[^\r\n\x00]*$")]

LONGEST_GUIDELINES = 200_000
"""Characters of the guidelines."""


class BilingualText(Section):
    """A text in the languages of the page."""

    en: str = Field(description="In English.")
    zh: str | None = Field(default=None, description="In Chinese; the English text if absent.")


class CriterionConfig(Section):
    """One criterion that completions are rated by."""

    name: CriterionName = Field(description="Its name in the judgements.")
    label: str | BilingualText | None = Field(
        default=None, description="Its name on the page; absent: name."
    )
    definition: str | BilingualText = Field(
        default="", description="What it means, in one sentence."
    )
    anchors: dict[int, str | BilingualText] = Field(
        default_factory=dict, description="What certain points of the scale mean."
    )
    safety: bool = Field(
        default=False, description="Kept apart: never part of the overall verdict."
    )


class ScaleConfig(Section):
    """Points of a rating: whole numbers, more is better."""

    least: int = Field(default=1, ge=-100, le=100, description="The lowest point.")
    most: int = Field(default=5, ge=-100, le=100, description="The highest point.")

    @model_validator(mode="after")
    def _has_points(self) -> ScaleConfig:
        if not 1 <= self.most - self.least <= 20:
            raise ValueError("most: must lie 1 to 20 above least")
        return self


def demand_sound(criteria: Sequence[CriterionConfig], scale: ScaleConfig) -> None:
    """Raises ValueError if a name stands twice, or an anchor is outside of the scale."""
    names = [criterion.name for criterion in criteria]
    if len(set(names)) < len(names):
        raise ValueError("criteria: each name stands once")
    points = range(scale.least, scale.most + 1)
    for criterion in criteria:
        outside = [point for point in criterion.anchors if point not in points]
        if outside:
            raise ValueError(
                f"criteria.{criterion.name}.anchors: {outside[0]} is outside of the scale, "
                f"{points[0]} to {points[-1]}"
            )


class OverlapConfig(Section):
    """Items that several people judge, so that agreement can be measured."""

    share: Ratio = Field(
        default=0.2, description="Share of the items, drawn at random with the seed."
    )
    people: int = Field(
        default=2, ge=2, le=50, description="Number of people who judge each of them."
    )


class DoneConfig(Section):
    """When an item is done before all its votes are cast."""

    agreement: float | None = Field(
        default=None,
        ge=0.5,
        le=1,
        description="Once two or more people agree at least this much, nobody else is asked; "
        "absent: all votes are collected.",
    )


def _usual_criteria() -> tuple[CriterionConfig, ...]:
    return tuple(
        CriterionConfig(
            name=name,
            label=BilingualText(en=name.capitalize(), zh=chinese),
            definition=BilingualText(en=meaning, zh=meaning_chinese),
            safety=name == "safety",
        )
        for name, chinese, meaning, meaning_chinese in (
            ("accuracy", "准确", "What it says is true.", "所说的内容属实。"),
            (
                "completeness",
                "完整",
                "It answers everything that was asked.",
                "回答了所问的全部内容。",
            ),
            (
                "relevance",
                "切题",
                "It keeps to what was asked.",
                "围绕所问，不说无关的内容。",
            ),
            ("fluency", "流畅", "It reads well.", "读起来通顺自然。"),
            ("safety", "安全", "Nobody could be harmed by it.", "不会对任何人造成伤害。"),
        )
    )


class AnnotationConfig(Section):
    """The project file. Every key has a default."""

    title: str = Field(
        default="Which answer is better?", max_length=200, description="Shown on the page."
    )
    kind: ItemKind = Field(
        default="pairwise",
        description="Kind of question: pairwise (which of two is better), ranking (an order), "
        "rating (points).",
    )
    criteria: tuple[CriterionConfig, ...] = Field(
        default_factory=_usual_criteria,
        min_length=1,
        description="Criteria by which completions are rated.",
    )
    scale: ScaleConfig = Field(default_factory=ScaleConfig)
    beside: tuple[CriterionName, ...] = Field(
        default=(),
        description="Names of criteria that are rated in addition to a pairwise verdict or a "
        "ranking.",
    )
    guidelines: str = Field(
        default="",
        max_length=LONGEST_GUIDELINES,
        description="Guidelines in Markdown, or the name of a .md or .txt file beside the "
        "project file.",
    )
    overlap: OverlapConfig = Field(default_factory=OverlapConfig)
    votes: int = Field(
        default=1,
        ge=1,
        le=50,
        description="Number of people who judge an item outside the overlap.",
    )
    done: DoneConfig = Field(default_factory=DoneConfig)
    third: bool = Field(default=True, description="Ask one more person where people disagree.")
    gold: str | None = Field(
        default=None,
        description="File of judgements with known answers, which are asked like all other items.",
    )
    gold_share: Ratio = Field(
        default=0.1,
        description="Share of gold items among a person's items, until each was asked once.",
    )
    practice: str | None = Field(
        default=None,
        description="File of judgements, with `explanation`, with which everybody begins.",
    )
    repeats: Ratio = Field(
        default=0.05,
        description="Share of a person's items that are asked a second time, in the other order.",
    )
    quota: int | None = Field(
        default=None, ge=1, description="Maximum number of votes per person; absent: no limit."
    )
    lease_minutes: float = Field(
        default=30,
        gt=0,
        le=7 * 24 * 60,
        description="Minutes for which an item is reserved for one person.",
    )
    choice: Literal["order", "active"] = Field(
        default="order",
        description="Which item is next: order (as in the file), or active (the one whose vote "
        "would tell most).",
    )
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**32,
        description="Seed of the overlap, the order shown and the repeats.",
    )
    names_shown: bool = Field(
        default=False, description="Use people's names in figures and exports, instead of p1, p2."
    )
    confidence: bool = Field(default=True, description="Let people say how sure they are.")
    language: PageLanguage | None = Field(
        default=None, description="Language of the page; absent: each person chooses."
    )

    @model_validator(mode="after")
    def _names_criteria_once(self) -> AnnotationConfig:
        demand_sound(self.criteria, self.scale)
        names = [criterion.name for criterion in self.criteria]
        unknown = [name for name in self.beside if name not in names]
        if unknown:
            raise ValueError(f"beside: {unknown[0]!r} is none of the criteria: {', '.join(names)}")
        return self

    @property
    def rated(self) -> tuple[CriterionConfig, ...]:
        """The criteria that are rated: all of them, or those beside a verdict or a ranking."""
        if self.kind == "rating":
            return self.criteria
        return tuple(each for each in self.criteria if each.name in self.beside)


def load_annotation(path: str | Path) -> AnnotationConfig:
    """The project in a YAML file, with the text of its guidelines.

    `gold` and `practice` are paths from the folder of the file. Raises ConfigError: unreadable, not
    a valid project, or guidelines that cannot be read.
    """
    config = options_of(AnnotationConfig, {}, path)
    folder = Path(path).parent
    changes = {
        name: str(folder / value)
        for name in ("gold", "practice")
        if (value := getattr(config, name)) is not None
    }
    if "\n" not in config.guidelines and config.guidelines.endswith((".md", ".txt")):
        changes["guidelines"] = _guidelines(folder, config.guidelines)
    return config.model_copy(update=changes)


def _guidelines(folder: Path, name: str) -> str:
    path = folder / name
    if path.resolve().parent != folder.resolve():
        raise ConfigError(f"guidelines: {name}: must lie in the folder of the project, {folder}")
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(LONGEST_GUIDELINES + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"guidelines: {path}: cannot be read ({error})") from error
    if len(text) > LONGEST_GUIDELINES:
        raise ConfigError(f"guidelines: {path}: longer than {LONGEST_GUIDELINES:,} characters")
    return text
