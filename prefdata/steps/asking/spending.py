"""What a run has spent and may yet spend: tokens, and money at the stated prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prefdata.config.asking import LimitsConfig
from prefdata.errors import UsageError
from prefdata.records.chat import (
    Asked,
    ChatAnswer,
    ChatFailure,
    ChatRequest,
    ChatUsage,
    most_tokens,
    tokens_by_thumb,
    tokens_by_thumb_of,
)

Stop = Literal["max-cost", "max-tokens", "no-result"]
"""Why completions were not asked for: a budget; or files of results do not hold them."""

USUAL_COMPLETION = 256
"""Tokens that a completion is taken to have where its limit is not stated and none has come."""


@dataclass
class Spent:
    """Tokens and money. `is_priced`: whether all of it has a stated price."""

    prompt: int = 0
    completion: int = 0
    estimated: int = 0
    cost: float = 0.0
    is_priced: bool = True


@dataclass
class Reservation:
    """What was set aside for a request, until all its numbers have come."""

    request: ChatRequest
    numbers: set[int]
    first: int
    tokens: int
    cost: float


class Spending:
    """The account of a run: what was spent, and what is reserved for requests under way.

    A request is reserved for at the most that it may cost where its limit of tokens is stated, so
    that the budget is not passed; elsewhere at what completions have cost so far.
    """

    def __init__(self, limits: LimitsConfig) -> None:
        self.spent = Spent()
        self._limits = limits
        self._reserved_tokens = 0
        self._reserved_cost = 0.0
        self._completions = 0

    @property
    def cost(self) -> float | None:
        """What was spent; None where a price is not stated."""
        return self.spent.cost if self._limits.prices and self.spent.is_priced else None

    def stop_for(self, asked: Asked) -> Stop | None:
        """The budget that a request would pass, `max-cost` or `max-tokens`; None if neither."""
        most = self._limits
        if most.max_cost is None and most.max_tokens is None:
            return None
        prompt, completion = self._estimate(asked)
        spent = self.spent
        tokens = spent.prompt + spent.completion + self._reserved_tokens + prompt + completion
        cost = spent.cost + self._reserved_cost + self._cost(asked.request, prompt, completion)
        if most.max_cost is not None and cost > most.max_cost:
            return "max-cost"
        return "max-tokens" if most.max_tokens is not None and tokens > most.max_tokens else None

    def reserve(self, asked: Asked) -> Reservation:
        """Sets aside what a request may cost."""
        prompt, completion = self._estimate(asked)
        held = Reservation(
            asked.request,
            set(asked.numbers),
            asked.numbers[0],
            prompt + completion,
            self._cost(asked.request, prompt, completion),
        )
        self._reserved_tokens += held.tokens
        self._reserved_cost += held.cost
        return held

    def release(self, held: Reservation) -> None:
        """Ends a reservation: all that it was for has come."""
        self._reserved_tokens -= held.tokens
        self._reserved_cost -= held.cost

    def pay(
        self, request: ChatRequest, outcome: ChatAnswer | ChatFailure, *, is_first: bool
    ) -> None:
        """Counts one outcome. What a server does not tell is estimated; failures cost nothing."""
        if isinstance(outcome, ChatFailure):
            return
        usage = outcome.usage
        if usage is None:
            prompt = tokens_by_thumb(request.messages) if is_first else 0
            usage = ChatUsage(prompt, tokens_by_thumb_of(outcome))
            self.spent.estimated += usage.prompt + usage.completion
        self.spent.prompt += usage.prompt
        self.spent.completion += usage.completion
        self.spent.cost += self._cost(request, usage.prompt, usage.completion)
        self.spent.is_priced &= self._limits.price_of(request.model) is not None
        self._completions += 1

    def _estimate(self, asked: Asked) -> tuple[int, int]:
        each = most_tokens(asked.request)
        if each is None:
            came = self._completions
            each = USUAL_COMPLETION if came == 0 else -(-self.spent.completion // came)
        count = len(asked.numbers)  # a server may want the prompt anew for each
        return tokens_by_thumb(asked.request.messages) * count, each * count

    def _cost(self, request: ChatRequest, prompt: int, completion: int) -> float:
        price = self._limits.price_of(request.model)
        if price is None and self._limits.max_cost is not None:
            raise UsageError(
                f"max_cost: nothing is known of what {request.model!r} costs. State its price, or "
                "that of all other models (*)."
            )
        return 0.0 if price is None else price.cost(prompt, completion)
