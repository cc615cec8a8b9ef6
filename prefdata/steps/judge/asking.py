"""Asks for verdicts: what a server takes, both orders, repairs, rounds of a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from prefdata.config.asking import LimitsConfig
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.chat import ChatAnswer, ChatRequest
from prefdata.steps.asking.ask import Asker, AskTotals, Wanted, ask
from prefdata.steps.asking.batch import batch_in
from prefdata.steps.judge.bench import PLAIN, Bench, Offers, Ruling, Trial, is_refused
from prefdata.steps.progress import Report
from prefdata.transforms.judging.combined import OneVerdict, seen_from_first
from prefdata.transforms.judging.design import Pair, most_telling, spending

Requests = Callable[[], Iterable[ChatRequest]]
"""Gives the same requests each time."""

_LADDER = (
    Offers(structured=True, logprobs=True),
    Offers(structured=True, logprobs=False),
    Offers(structured=False, logprobs=True),
)


@dataclass
class Purse:
    """Where answers come from and are kept, and what may still be spent.

    `asker`: None asks nobody: what is not known stays so. `results`: files of a batch service,
    which are looked into first. `totals`: of each time something was asked. `wanted`: all that was.
    """

    asker: Asker | None
    answers: AnswerStore
    limits: LimitsConfig
    report: Report
    observe: Callable[[AskTotals], None] = lambda totals: None
    results: Sequence[Path] = ()
    totals: list[AskTotals] = field(default_factory=list)
    wanted: list[Requests] = field(default_factory=list)

    def ask(self, requests: Requests) -> None:
        """Asks for one completion of each request that is not known yet."""
        wanted = lambda: once_each(requests())  # noqa: E731
        if self.results:
            batch_in(self.results, wanted, self.answers)
        self.wanted.append(requests)
        if self.asker is not None and self.stopped_by is None:
            limits = self._left()
            self.totals.append(
                ask(wanted, self.asker, self.answers, limits, self.report, observe=self.observe)
            )

    def everything(self) -> Iterator[Wanted]:
        """All that was wanted so far."""
        return once_each(chain.from_iterable(requests() for requests in self.wanted))

    @property
    def stopped_by(self) -> str | None:
        """The limit that was reached, if one was."""
        return next((each.stopped_by for each in self.totals if each.stopped_by), None)

    def _left(self) -> LimitsConfig:
        """The limits, less what was spent."""
        changes: dict[str, float | int] = {}
        if self.limits.max_tokens is not None:
            spent = sum(each.prompt_tokens + each.completion_tokens for each in self.totals)
            changes["max_tokens"] = max(self.limits.max_tokens - spent, 1)
        if self.limits.max_cost is not None:
            paid = sum(each.cost or 0.0 for each in self.totals)
            changes["max_cost"] = max(self.limits.max_cost - paid, 1e-9)
        return self.limits.model_copy(update=changes) if changes else self.limits


def once_each(requests: Iterable[ChatRequest]) -> Iterator[Wanted]:
    """One completion of each request; the same two completions may stand in several sources."""
    seen: set[bytes] = set()
    for request in requests:
        key = bytes.fromhex(request.key)
        if key not in seen:
            seen.add(key)
            yield Wanted(request, 1)


def with_offers(bench: Bench, first: Trial, purse: Purse) -> Bench:
    """The bench with the parameters that the server takes: those of answers that are there, else
    those that it takes when it is asked a small thing.

    `first`: the trial that is looked for among the answers. Where nobody can be asked, none.
    """
    config = bench.config
    wants_logprobs = config.logprobs > 0 and config.kind == "pairwise"
    ladder = [
        replace(bench, offers=each)
        for each in (*_LADDER, PLAIN)
        if (wants_logprobs or not each.logprobs)
        and (config.structured != "off" or not each.structured)
        and (config.structured != "on" or each.structured)
    ]
    for each in ladder:
        if isinstance(purse.answers.get(each.request(first).key, 0), ChatAnswer):
            return each
    if purse.asker is None or purse.results:
        return ladder[-1]
    for each in ladder[:-1]:
        request = each.probe()
        purse.ask(lambda request=request: [request])  # type: ignore[misc]
        if not is_refused(purse.answers.get(request.key, 0)):
            return each
    return ladder[-1]


def ask_trials(bench: Bench, trials: Sequence[Trial], purse: Purse) -> None:
    """Asks for all trials, then once more for those whose reply cannot be read."""
    purse.ask(lambda: (bench.request(trial) for trial in trials))
    purse.ask(lambda: _repairs(bench, trials, purse.answers))


def _repairs(bench: Bench, trials: Iterable[Trial], answers: AnswerStore) -> Iterator[ChatRequest]:
    for trial in trials:
        first = answers.get(bench.request(trial).key, 0)
        if isinstance(first, ChatAnswer) and bench.read(trial, first).state == "unparsed":
            yield bench.repair(trial, first.text)


def both_orders(pairs: Iterable[Pair]) -> list[Trial]:
    """The trials of pairs: each in both orders, one after the other."""
    return list(
        chain.from_iterable((Trial(s, (a, b)), Trial(s, (b, a))) for s, a, b in sorted(pairs))
    )


def ask_within_budget(bench: Bench, purse: Purse) -> tuple[list[Pair], list[Pair]]:
    """Asks about as many pairs as the budget allows; returns them, and those that would connect the
    completions of a prompt but are more than the budget."""
    assert bench.config.budget is not None, "there is a budget"
    sizes = [len(subject.completions) for subject in bench.subjects]
    plan = spending(sizes, bench.config.budget, bench.config.rounds)
    asked = list(plan.first)
    ask_trials(bench, both_orders(asked), purse)
    for count in plan.rounds:
        if any(is_open(bench, pair, purse.answers) for pair in asked):
            break  # what comes next depends on answers that are still to come
        judged = {pair: verdicts_on(bench, pair, purse.answers) for pair in asked}
        chosen = most_telling(sizes, judged, count)
        ask_trials(bench, both_orders(chosen), purse)
        asked += chosen
    return asked, plan.cut


def verdicts_on(bench: Bench, pair: Pair, answers: AnswerStore) -> list[OneVerdict]:
    """The verdicts on a pair that could be read."""
    heard = (bench.heard(trial, answers) for trial in both_orders([pair]))
    return [
        one for turned, each in enumerate(heard) if (one := one_verdict(each, turned=bool(turned)))
    ]


def is_open(bench: Bench, pair: Pair, answers: AnswerStore) -> bool:
    """Whether something about a pair is still to be asked."""
    return any(bench.heard(trial, answers).is_open for trial in both_orders([pair]))


def one_verdict(heard: Ruling, *, turned: bool) -> OneVerdict | None:
    """A verdict seen from the first completion of its pair; None if there is none."""
    if heard.verdict is None:
        return None
    return seen_from_first(heard.verdict, heard.grade, turned=turned)
