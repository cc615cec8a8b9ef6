"""Asking language models: the server, the limits that are kept, and what tokens cost."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from prefdata.config.section import Section


def _base_url(url: str) -> str:
    """The address, without a slash at its end. Raises ValueError if it is none of a server."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no address of a server: write one such as http://127.0.0.1:8000/v1")
    if "@" in parts.netloc:
        raise ValueError("holds a user or a password: put the key into the environment instead")
    if parts.fragment:
        raise ValueError("has a part after #, which no server ever sees: leave it away")
    return url if parts.query else url.rstrip("/")


class ServerConfig(Section):
    """A server that speaks OpenAI's chat completions."""

    base_url: Annotated[str, AfterValidator(_base_url)] = Field(
        description="Address up to the version, such as http://127.0.0.1:8000/v1."
    )
    key_env: str = Field(
        default="OPENAI_API_KEY",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable that holds the key; unset: no key is sent.",
    )
    native_n: Literal["auto", "never"] = Field(
        default="auto",
        description="Ask for several completions at once: auto (until the server is seen to give "
        "fewer), or never.",
    )
    timeout_seconds: float = Field(
        default=600, gt=0, le=86_400, description="How long one answer may take, in seconds."
    )
    connect_seconds: float = Field(
        default=10, gt=0, le=600, description="How long a connection may take, in seconds."
    )
    answer_mib: int = Field(
        default=16, ge=1, le=1024, description="Size that an answer may have, in MiB."
    )


class PriceConfig(Section):
    """What a million tokens of a model cost, in any currency."""

    prompt: float = Field(default=0, ge=0, description="A million tokens of prompts.")
    completion: float = Field(default=0, ge=0, description="A million tokens of completions.")

    def cost(self, prompt: int, completion: int) -> float:
        """The price of so many tokens."""
        return (prompt * self.prompt + completion * self.completion) / 1e6


EVERY_MODEL = "*"


class LimitsConfig(Section):
    """How fast, how often and for how much a server is asked."""

    concurrency: int = Field(
        default=64,
        ge=1,
        le=4096,
        description="Requests at once, at most; fewer where that is too many.",
    )
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="Requests a minute; absent: as many as the server takes."
    )
    tokens_per_minute: float | None = Field(
        default=None,
        gt=0,
        description="Tokens a minute, of prompts and completions; absent: no limit.",
    )
    retries: int = Field(
        default=8, ge=0, le=100, description="Attempts more, after one that may succeed later."
    )
    backoff_seconds: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description="Longest wait before the second attempt; doubles each time.",
    )
    longest_wait_seconds: float = Field(
        default=300,
        gt=0,
        le=86_400,
        description="Longest time that the server may ask to be left alone, in seconds; and "
        "longest time without any answer. Beyond, the run ends, and can be resumed.",
    )
    failures_in_row: int = Field(
        default=100, ge=1, description="Failures without any answer between them that end the run."
    )
    max_cost: float | None = Field(
        default=None, gt=0, description="Stop before more than this is spent, at the stated prices."
    )
    max_tokens: int | None = Field(
        default=None, ge=1, description="Stop before more tokens than this are spent."
    )
    prices: dict[str, PriceConfig] = Field(
        default_factory=dict, description="Prices by name of the model; * for all others."
    )
    retry_failed: bool = Field(default=False, description="Ask again what a server refused before.")

    @model_validator(mode="after")
    def _knows_what_it_limits(self) -> LimitsConfig:
        if self.max_cost is not None and not self.prices:
            raise ValueError("max_cost: needs prices, or nothing is known to cost anything")
        return self

    def price_of(self, model: str) -> PriceConfig | None:
        """The stated price of a model; None if none is stated."""
        return self.prices.get(model) or self.prices.get(EVERY_MODEL)
