"""The model of the build config: every option of a run with its default and description.

The JSON Schema that `prefdata schema config` prints is generated from these models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

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
        default=None, description="Dialect of all sources; if absent, it is detected for each file."
    )
    dialects: dict[str, str] = Field(
        default_factory=dict,
        description="Dialects by source name or glob, for sources that differ.",
    )
    label: str | None = Field(
        default=None,
        description="What the labels mean, if the file does not say it: 1=first,0=second,2=tie; "
        "signed (negative: the first is better) or positive=first; for scores, "
        "higher=better or lower=better.",
    )
    labels: dict[str, str] = Field(
        default_factory=dict,
        description="Label meanings by source name or glob, for sources that differ.",
    )
    map: dict[str, str] = Field(
        default_factory=dict,
        description="Which field holds what: {prompt: query, chosen: best}. A field may be a "
        "path (input.messages) or a choice of fields, of which the first with a "
        "value is used (prompt|question).",
    )
    maps: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Maps by source name or glob; the first that matches replaces `map` there.",
    )
    cut: Cut = Field(
        default="off",
        description="Where to cut two conversations that differ in more than the last answer: "
        "after the first answers that differ (at-difference), or after the turn "
        "that the field turn names (turn).",
    )
    follow_links: bool = Field(
        default=False,
        description="Follow symbolic links that lead out of a source folder or pattern; "
        "otherwise they are listed as not read.",
    )
    full_names: bool = Field(
        default=False,
        description="Write absolute source paths into the outputs; otherwise names are relative "
        "to the common folder.",
    )
    source_root: str | None = Field(
        default=None,
        description="Folder or URL that holds every source; sources are named relative to it in "
        "outputs.",
    )
    media: Literal["keep", "drop"] = Field(
        default="keep",
        description="Rows with images, video or audio, which no step looks at: keep them with a "
        "flag, and their pictures in a column images, or drop them (unseen-media).",
    )
    sample_rows: int = Field(
        default=200,
        ge=1,
        description="Number of rows that are looked at to detect the dialect of a file.",
    )
    max_unknown_labels: Ratio = Field(
        default=0.05,
        description="A file is refused if more than this share of its labels is unknown to its "
        "dialect: it is probably of another dialect.",
    )
    segment_bytes: int = Field(
        default=32 * MIB,
        ge=64 * KIB,
        description="Bytes of a source that a worker reads at a time.",
    )
    block_bytes: int = Field(
        default=8 * MIB, ge=16 * KIB, description="Bytes held in memory at a time while reading."
    )
    max_record_bytes: int = Field(
        default=128 * MIB,
        ge=1 * KIB,
        le=1024 * MIB,
        description="Longer records go to quarantine.",
    )
    max_expansion_ratio: float = Field(
        default=300.0,
        gt=1.0,
        description="A compressed source that expands by more than this factor (and beyond 256 "
        "MiB) is refused.",
    )
    pairs: PairsConfig = Field(default_factory=PairsConfig)

    @property
    def unrooted(self) -> ReadConfig:
        """The same for files that are no sources, which may lie outside of `source_root`."""
        return self.model_copy(update={"source_root": None})

    @model_validator(mode="after")
    def _names_one_way(self) -> ReadConfig:
        if self.full_names and self.source_root is not None:
            raise ValueError(
                "full_names and source_root name sources differently: give one of them"
            )
        return self

    @model_serializer(mode="wrap")
    def _without_unused_root(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without `source_root` where none is given: outputs from before there was one are then
        still up to date."""
        values: dict[str, Any] = plain(self)
        if self.source_root is None:
            values.pop("source_root", None)
        return values


class CheckConfig(Section):
    """Which rules are checked, and how seriously. `prefdata rules` lists them."""

    rules: dict[str, Level] = Field(
        default_factory=dict,
        description="Level of each rule, by code: error drops the row, warning flags it, note "
        "flags it without a warning, off skips the rule.",
    )
    tokenizer: str | None = Field(
        default=None,
        description="Folder or name of a tokenizer; with it, rows are also "
        "checked for what a trainer would drop or cut.",
    )
    max_length: int = Field(
        default=1024,
        ge=1,
        description="Maximum number of tokens of prompt + completion that the trainer keeps; "
        "used with a tokenizer.",
    )


