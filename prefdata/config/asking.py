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
        description="Address of the server up to the version, such as http://127.0.0.1:8000/v1."
    )
    key_env: str = Field(
        default="OPENAI_API_KEY",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable that holds the API key; if it is not set, no key is "
        "sent.",
    )
    native_n: Literal["auto", "never"] = Field(
        default="auto",
        description="Ask for several completions in one request: auto (until the server returns "
        "fewer), or never.",
    )
    timeout_seconds: float = Field(
        default=600, gt=0, le=86_400, description="Time limit for one answer, in seconds."
    )
    connect_seconds: float = Field(
        default=10, gt=0, le=600, description="Time limit for a connection, in seconds."
    )
    answer_mib: int = Field(
        default=16, ge=1, le=1024, description="Maximum size of an answer, in MiB."
    )


class PriceConfig(Section):
    """What a million tokens of a model cost, in any currency."""

    prompt: float = Field(default=0, ge=0, description="Price of a million prompt tokens.")
    completion: float = Field(default=0, ge=0, description="Price of a million completion tokens.")

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
        description="Maximum number of requests at a time; fewer are sent if the server cannot "
        "take that many.",
    )
    requests_per_minute: float | None = Field(
        default=None,
        gt=0,
        description="Maximum number of requests per minute; absent: as many as the server takes.",
    )
    tokens_per_minute: float | None = Field(
        default=None,
        gt=0,
        description="Maximum number of tokens per minute, prompts and completions together; "
        "absent: no limit.",
    )
    retries: int = Field(
        default=8,
        ge=0,
        le=100,
        description="Number of retries of a request that may succeed later.",
    )
    backoff_seconds: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description="Longest wait before the first retry, in seconds; doubles with each retry.",
    )
    longest_wait_seconds: float = Field(
        default=300,
        gt=0,
        le=86_400,
        description="Longest wait that the server may ask for, and longest time without any "
        "answer, in seconds. After that the run ends; it can be resumed.",
    )
    failures_in_row: int = Field(
        default=100,
        ge=1,
        description="Number of failures in a row, without any answer between "
        "them, that ends the run.",
    )
    max_cost: float | None = Field(
        default=None,
        gt=0,
        description="Stop before the cost exceeds this amount, at the stated prices.",
    )
    max_tokens: int | None = Field(
        default=None, ge=1, description="Stop before more tokens than this are used."
    )
    prices: dict[str, PriceConfig] = Field(
        default_factory=dict, description="Prices by model name; * for all other models."
    )
    retry_failed: bool = Field(
        default=False, description="Send requests again that the server refused before."
    )

    @model_validator(mode="after")
    def _knows_what_it_limits(self) -> LimitsConfig:
        if self.max_cost is not None and not self.prices:
            raise ValueError("max_cost: needs prices, or nothing is known to cost anything")
        return self

    def price_of(self, model: str) -> PriceConfig | None:
        """The stated price of a model; None if none is stated."""
        return self.prices.get(model) or self.prices.get(EVERY_MODEL)
