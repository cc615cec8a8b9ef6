"""The config sections `encoder` and `semantic`: embeddings, and the filters that use them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from prefdata.config.section import MIB, Action, Ratio, Section, Threshold, Toggle, preferred


class EncoderConfig(Section):
    """What turns texts into embeddings."""

    name: str = Field(
        default="multilingual",
        min_length=1,
        description="Whose embeddings are looked at: multilingual, english or ngrams (nothing to "
        "download), or a sentence-transformers model by name or folder.",
    )
    revision: str | None = Field(
        default=None, description="Revision of a model that comes from the Hub."
    )
    backend: Literal["auto", "torch", "openvino"] = Field(
        default="auto", description="What runs the model; auto takes the fastest that is installed."
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Numbers that the encoder computes with; auto takes the fastest that keeps a "
        "cosine of 0.999 to float32.",
    )
    device: str = Field(
        default="auto", description="Where the encoder runs: auto, cpu, cuda, cuda:1, mps."
    )
    prompt: str | None = Field(
        default=None,
        description="One of the model's own prompts by name, or a text to put before texts.",
    )
    trust_remote_code: bool = Field(
        default=False, description="Lets a model run code of its own; only for models you trust."
    )
    window: int | None = Field(
        default=None,
        ge=8,
        description="Tokens of a chunk; what the model was made for when absent.",
    )
    long: Literal["pool", "first"] = Field(
        default="pool",
        description="Texts beyond the window: all chunks, averaged, or the first alone.",
    )
    batch_tokens: int = Field(
        default=4096,
        ge=16,
        description="Tokens, padding included, that run through the model at a time.",
    )
    cache: str | None = Field(
        default=None,
        description="Folder where embeddings are kept from run to run; "
        "$PREFDATA_CACHE or ~/.cache/prefdata when absent.",
    )
    cache_bytes: int = Field(
        default=8192 * MIB,
        ge=0,
        description="What is kept there at most, the oldest go first; 0: nothing.",
    )


class SimilarConfig(Section):
    """Semantic near-duplicates: rows that say the same in other words."""

    action: Toggle = Field(
        default="off", description="Rows alike in meaning: drop, flag, do not look."
    )
    on: Literal["pair", "prompt"] = Field(
        default="pair",
        description="What must mean the same: prompt, chosen and rejected each; or the prompt and "
        "its last turn, and nothing but their wording may differ: no numbers, names or negations.",
    )
    threshold: Threshold | None = Field(
        default=None,
        description="Cosine similarity that each compared part must reach: 0.95 for pairs and "
        "0.85 for prompts when absent.",
    )
    keep: Literal["first", "longest", "margin", "source"] = Field(
        default="first",
        description="Which of the rows that mean the same stays, and represents the others.",
    )
    prefer: tuple[str, ...] = Field(
        default=(),
        description="Sources (names or globs) whose rows stay, the most trusted first; for keep: "
        "source.",
    )
    exact_rows: int = Field(
        default=1_000_000,
        ge=0,
        description="Rows up to which search is exact; of more, an index finds most of "
        "what is alike, and its recall is measured and reported.",
    )

    @model_validator(mode="after")
    def _knows_the_preferred(self) -> SimilarConfig:
        preferred(self.keep, self.prefer)
        return self

    @property
    def limit(self) -> float | str:
        """The threshold; its default depends on `on`."""
        if self.threshold is not None:
            return self.threshold
        return 0.95 if self.on == "pair" else 0.85


class ContrastConfig(Section):
    """Pairs whose chosen and rejected mean nearly the same: nothing to learn from."""

    action: Toggle = Field(
        default="off", description="Pairs without contrast: drop, flag, do not look."
    )
    threshold: Threshold = Field(
        default=0.9,
        description="Similarity of chosen and rejected from which there is no contrast, unless "
        "numbers, names, negations, signs, length or the order of words differ.",
    )
    long: int = Field(
        default=60, ge=1,
        description="Words or CJK characters from which completions must share words, "
        "too: similar embeddings of long texts mean the same subject, not the same answer.",
    )  # fmt: skip
    shared: Ratio = Field(
        default=0.75,
        description="Share of words that long completions without contrast have in common.",
    )


class TopicConfig(Section):
    """Completions that have little to do with their prompt."""

    action: Toggle = Field(
        default="off", description="Off-topic completions: drop, flag, do not look."
    )
    of: Literal["chosen", "rejected", "either", "both"] = Field(
        default="chosen", description="Which completion must be off-topic."
    )
    threshold: Threshold = Field(
        default=-0.3,
        description="Similarity of completion and prompt, less that of completion and nearest "
        "other prompt, up to which it is off-topic.",
    )
    similar: Ratio = Field(
        default=0.2,
        description="A completion more similar to its prompt than this is never off-topic.",
    )
    words: int = Field(
        default=15, ge=0, description="Words or CJK characters below which it is never off-topic."
    )
    others: int = Field(
        default=4096, ge=1, description="Other prompts that completions are compared with, at most."
    )


class OutlierConfig(Section):
    """Rows that are like no others."""

    action: Toggle = Field(default="off", description="Outliers: drop, flag, do not look.")
    neighbours: int = Field(
        default=10, ge=1, le=100, description="Nearest other prompts that are asked."
    )
    threshold: Threshold = Field(
        default="0.5%",
        description="Mean similarity to the nearest other prompts up to which a row is an outlier.",
    )
    exact_rows: int = Field(
        default=200_000,
        ge=0,
        description="Prompts up to which search is exact; of more, an index finds most of "
        "what is alike, and its recall is measured and reported.",
    )


class SemanticAgainstConfig(Section):
    """Semantic decontamination: `against.files`, compared by meaning."""

    action: Toggle = Field(
        default="off", description="Prompts that mean the same: drop, flag, off."
    )
    threshold: Threshold = Field(
        default=0.8,
        description="Similarity of prompt or last turn to an evaluation prompt from which a row "
        "goes.",
    )

    def __repr_name__(self) -> str:
        return "MeaningAgainstConfig"  # the former name: fingerprints are computed from the repr


class LikeConfig(Section):
    """Rows like given examples."""

    keep: tuple[str, ...] = Field(
        default=(), description="Files of examples of what to keep; rows unlike all of them go."
    )
    keep_threshold: Threshold = Field(
        default="50%",
        description="Similarity to the nearest example of what to keep below which a row goes.",
    )
    drop: tuple[str, ...] = Field(
        default=(), description="Files of examples of what to drop; rows like one of them go."
    )
    drop_threshold: Threshold = Field(
        default=0.8,
        description="Similarity to the nearest example of what to drop from which a row goes.",
    )
    of: Literal["prompt", "chosen", "rejected"] = Field(
        default="prompt", description="What of a row is compared with the examples."
    )
    field: str | None = Field(
        default=None,
        description="Field of the examples that is compared; found among the usual names when "
        "absent.",
    )
    action: Action = Field(default="drop", description="Rows that go: drop or flag.")


class SemanticConfig(Section):
    """Semantic filters, on embeddings. They look at what all other comparisons have left."""

    contrast: ContrastConfig = Field(default_factory=ContrastConfig)
    topic: TopicConfig = Field(default_factory=TopicConfig)
    outliers: OutlierConfig = Field(default_factory=OutlierConfig)
    against: SemanticAgainstConfig = Field(default_factory=SemanticAgainstConfig)
    like: LikeConfig = Field(default_factory=LikeConfig)
    similar: SimilarConfig = Field(default_factory=SimilarConfig)

    @property
    def is_on(self) -> bool:
        """Whether any filter looks at the rows."""
        actions = (self.contrast, self.topic, self.outliers, self.against, self.similar)
        return bool(self.like.keep or self.like.drop) or any(a.action != "off" for a in actions)
