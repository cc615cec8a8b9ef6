"""What the figures of an agreement mean, in sentences that are made of these figures alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from prefdata.results.agreement import AgreementSlice, AlphaEstimate, JudgeAgreement
from prefdata.results.sentences import Sentence
from prefdata.results.training import Estimate

LEAST_VOTES = 20
"""Votes of a judge below which nothing is called odd."""

LAZY = 0.9
"""Share of one answer from which a judge is called lazy."""

BIASED = 0.1
"""Distance from one half from which a share of votes by position is called a bias."""

HASTY = 1 / 3
"""Time of a judge, by the median of all judges, below which he is called hasty."""

GOOD, FAIR = 0.8, 0.667
"""Alpha from which data are reliable, or allow tentative conclusions (Krippendorff, 2004)."""


def in_words(part: AgreementSlice, remarks: Sequence[str] = ()) -> AgreementSlice:
    """The slice with its sentences: why a number is null, what alpha means, what is odd about a
    judge. `remarks`: on how it was computed; they follow."""
    alpha = part.alpha.model_copy(update={"absent": _why_no_alpha(part.alpha)})
    seconds = [judge.seconds for judge in part.judges if judge.seconds is not None]
    usual = median(seconds) if seconds else 0.0
    return part.model_copy(
        update={
            "alpha": alpha,
            "judges": tuple(_judge(judge, usual) for judge in part.judges),
            "says": (_reading(alpha), *remarks),
        }
    )


def in_words_again(part: AgreementSlice) -> AgreementSlice:
    """A slice that was read from JSON, where sentences are English alone, with sentences that have
    both languages; but for those on how it was computed."""
    return in_words(part, part.says[1:])


def _why_no_alpha(alpha: AlphaEstimate) -> Sentence | None:
    if not alpha.units:
        return Sentence("agreement.not-shared")
    if alpha.value is None:
        return Sentence("agreement.one-answer")
    if alpha.low is not None:
        return None
    return Sentence("agreement.one-prompt" if alpha.prompts < 2 else "agreement.no-spread")


def _why_no_rest(rest: Estimate) -> Sentence | None:
    if not rest.pairs:
        return Sentence("agreement.alone")
    if rest.low is not None:
        return None
    return Sentence("agreement.one-prompt" if rest.groups == 1 else "agreement.no-spread")


def _judge(judge: JudgeAgreement, usual: float) -> JudgeAgreement:
    """`usual`: the median of the median seconds of all judges."""
    rest = judge.with_rest.model_copy(update={"absent": _why_no_rest(judge.with_rest)})
    said = judge.model_copy(update={"with_rest": rest})
    return said.model_copy(update={"says": tuple(_oddities(said, usual))})


def _reading(alpha: AlphaEstimate) -> Sentence:
    if alpha.value is None or alpha.low is None or alpha.high is None:
        assert alpha.absent is not None, "there is a reason why a number is null"
        if alpha.value is None:
            return Sentence("agreement.no-alpha", why=alpha.absent)
        return Sentence("agreement.no-interval", alpha=alpha.value, why=alpha.absent)
    seen: dict[str, Any] = {"alpha": alpha.value, "low": alpha.low, "high": alpha.high}
    if alpha.value >= GOOD:
        return Sentence("agreement.good", **seen)
    if alpha.value >= FAIR:
        return Sentence("agreement.fair", **seen)
    return Sentence("agreement.poor", **seen)


def _oddities(judge: JudgeAgreement, usual: float) -> Iterator[Sentence]:
    if judge.votes < LEAST_VOTES:
        return
    rest, position = judge.with_rest, judge.position
    if rest.value is not None and rest.high is not None and rest.high < 0.5:
        yield Sentence("judge.reversed", share=rest.value, items=rest.pairs)
    if position.first is not None and position.votes >= LEAST_VOTES:
        assert position.low is not None and position.high is not None, "there are votes"
        seen: dict[str, Any] = {
            "votes": position.votes,
            "low": position.low,
            "high": position.high,
            "share": position.first,
        }
        if position.low > 0.5 and position.first >= 0.5 + BIASED:
            yield Sentence("judge.prefers-first", **seen)
        elif position.high < 0.5 and position.first <= 0.5 - BIASED:
            yield Sentence("judge.prefers-second", **seen)
    if judge.same_answer is not None and (judge.same_answer_ratio or 0) >= LAZY:
        answer = Sentence(_ANSWERS[judge.same_answer])
        share = judge.same_answer_ratio or 0
        yield Sentence("judge.same-answer", answer=answer, share=share, votes=judge.votes)
    if judge.seconds is not None and judge.seconds < HASTY * usual:
        yield Sentence("judge.hasty", seconds=judge.seconds, usual=usual)


_ANSWERS = {
    "first": "answer.first",
    "second": "answer.second",
    "shown-first": "answer.shown-first",
    "shown-second": "answer.shown-second",
    "tie": "answer.tie",
}
