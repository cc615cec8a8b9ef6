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
        description="Encoder that computes the embeddings: multilingual, english or ngrams "
        "(nothing to download), or a sentence-transformers model by name or folder.",
    )
    revision: str | None = Field(default=None, description="Revision of a model from the Hub.")
    backend: Literal["auto", "torch", "openvino"] = Field(
        default="auto",
        description="Library that runs the model; auto: the fastest that is installed.",
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Number type of the encoder; auto: the fastest whose embeddings keep a "
        "cosine similarity of 0.999 to those of float32.",
    )
    device: str = Field(
        default="auto", description="Where the encoder runs: auto, cpu, cuda, cuda:1, mps."
    )
    prompt: str | None = Field(
        default=None,
        description="One of the model's own prompts by name, or a text to put before each text.",
    )
    trust_remote_code: bool = Field(
        default=False, description="Let the model run its own code; only for models that you trust."
    )
    window: int | None = Field(
        default=None,
        ge=8,
        description="Tokens of a chunk; if absent, the length that the model was made for.",
    )
    long: Literal["pool", "first"] = Field(
        default="pool",
        description="Texts longer than the window: pool (the mean of all chunks) or first (only "
        "the first chunk).",
    )
    batch_tokens: int = Field(
        default=4096,
        ge=16,
        description="Maximum number of tokens, padding included, that run through the model at "
        "a time.",
    )
    cache: str | None = Field(
        default=None,
        description="Folder in which embeddings are saved for later runs; if absent, "
        "$PREFDATA_CACHE or ~/.cache/prefdata.",
    )
    cache_bytes: int = Field(
        default=8192 * MIB,
        ge=0,
        description="Maximum size of that folder, the oldest are deleted first; 0: nothing is "
        "saved.",
    )


class SimilarConfig(Section):
    """Semantic near-duplicates: rows that say the same in other words."""

    action: Toggle = Field(
        default="off",
        description="What to do with semantic near-duplicates: drop, flag, or off (do not search).",
    )
    on: Literal["pair", "prompt"] = Field(
        default="pair",
        description="What must mean the same: pair (prompt, chosen and rejected each), or "
        "prompt (the prompt and its last turn, which must differ only in wording: "
        "not in numbers, names or negations).",
    )
    threshold: Threshold | None = Field(
        default=None,
        description="Minimum cosine similarity of each compared part; if absent, 0.95 for pairs "
        "and 0.85 for prompts.",
    )
    keep: Literal["first", "longest", "margin", "source"] = Field(
        default="first",
        description="Which of the rows with the same meaning is kept and represents the others.",
    )
    prefer: tuple[str, ...] = Field(
        default=(),
        description="Sources (names or globs) whose rows are kept, the most trusted first; for "
        "keep: source.",
    )
    exact_rows: int = Field(
        default=1_000_000,
        ge=0,
        description="Up to this many rows the search is exact; for more, an index finds most "
        "similar rows, and its recall is measured and reported.",
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
        default="off",
        description="What to do with pairs without contrast: drop, flag, or off (do not search).",
    )
    threshold: Threshold = Field(
        default=0.9,
        description="A pair has no contrast if chosen and rejected are at least this similar, "
        "unless numbers, names, negations, signs, length or word order differ.",
    )
    long: int = Field(
        default=60, ge=1,
        description="Completions with at least this many words or CJK characters must also "
        "share words: long texts on the same subject have similar embeddings even "
        "if the answers differ.",
    )  # fmt: skip
    shared: Ratio = Field(
        default=0.75,
        description="Minimum share of common words in long completions without contrast.",
    )


class TopicConfig(Section):
    """Completions that have little to do with their prompt."""

    action: Toggle = Field(
        default="off",
        description="What to do with off-topic completions: drop, flag, or off (do not search).",
    )
    of: Literal["chosen", "rejected", "either", "both"] = Field(
        default="chosen", description="Which completion must be off-topic."
    )
    threshold: Threshold = Field(
        default=-0.3,
        description="A completion is off-topic if its similarity to its prompt, minus its "
        "similarity to the nearest other prompt, is at most this.",
    )
    similar: Ratio = Field(
        default=0.2,
        description="A completion that is more similar to its prompt than this is never off-topic.",
    )
    words: int = Field(
        default=15,
        ge=0,
        description="A completion with fewer words or CJK characters is never off-topic.",
    )
    others: int = Field(
        default=4096,
        ge=1,
        description="Maximum number of other prompts that completions are compared with.",
    )


class OutlierConfig(Section):
    """Rows that are like no others."""

    action: Toggle = Field(
        default="off", description="What to do with outliers: drop, flag, or off (do not search)."
    )
    neighbours: int = Field(
        default=10, ge=1, le=100, description="Number of nearest other prompts that are compared."
    )
    threshold: Threshold = Field(
        default="0.5%",
        description="A row is an outlier if its mean similarity to the nearest other prompts is "
        "at most this.",
    )
    exact_rows: int = Field(
        default=200_000,
        ge=0,
        description="Up to this many prompts the search is exact; for more, an index finds most "
        "neighbours, and its recall is measured and reported.",
    )


class SemanticAgainstConfig(Section):
    """Semantic decontamination: `against.files`, compared by meaning."""

    action: Toggle = Field(
        default="off",
        description="What to do with prompts that mean the same as an evaluation "
        "prompt: drop, flag, off.",
    )
    threshold: Threshold = Field(
        default=0.8,
        description="A row is found if its prompt or last turn is at least this similar to an "
        "evaluation prompt.",
    )

    def __repr_name__(self) -> str:
        return "MeaningAgainstConfig"  # the former name: fingerprints are computed from the repr


class LikeConfig(Section):
    """Rows like given examples."""

    keep: tuple[str, ...] = Field(
        default=(), description="Files of examples to keep; rows unlike all of them are dropped."
    )
    keep_threshold: Threshold = Field(
        default="50%",
        description="A row is dropped if its similarity to the nearest example to keep is below "
        "this.",
    )
    drop: tuple[str, ...] = Field(
        default=(), description="Files of examples to drop; rows like one of them are dropped."
    )
    drop_threshold: Threshold = Field(
        default=0.8,
        description="A row is dropped if its similarity to the nearest example to drop is at "
        "least this.",
    )
    of: Literal["prompt", "chosen", "rejected"] = Field(
        default="prompt", description="What of a row is compared with the examples."
    )
    field: str | None = Field(
        default=None,
        description="Field of the examples that is compared; if absent, usual names are tried.",
    )
    action: Action = Field(
        default="drop", description="What to do with the rows found: drop or flag."
    )


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
