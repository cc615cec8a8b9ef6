"""Asks for what is wanted and not known, keeps what comes, and counts what it costs.

This is the only place that spends. It hands requests to an asker, which says nothing of when or in
what order it answers, and stores what comes before it is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from prefdata.config.asking import LimitsConfig
from prefdata.io.answers.answers import Answers
from prefdata.records.chat import Asked, ChatRequest, Reply
from prefdata.steps.progress import Report

STEP = "ask"

Stop = Literal["max-cost", "max-tokens"]
"""Why completions were not asked for."""


@dataclass(frozen=True)
class Wanted:
    """`count` completions of one request, numbered from 0."""

    request: ChatRequest
    count: int


class Asker(Protocol):
    """Whatever answers requests: a server, or a model in this process."""

    def replies(self, asked: Iterator[Asked], limits: LimitsConfig) -> Iterator[list[Reply]]:
        """Takes requests as it has room for them, and yields what became of them, in any order.

        Every number of every request that was taken comes once. May yield empty lists while
        nothing comes, so that progress is shown. Raises a PrefdataError, after all that has come,
        if it makes no sense to go on. May be called again when it is through.
        """
        ...

    def tally(self) -> Counter[str]:
        """Counts of this asker so far, such as `requests` sent and `retried`."""
        ...


@dataclass
class AskTotals:
    """The books of a run: wanted = answered + failed by reason + not asked by reason.

    `held`: those of the wanted that were known before. `tokens_*` and `cost`: of this run alone;
    `cost` is None where no price is stated. `tally`: requests sent, and what else an asker counts.
    """

    wanted: int = 0
    answered: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    not_asked: Counter[str] = field(default_factory=Counter)
    held: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated_tokens: int = 0
    cost: float | None = None
    tally: Counter[str] = field(default_factory=Counter)
    stopped_by: Stop | None = None

    @property
    def is_balanced(self) -> bool:
        """Whether nothing is missing."""
        return self.wanted == self.answered + self.failed.total() + self.not_asked.total()


def ask(
    wanted: Callable[[], Iterable[Wanted]],
    asker: Asker,
    answers: Answers,
    limits: LimitsConfig,
    report: Report,
    *,
    observe: Callable[[AskTotals], None] = lambda totals: None,
) -> AskTotals:
    """Asks for all completions that are wanted, and returns the books.

    `wanted` is called several times, and gives the same each time. `observe` sees the books as they
    grow, a few times a second. Raises what the asker raises: a wrong key, an unknown model, a
    server that is not there; what had come until then is kept.
    """
    raise NotImplementedError
