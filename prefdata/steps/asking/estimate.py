"""What asking would take, before anything is asked: requests, tokens, and their price."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prefdata.config.asking import LimitsConfig
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.chat import most_tokens, tokens_by_thumb
from prefdata.records.record import Message
from prefdata.steps.asking.ask import Wanted, is_settled


@dataclass
class AskEstimate:
    """What is missing, and what it takes to ask for it.

    `requests` and `prompt_tokens`: where a server gives several completions at once; `*_singly`:
    where each is asked for by itself. `completion_tokens`: at most, by the limits stated in the
    requests; None where one states none. `cost`: at most, each asked for by itself; None where
    that or a price is missing.
    """

    wanted: int = 0
    known: int = 0
    completions: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    prompt_tokens_singly: int = 0
    completion_tokens: int | None = 0
    cost: float | None = 0.0


def estimate(
    wanted: Iterable[Wanted],
    answers: AnswerStore | None,
    limits: LimitsConfig,
    *,
    tokens_of: Callable[[tuple[Message, ...]], int] = tokens_by_thumb,
) -> AskEstimate:
    """What asking for all that is wanted and not known would take.

    `answers`: None where no file is there yet. `tokens_of`: counts the tokens of a prompt; absent:
    four bytes a token, and four tokens a message.
    """
    told = AskEstimate()
    for each in wanted:
        told.wanted += each.count
        missing = _missing(each, answers, limits)
        told.known += each.count - missing
        if missing:
            _add(told, each, missing, limits, tokens_of(each.request.messages))
    return told


def _missing(each: Wanted, answers: AnswerStore | None, limits: LimitsConfig) -> int:
    if answers is None:
        return each.count
    known = answers.get_many(each.request.key, each.count)
    return sum(not is_settled(outcome, limits) for outcome in known)


def _add(
    told: AskEstimate, each: Wanted, missing: int, limits: LimitsConfig, prompt_tokens: int
) -> None:
    told.completions += missing
    told.requests += 1
    told.prompt_tokens += prompt_tokens
    told.prompt_tokens_singly += prompt_tokens * missing
    most, price = most_tokens(each.request), limits.price_of(each.request.model)
    if most is None or told.completion_tokens is None:
        told.completion_tokens = told.cost = None
        return
    told.completion_tokens += most * missing
    if price is None or told.cost is None:
        told.cost = None
    else:
        told.cost += price.cost(prompt_tokens * missing, most * missing)