class AgainstConfig(Section):
    """Evaluation sets that the dataset must not overlap (decontamination)."""

    files: tuple[str, ...] = Field(
        default=(),
        description="Evaluation sets that no prompt may overlap with: files, folders, globs or "
        "URLs.",
    )
    field: str | None = Field(
        default=None,
        description="Field of the evaluation files that holds the prompt; if absent, usual "
        "names are tried.",
    )
    overlap: float = Field(
        default=0.7,
        gt=0.0,
        le=1.0,
        description="A row overlaps if it contains this share of the n-grams of an evaluation "
        "prompt.",
    )
    words: int = Field(
        default=2,
        ge=1,
        le=32,
        description="Words in an n-gram, for languages with spaces between words.",
    )
    characters: int = Field(
        default=2,
        ge=1,
        le=32,
        description="Characters in an n-gram, for Chinese, Japanese, Korean and Thai.",
    )
    short: int = Field(
        default=9, ge=1,
        description="An evaluation prompt with fewer words or CJK characters must be found "
        "completely, not only a share of it.",
    )  # fmt: skip
    common: int = Field(
        default=1000, ge=1,
        description="An n-gram that is in more evaluation prompts than this is too common to "
        "find candidates; prompts with only such n-grams are found if they are "
        "equal.",
    )  # fmt: skip
    action: Action = Field(
        default="drop", description="What to do with overlapping rows: drop or flag."
    )


class ExactConfig(Section):
    """What happens to exact duplicates."""

    identical: Action = Field(
        default="drop",
        description="Exact duplicates of a pair: drop all but the first in source order, or "
        "flag them.",
    )


class LabelsConfig(Section):
    """What happens to labels that contradict one another."""

    conflict: Literal["drop-all", "keep-majority", "keep-margin", "keep-first", "flag"] = Field(
        default="drop-all",
        description="Policy for contradictory labels: the same two completions (up to their "
        "form) with opposite labels.",
    )
    cycles: Toggle = Field(
        default="flag",
        description="What to do with labels of one prompt that form a cycle: A over B, B over C, C "
        "over A.",
    )


class NearConfig(Section):
    """Near-duplicates: MinHash-LSH finds candidates, exact Jaccard similarity decides."""

    on: Literal["pair", "prompt", "completion"] = Field(
        default="pair",
        description="What must be similar: pair (prompt and both completions), prompt, or "
        "completion.",
    )
    action: Toggle = Field(
        default="drop",
        description="What to do with near-duplicates: drop, flag, or off (do not search).",
    )
    drop: Literal["form", "similar"] = Field(
        default="form",
        description="Which near-duplicates and near-conflicts are dropped: form (those that "
        "differ only in case, space, punctuation, Markdown or spelling; the others "
        "are flagged) or similar (all).",
    )
    threshold: float = Field(
        default=0.8,
        ge=0.3,
        le=1.0,
        description="Minimum Jaccard similarity of each compared part.",
    )
    keep: Literal["first", "longest", "margin", "source"] = Field(
        default="first",
        description="Which of the similar rows is kept and represents the others.",
    )
    prefer: tuple[str, ...] = Field(
        default=(),
        description="Sources (names or globs) whose rows are kept, the most trusted first; for "
        "keep: source.",
    )
    words: int = Field(
        default=3,
        ge=1,
        le=32,
        description="Words in a shingle, for languages with spaces between words.",
    )
    characters: int = Field(
        default=5,
        ge=1,
        le=32,
        description="Characters in a shingle, for Chinese, Japanese, Korean and Thai.",
    )
    short: int = Field(
        default=16,
        ge=0,
        description="If both completions together have fewer shingles than this, prompts must "
        "be equal, not only similar.",
    )
    hashes: int = Field(default=256, ge=16, le=256, description="Length of a MinHash signature.")
    crowd: int = Field(
        default=32, ge=4,
        description="Up to this many rows with the same band are compared all with all. If "
        "there are more, each is compared with the first ones, and the rows left "
        "uncompared are reported.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _knows_the_preferred(self) -> NearConfig:
        preferred(self.keep, self.prefer)
        return self


class SplitConfig(Section):
    """How rows are divided into splits; prompts that are connected never part."""

    published: Literal["keep", "ignore"] = Field(
        default="keep",
        description="Splits given by file names, folder names (train_prefs-*, test/) or a field "
        "named split: keep them, or ignore them and split all rows anew.",
    )
    test: Ratio = Field(default=0.05, description="Share of rows in the test split.")
    validation: Ratio = Field(default=0.0, description="Share of rows in the validation split.")
    salt: str = Field(default="", description="Any text; another text gives another random split.")
    near: float = Field(
        default=0.7,
        ge=0.0,
        le=1.0,
        description="Prompts that are at least this similar stay in one split; 0: off.",
    )
    first_turn: bool = Field(
        default=True, description="Prompts with the same first user turn stay in one split."
    )
    bridges: Literal["drop", "merge"] = Field(
        default="drop",
        description="A row that connects groups of different splits: drop the row, so that no "
        "other row moves, or merge the groups.",
    )
    max_group: Ratio = Field(
        default=0.05,
        description="A group with a larger share of the rows is reported and goes to train.",
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
        description="Maximum bytes of text in one shard (a single row may exceed it).",
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
        description="Licence of the dataset, by its name on the Hub: apache-2.0, cc-by-4.0, other.",
    )
    tags: tuple[Tag, ...] = Field(
        default=(), description="Tags of the card, in addition to the default ones."
    )
    language_rows: int = Field(
        default=1_000,
        ge=0,
        description="Number of rows, evenly spread, whose language is detected; 0: every row.",
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
