"""Asks for what is wanted and not known, keeps what comes, and counts what it costs.

This is the only place that spends. It hands requests to an asker, which says nothing of when or in
what order it answers, and stores what comes before it is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from prefdata.config.asking import LimitsConfig
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.chat import Asked, ChatAnswer, ChatFailure, ChatRequest, Reply
from prefdata.steps.asking.spending import Reservation, Spending, Stop
from prefdata.steps.progress import Report

STEP = "ask"
_REPORT_EVERY = 1000
"""Completions that are known already, after which it is told how far it got."""


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
    answers: AnswerStore,
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
    total = sum(each.count for each in wanted())
    missing = _Missing(wanted(), answers, limits)

    def show() -> None:
        missing.tell(asker.tally())
        report(STEP, missing.totals.held + missing.settled, total)
        observe(missing.totals)

    missing.passed = show
    show()
    while not missing.is_over:
        for replies in asker.replies(missing.round(), limits):
            answers.put_all(replies)
            missing.settle(replies)
            show()
    missing.tell(asker.tally())
    return balanced(wanted(), answers, missing.totals)


class _Missing:
    """The completions that are wanted and not known, as requests, while the budget lasts."""

    def __init__(
        self, wanted: Iterable[Wanted], answers: AnswerStore, limits: LimitsConfig
    ) -> None:
        self.totals = AskTotals()
        self.settled = 0
        self.is_over = False
        self.passed: Callable[[], None] = lambda: None
        self._spending = Spending(limits)
        self._asked = missing_of(wanted, answers, limits, self._is_new, self._pass)
        self._held_back: Asked | None = None
        self._under_way: dict[tuple[str, int], Reservation] = {}
        self._failed_now: set[tuple[str, int]] = set()

    def round(self) -> Iterator[Asked]:
        """Requests, until the budget has no room beside those under way. What they leave of it is
        known when they are through: then there may be another round."""
        while True:
            asked = self._held_back or next(self._asked, None)
            self._held_back = None
            if asked is None:
                self.is_over = True
                return
            stop = self._spending.stop_for(asked)
            if stop is not None:
                self._held_back = asked
                if not self._under_way:
                    self.is_over, self.totals.stopped_by = True, stop
                return
            held = self._spending.reserve(asked)
            self._under_way.update(dict.fromkeys(((asked.key, k) for k in asked.numbers), held))
            yield asked

    def settle(self, replies: list[Reply]) -> None:
        """Takes note of what became of requests, once it is stored."""
        for reply in replies:
            held = self._under_way.pop((reply.key, reply.number))
            is_first = reply.number == held.first
            self._spending.pay(held.request, reply.outcome, is_first=is_first)
            held.numbers.discard(reply.number)
            if not held.numbers:
                self._spending.release(held)
            if isinstance(reply.outcome, ChatFailure):
                self._failed_now.add((reply.key, reply.number))
        self.settled += len(replies)

    def tell(self, tally: Counter[str]) -> None:
        """Brings the books up to date."""
        spent, totals = self._spending.spent, self.totals
        totals.prompt_tokens, totals.completion_tokens = spent.prompt, spent.completion
        totals.estimated_tokens, totals.cost = spent.estimated, self._spending.cost
        totals.tally = Counter(tally)

    def _is_new(self, key: str, number: int) -> bool:
        """Whether a completion was not yet asked for in this run."""
        return (key, number) not in self._under_way and (key, number) not in self._failed_now

    def _pass(self, known: int) -> None:
        before, self.totals.held = self.totals.held, self.totals.held + known
        if before // _REPORT_EVERY != self.totals.held // _REPORT_EVERY:
            self.passed()


def missing_of(
    wanted: Iterable[Wanted],
    answers: AnswerStore,
    limits: LimitsConfig,
    is_new: Callable[[str, int], bool] = lambda key, number: True,
    passed: Callable[[int], None] = lambda known: None,
) -> Iterator[Asked]:
    """What is wanted and not known: not answered, and not failed for good.

    `is_new`: whether it was not asked for meanwhile; `passed`: is told how many are known.
    """
    for each in wanted:
        key = each.request.key
        numbers = tuple(
            number
            for number, outcome in enumerate(answers.get_many(key, each.count))
            if not is_settled(outcome, limits) and is_new(key, number)
        )
        passed(each.count - len(numbers))
        if numbers:
            yield Asked(each.request, key, numbers)


def is_settled(outcome: ChatAnswer | ChatFailure | None, limits: LimitsConfig) -> bool:
    """Whether a completion is not to be asked for (again)."""
    if outcome is None:
        return False
    return isinstance(outcome, ChatAnswer) or (outcome.is_final and not limits.retry_failed)


def balanced(wanted: Iterable[Wanted], answers: AnswerStore, totals: AskTotals) -> AskTotals:
    """The books, counted anew from what is stored: what became of each completion wanted."""
    for each in wanted:
        totals.wanted += each.count
        for outcome in answers.get_many(each.request.key, each.count):
            if isinstance(outcome, ChatAnswer):
                totals.answered += 1
            elif outcome is not None:
                totals.failed[outcome.reason] += 1
            else:
                totals.not_asked[totals.stopped_by or "unanswered"] += 1
    return totals
