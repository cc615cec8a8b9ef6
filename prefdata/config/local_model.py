"""Language models in this process (transformers): where they run, and how much at a time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prefdata.config.section import Section


class LocalModelConfig(Section):
    """A model that generates without a server."""

    device: str = Field(
        default="auto", description="Where the model runs: auto, cpu, cuda, cuda:1, mps."
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Number type of the weights; auto: bfloat16 on a GPU, otherwise float32.",
    )
    batch_tokens: int = Field(
        default=8192,
        ge=1,
        description="Maximum number of tokens in memory at a time: prompts, completions and "
        "padding.",
    )
