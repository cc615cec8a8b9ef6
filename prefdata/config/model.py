"""The model of the build config: every option of a run with its default and description.

The JSON Schema that `prefdata schema config` prints is generated from these models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from prefdata.config.audit import AuditConfig
from prefdata.config.former_keys import warn_of_former_keys, with_current_keys
from prefdata.config.pairs import PairsConfig
from prefdata.config.reward import RewardConfig
from prefdata.config.section import (
    KIB,
    MIB,
    Action,
    Level,
    License,
    Ratio,
    Section,
    ShardFormat,
    Tag,
    Toggle,
    preferred,
)
from prefdata.config.semantic import EncoderConfig, SemanticConfig

Cut = Literal["off", "at-difference", "turn"]


class ReadConfig(Section):
    """How sources are read."""

    dialect: str | None = Field(
        default=None, description="Dialect of every source; found out when absent."
    )
    dialects: dict[str, str] = Field(
        default_factory=dict,
        description="Source name or glob to its dialect; for sources that need different ones.",
    )
    label: str | None = Field(
        default=None,
        description="What the label of two completions means, where a file does not say: "
        "1=first,0=second,2=tie; signed (negative: the first is better) or positive=first; of "
        "scores, higher=better or lower=better.",
    )
    labels: dict[str, str] = Field(
        default_factory=dict,
        description="Source name or glob to what its label means; for sources that differ.",
    )
    map: dict[str, str] = Field(
        default_factory=dict,
        description="Which field plays which part: {prompt: query, chosen: best}. A field may be a "
        "path (input.messages) or the first that has a value (prompt|question).",
    )
    maps: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Source name or glob to its map, which replaces `map` there; the first that "
        "fits.",
    )
    cut: Cut = Field(
        default="off",
        description="Conversations that part before their end: compare the first answers that "
        "differ (at-difference), or those up to the turn that the field turn names (turn).",
    )
    follow_links: bool = Field(
        default=False,
        description="Follow links that lead out of a source folder or pattern; else they are "
        "listed as not read.",
    )
    full_names: bool = Field(
        default=False,
        description="Name sources in outputs by the absolute paths that were given; else relative "
        "to their common folder.",
    )
    media: Literal["keep", "drop"] = Field(
        default="keep",
        description="Rows that refer to images, video or audio, which no step looks at: keep and "
        "flag them, their pictures in a column images, or drop them (unseen-media).",
    )
    sample_rows: int = Field(
        default=200, ge=1, description="Rows looked at to find the dialect of a file."
    )
    max_unknown_labels: Ratio = Field(
        default=0.05,
        description="Share of a file's labels that its dialect does not know above which the file "
        "is refused: it is probably of another dialect.",
    )
    segment_bytes: int = Field(
        default=32 * MIB, ge=64 * KIB, description="Bytes of a source that one task reads."
    )
    block_bytes: int = Field(
        default=8 * MIB, ge=16 * KIB, description="Bytes held in memory at a time while reading."
    )
    max_record_bytes: int = Field(
        default=128 * MIB,
        ge=1 * KIB,
        le=1024 * MIB,
        description="A longer record goes to quarantine.",
    )
    max_expansion_ratio: float = Field(
        default=300.0,
        gt=1.0,
        description="A compressed source that grows more than this (and past 256 MiB) is refused.",
    )
    pairs: PairsConfig = Field(default_factory=PairsConfig)


class CheckConfig(Section):
    """Which rules are checked, and how seriously. `prefdata rules` lists them."""

    rules: dict[str, Level] = Field(
        default_factory=dict,
        description="Rule code to level: error drops the row, warning flags it, note flags it and "
        "is no warning, off skips the rule.",
    )
    tokenizer: str | None = Field(
        default=None, description="Folder or name of a tokenizer: adds the trainer's preflight."
    )
    max_length: int = Field(
        default=1024,
        ge=1,
        description="Tokens of prompt + completion that the trainer keeps; used with a tokenizer.",
    )


class AgainstConfig(Section):
    """Evaluation sets that the dataset must not overlap (decontamination)."""

    files: tuple[str, ...] = Field(
        default=(),
        description="Evaluation sets that no prompt may overlap: files, folders, globs or URLs.",
    )
    field: str | None = Field(
        default=None,
        description="Field of the evaluation files that holds the prompt; found among the usual "
        "names when absent.",
    )
    overlap: float = Field(
        default=0.7,
        gt=0.0,
        le=1.0,
        description="Share of an evaluation prompt's n-grams that is too much.",
    )
    words: int = Field(default=2, ge=1, le=32, description="Words in an n-gram of spaced scripts.")
    characters: int = Field(
        default=2, ge=1, le=32, description="Characters in an n-gram of CJK and Thai."
    )
    short: int = Field(
        default=9, ge=1,
        description="Words or CJK characters below which all of an evaluation prompt "
        "must be found, not a share of it.",
    )  # fmt: skip
    common: int = Field(
        default=1000, ge=1,
        description="An n-gram in more different evaluation prompts than this is no "
        "reason to look at them; those it alone would lead to are found if equal only.",
    )  # fmt: skip
    action: Action = Field(default="drop", description="Overlapping rows: drop or flag.")


class ExactConfig(Section):
    """What happens to exact duplicates."""

    identical: Action = Field(
        default="drop",
        description="Copies of a pair: drop all but the first in source order, or flag.",
    )


class LabelsConfig(Section):
    """What happens to labels that contradict one another."""

    conflict: Literal["drop-all", "keep-majority", "keep-margin", "keep-first", "flag"] = Field(
        default="drop-all",
        description="The same two completions, but for their form, labelled both ways round.",
    )
    cycles: Toggle = Field(
        default="flag",
        description="Labels of one prompt that go round in a circle: A over B over C over A.",
    )


class NearConfig(Section):
    """Near-duplicates: MinHash-LSH finds candidates, exact Jaccard similarity decides."""

    on: Literal["pair", "prompt", "completion"] = Field(
        default="pair",
        description="What must be alike: prompt and both completions, or one of the two.",
    )
    action: Toggle = Field(
        default="drop", description="Near-duplicates: drop, flag, or do not look."
    )
    drop: Literal["form", "similar"] = Field(
        default="form",
        description="Which near-duplicates and near-conflicts are dropped: those that differ in "
        "form only (case, space, punctuation, Markdown, spelling), the others being flagged; or "
        "all that are similar.",
    )
    threshold: float = Field(
        default=0.8,
        ge=0.3,
        le=1.0,
        description="Jaccard similarity that each compared part must reach.",
    )
    keep: Literal["first", "longest", "margin", "source"] = Field(
        default="first",
        description="Which of the rows that are alike stays, and represents the others.",
    )
    prefer: tuple[str, ...] = Field(
        default=(),
        description="Sources (names or globs) whose rows stay, the most trusted first; for keep: "
        "source.",
    )
    words: int = Field(default=3, ge=1, le=32, description="Words in a shingle of spaced scripts.")
    characters: int = Field(
        default=5, ge=1, le=32, description="Characters in a shingle of CJK and Thai."
    )
    short: int = Field(
        default=16,
        ge=0,
        description="Rows whose completions have fewer shingles together are only alike if their "
        "prompts are the same, not nearly.",
    )
    hashes: int = Field(default=256, ge=16, le=256, description="Length of a MinHash signature.")
    crowd: int = Field(
        default=32, ge=4,
        description="Rows with the same band that are compared all with all; of more, "
        "each is compared with the first ones, and what stays uncompared is reported.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _knows_the_preferred(self) -> NearConfig:
        preferred(self.keep, self.prefer)
        return self


class SplitConfig(Section):
    """How rows are divided into splits; prompts that are connected never part."""

    published: Literal["keep", "ignore"] = Field(
        default="keep",
        description="Splits that names of files and folders (train_prefs-*, test/) or a field "
        "split publish: keep them, or divide all rows anew.",
    )
    test: Ratio = Field(default=0.05, description="Share of rows in the test split.")
    validation: Ratio = Field(default=0.0, description="Share of rows in the validation split.")
    salt: str = Field(default="", description="Any text; another text gives another division.")
    near: float = Field(
        default=0.7,
        ge=0.0,
        le=1.0,
        description="Prompts at least this similar stay together; 0: off.",
    )
    first_turn: bool = Field(
        default=True, description="Prompts with the same first user turn stay together."
    )
    bridges: Literal["drop", "merge"] = Field(
        default="drop",
        description="A row that connects groups of different splits: drop it, and nothing moves; "
        "or merge the groups.",
    )
    max_group: Ratio = Field(
        default=0.05,
        description="Share of rows above which a group is reported, and goes to train.",
    )

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
        default="arrow",
        description="Format of the shards; arrow: datasets.load_from_disk; parquet: load_dataset, "
        "Hub, DuckDB.",
    )
    max_bytes: int = Field(
        default=256 * MIB,
        ge=1 * KIB,
        description="Text bytes in one shard (one row may exceed it).",
    )
    columns: Literal["trainer", "fixed"] = Field(
        default="trainer",
        description="trainer: a column margin only where every row has one, and tools where some "
        "row has any, as TRL needs it; fixed: both always, null where a row has none.",
    )


class CardConfig(Section):
    """What the dataset card says that no data can tell."""

    license: License | None = Field(
        default=None,
        description="Licence of the dataset, as the Hub names it: apache-2.0, cc-by-4.0, other.",
    )
    tags: tuple[Tag, ...] = Field(
        default=(), description="Tags of the card, besides those given to all."
    )
    language_rows: int = Field(
        default=1_000,
        ge=0,
        description="Rows whose language is looked at, evenly spread; 0: every row.",
    )


class BuildConfig(Section):
    """The whole of a build."""

    @property
    def checks(self) -> CheckConfig:
        """What is checked, rows with media among it (`read.media`)."""
        if self.read.media == "keep" or "unseen-media" in self.check.rules:
            return self.check
        rules: dict[str, Level] = {**self.check.rules, "unseen-media": "error"}
        return self.check.model_copy(update={"rules": rules})

    sources: tuple[str, ...] = Field(default=(), description="Files, folders, globs or URLs.")
    title: str = Field(default="Preference pairs", description="Heading of the dataset card.")
    read: ReadConfig = Field(default_factory=ReadConfig)
    check: CheckConfig = Field(default_factory=CheckConfig)
    against: AgainstConfig = Field(default_factory=AgainstConfig)
    exact: ExactConfig = Field(default_factory=ExactConfig)
    labels: LabelsConfig = Field(default_factory=LabelsConfig)
    near: NearConfig = Field(default_factory=NearConfig)
    encoder: EncoderConfig = Field(default_factory=EncoderConfig)
    semantic: SemanticConfig = Field(default_factory=SemanticConfig)
    reward: RewardConfig = Field(default_factory=RewardConfig)
    split: SplitConfig = Field(default_factory=SplitConfig)
    audit: AuditConfig = Field(default_factory=AuditConfig)
    shards: ShardsConfig = Field(default_factory=ShardsConfig)
    card: CardConfig = Field(default_factory=CardConfig)

    @model_validator(mode="before")
    @classmethod
    def _takes_former_keys(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        current = with_current_keys(values)
        warn_of_former_keys(values)
        return current

    @model_validator(mode="after")
    def _has_what_to_compare_with(self) -> BuildConfig:
        if self.semantic.against.action != "off" and not self.against.files:
            raise ValueError("semantic.against is on, but against.files names no evaluation set")
        return self
