"""Books every verdict: a line of the ledger each, a row of the data where it holds, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from prefdata.config.asking import PriceConfig
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.judgement import OVERALL
from prefdata.records.record import text_of
from prefdata.results.collection import CollectionUsage, RequestLine
from prefdata.results.judging import VerdictCounts
from prefdata.steps.collect.collection_files import CollectionFiles
from prefdata.steps.judge.asking import both_orders, one_verdict
from prefdata.steps.judge.bench import Bench, Ruling, Trial
from prefdata.transforms.judgements.as_written import written_completion, written_message
from prefdata.transforms.judging.combined import OneVerdict, PairVerdict, combined
from prefdata.transforms.judging.design import Pair
from prefdata.transforms.judging.subject import Subject

SETTING = "judge"
"""The one way in which everything is asked, as the ledger calls it."""

UNPARSED, ONE_ORDER = "unparsed", "one-order"
"""Why an answer is not in the data: it could not be read; the other order has no verdict."""

OVER_BUDGET, UNANSWERED = "over-budget", "unanswered"


@dataclass
class VerdictBooks:
    """What is counted while verdicts are booked. `stopped_by`: why those without any answer were
    not asked for."""

    files: CollectionFiles
    price: PriceConfig | None
    stopped_by: str | None = None
    wanted: int = 0
    parsed: int = 0
    repaired: int = 0
    graded: int = 0
    written: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    not_asked: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    without_usage: int = 0

    @property
    def counts(self) -> VerdictCounts:
        """The verdicts by what became of them."""
        return VerdictCounts(
            wanted=self.wanted,
            parsed=self.parsed,
            unparsed=self.left_out[UNPARSED],
            failed=dict(sorted(self.failed.items())),
            not_asked=dict(sorted(self.not_asked.items())),
            repaired=self.repaired,
            graded=self.graded,
        )

    @property
    def usage(self) -> CollectionUsage:
        """The tokens of all answers, those to repairs included."""
        cost = self.price and self.price.cost(self.prompt_tokens, self.completion_tokens)
        return CollectionUsage(
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cost=cost,
            without_usage=self.without_usage,
        )

    def book(
        self, subject: Subject, trial: Trial, key: str, heard: Ruling, left_out: str | None
    ) -> None:
        """Adds the line of one verdict. `left_out`: why its answer is not in the data."""
        self.wanted += 1
        state, reason = self._state(heard, left_out)
        tokens = [answer.usage for answer in heard.answers]
        known = [usage for usage in tokens if usage is not None]
        prompt, completion = sum(u.prompt for u in known), sum(u.completion for u in known)
        self.prompt_tokens += prompt
        self.completion_tokens += completion
        self.without_usage += len(tokens) - len(known)
        self.files.request(
            RequestLine(
                source=subject.source,
                source_row=subject.source_row,
                setting=SETTING,
                number=0,
                key=key,
                state=state,  # type: ignore[arg-type]
                reason=reason,
                left_out=left_out is not None,
                finish_reason=heard.answers[-1].finish if heard.answers else None,
                prompt_tokens=prompt if known else None,
                completion_tokens=completion if known else None,
                said=heard.failure.said or None if heard.failure else None,
                about=_about(trial, heard),
            )
        )
        if left_out is not None:
            self.files.dropped("answers", _dropped(subject, trial, heard, left_out))

    def _state(self, heard: Ruling, left_out: str | None) -> tuple[str, str | None]:
        if heard.state == "failed":
            assert heard.failure is not None, "what failed has a failure"
            self.failed[heard.failure.reason] += 1
            return "failed", heard.failure.reason
        if heard.state == "not-asked":
            reason = self.stopped_by or UNANSWERED
            self.not_asked[reason] += 1
            return "not-asked", reason
        if left_out is not None:
            self.left_out[left_out] += 1
        if heard.state == "parsed":
            self.parsed += 1
            self.repaired += len(heard.answers) > 1
            self.graded += heard.grade is not None
        return "answered", left_out

    def over_budget(self, subject: Subject, trial: Trial, key: str) -> None:
        """Adds the line of a verdict for which the budget was too small."""
        stopped, self.stopped_by = self.stopped_by, OVER_BUDGET
        self.book(subject, trial, key, Ruling("not-asked"), None)
        self.stopped_by = stopped


def _about(trial: Trial, heard: Ruling) -> dict[str, Any]:
    about: dict[str, Any] = {"shown": list(trial.shown)}
    if heard.verdict is not None:
        about["verdict"] = heard.verdict
    if heard.points is not None:
        about["points"] = heard.points
    if len(heard.answers) > 1:
        about["repaired"] = heard.state == "parsed"
    return about


def _dropped(subject: Subject, trial: Trial, heard: Ruling, reason: str) -> dict[str, Any]:
    return {
        "reason": reason,
        "source": subject.source,
        "source_row": subject.source_row,
        "shown": list(trial.shown),
        "completions": [written_completion(subject.completions[p]) for p in trial.shown],
        "replies": [answer.text for answer in heard.answers],
    }


@dataclass(frozen=True)
class BookedPair:
    """A pair with its verdicts: in both orders, and as one; None where there is none."""

    pair: Pair
    one: OneVerdict | None
    other: OneVerdict | None
    whole: PairVerdict | None


def book_pairs(
    bench: Bench,
    pairs: Iterable[Pair],
    cut: Iterable[Pair],
    answers: AnswerStore,
    books: VerdictBooks,
) -> list[BookedPair]:
    """Books the verdicts on pairs, and those on pairs that a budget has no room for (`cut`)."""
    booked = []
    beyond = set(cut)
    for pair in sorted({*pairs, *beyond}):
        trials = both_orders([pair])
        subject = bench.subjects[pair[0]]
        keys = [bench.request(trial).key for trial in trials]
        if pair in beyond:
            for trial, key in zip(trials, keys, strict=True):
                books.over_budget(subject, trial, key)
            continue
        heard = [bench.heard(trial, answers) for trial in trials]
        one, other = (one_verdict(each, turned=bool(at)) for at, each in enumerate(heard))
        whole = combined(one, other) if one is not None and other is not None else None
        for trial, key, each in zip(trials, keys, heard, strict=True):
            books.book(subject, trial, key, each, _why_left_out(each, is_used=whole is not None))
        if whole is not None:
            books.files.row(_pair_row(bench, pair, heard, whole))
            books.written += 1
        booked.append(BookedPair(pair, one, other, whole))
    return booked


def _why_left_out(heard: Ruling, *, is_used: bool) -> str | None:
    if heard.state == "unparsed":
        return UNPARSED
    return ONE_ORDER if heard.state == "parsed" and not is_used else None


def book_ratings(
    bench: Bench, answers: AnswerStore, books: VerdictBooks
) -> list[list[dict[str, int] | None]]:
    """Books the ratings of all completions; returns the points of each, by subject."""
    every = []
    for number, subject in enumerate(bench.subjects):
        points = []
        for place in range(len(subject.completions)):
            trial = Trial(number, (place,))
            heard = bench.heard(trial, answers)
            key = bench.request(trial).key
            books.book(subject, trial, key, heard, _why_left_out(heard, is_used=True))
            points.append(heard.points)
        if any(each is not None for each in points):
            books.files.row(_rated_row(bench, subject, points))
            books.written += 1
        every.append(points)
    return every


def _pair_row(bench: Bench, pair: Pair, heard: list[Ruling], whole: PairVerdict) -> dict[str, Any]:
    subject = bench.subjects[pair[0]]
    values = [max(whole.side, 0) * whole.strength, max(-whole.side, 0) * whole.strength]
    orders = [
        {"shown": shown, **_spoken(each)}
        for shown, each in zip(([0, 1], [1, 0]), heard, strict=True)
    ]
    judged: dict[str, Any] = {"orders": orders}
    if whole.reason is not None:
        judged["tie"] = whole.reason
    opinion = {
        "kind": "verdict",
        "values": values,
        "criterion": OVERALL,
        "graded": whole.graded,
    }
    completions = [subject.completions[place] for place in pair[1:]]
    return _row(bench, subject, completions, [opinion], (OVERALL,), judged)


def _spoken(heard: Ruling) -> dict[str, Any]:
    spoken: dict[str, Any] = {"verdict": heard.verdict}
    if heard.grade is not None:
        spoken["grade"] = heard.grade
    return spoken | {"reply": heard.answers[-1].text}


def _rated_row(
    bench: Bench, subject: Subject, points: list[dict[str, int] | None]
) -> dict[str, Any]:
    opinions = [
        {
            "kind": "rating",
            "values": [None if given is None else given[each.name] for given in points],
            "criterion": each.name,
        }
        for each in bench.rubric.criteria
    ]
    return _row(bench, subject, list(subject.completions), opinions, bench.rubric.overall, {})


def _row(
    bench: Bench,
    subject: Subject,
    completions: list[Any],
    opinions: list[dict[str, Any]],
    overall: tuple[str, ...],
    judged: dict[str, Any],
) -> dict[str, Any]:
    """A written judgement. `shown` is absent: of two orders neither is the one."""
    beside = {"judged": judged} if judged else {}
    return {
        **subject.fields,
        "prompt": [written_message(message) for message in subject.prompt],
        "completions": [written_completion(each) for each in completions],
        "opinions": opinions,
        "overall": list(overall),
        "judge": bench.judge,
        **beside,
        "source": subject.source,
        "source_row": subject.source_row,
    }


def length_of(subject: Subject, place: int) -> int:
    """The characters of a completion."""
    return len(text_of(subject.completions[place].messages))
