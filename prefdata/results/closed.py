"""The base model of every result: immutable, and unknown fields are errors."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Closed(BaseModel):
    """A result, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
