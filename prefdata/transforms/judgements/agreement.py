"""The report on agreement: alpha, kappa, and every judge, for one criterion and source."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prefdata.records.arrays import Doubles, Ints
from prefdata.results.agreement import (
    AgreementSlice,
    AlphaEstimate,
    JudgeAgreement,
    JudgePair,
    PositionShare,
)
from prefdata.results.sentences import Sentence
from prefdata.results.training import Estimate
from prefdata.transforms.judgements.alpha import Scale, krippendorff_alpha
from prefdata.transforms.judgements.bradley_terry import bradley_terry
from prefdata.transforms.judgements.conduct import (
    PositionBias,
    position_bias,
    same_answer,
    seconds_per_vote,
    with_rest,
)
from prefdata.transforms.judgements.dawid_skene import dawid_skene
from prefdata.transforms.judgements.in_words import in_words
from prefdata.transforms.judgements.kappa import cohen_kappas
from prefdata.transforms.judgements.majority import majority, unanimous
from prefdata.transforms.judgements.votes import Items, Votes, judges_of_items, mirrored, only
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate


@dataclass(frozen=True)
class CriterionVotes:
    """What judges said by one criterion.

    `prompt` (items): index of the prompt of each item. `names`: of the judges, by index. `ratings`:
    the ratings of completions that the votes come from, with the prompt of each completion in
    `rated_prompt`; None: there are votes only. `scale`: of the ratings, or of the verdicts.
    `at_judge`, `at` (n): who judged when, in seconds; NaN: unknown. `source`: None for all.
    """

    criterion: str
    votes: Votes
    items: Items
    prompt: Ints
    names: tuple[str, ...]
    scale: Scale = "ordinal"
    ratings: Votes | None = None
    rated_prompt: Ints | None = None
    at_judge: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    at: Doubles = field(default_factory=lambda: np.zeros(0, np.float64))
    source: str | None = None


@dataclass(frozen=True)
class AgreementDraw:
    """How intervals are drawn, and the number of judges that are compared two by two."""

    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    most_judges: int = 50


def measure_agreement(judged: CriterionVotes, draw: AgreementDraw | None = None) -> AgreementSlice:
    """Alpha, pairwise kappa and every judge's figures.

    Alpha and kappa of verdicts are those of `mirrored` votes: which completion is called first is
    no answer of a judge.
    """
    draw = draw or AgreementDraw()
    votes = judged.votes
    answers, prompt = _answers(judged)
    alpha = _alpha(answers, prompt, judged, draw.bootstrap)
    bias = position_bias(votes)
    judges, remarks = _judges(judged, bias, draw.bootstrap)
    result = majority(votes)
    voted = result.judges > 0
    shared = judges_of_items(votes) > 1
    agreed = unanimous(votes)
    by_votes = np.lexsort((np.arange(votes.judges), -_votes_of_judges(votes)))[: draw.most_judges]
    pairs = tuple(_pairs(only(answers, np.isin(answers.judge, by_votes)), judged))
    part = AgreementSlice(
        criterion=judged.criterion,
        source=judged.source,
        prompts=len(np.unique(judged.prompt[voted])),
        items=int(voted.sum()),
        shared_items=int(shared.sum()),
        votes=len(votes),
        unanimous_ratio=_mean(agreed[shared]),
        tie_ratio=_mean(result.side[voted] == 0),
        alpha=alpha,
        position=_position(bias, votes.judges),
        judges=judges,
        pairs=pairs,
        pairs_of_judges=min(len(judges), draw.most_judges),
    )
    return in_words(part, remarks)


def _answers(judged: CriterionVotes) -> tuple[Votes, Ints]:
    """The answers that alpha and kappa compare, and the prompt of each unit."""
    if judged.ratings is not None:
        assert judged.rated_prompt is not None, "ratings come with the prompts of completions"
        return judged.ratings, judged.rated_prompt
    return mirrored(judged.votes), np.concatenate([judged.prompt] * 2)


def _alpha(answers: Votes, prompt: Ints, judged: CriterionVotes, draw: Bootstrap) -> AlphaEstimate:
    found = krippendorff_alpha(answers, prompt, judged.scale, draw)
    units = found.units if judged.ratings is not None else found.units // 2
    return AlphaEstimate(
        scale=judged.scale,
        units=units,
        prompts=found.prompts,
        value=found.value,
        low=found.low,
        high=found.high,
    )


def _pairs(answers: Votes, judged: CriterionVotes) -> Iterator[JudgePair]:
    halved = 1 if judged.ratings is not None else 2
    kappas = cohen_kappas(answers, judged.scale)
    for one, other, units, agreement, kappa in zip(
        kappas.one, kappas.other, kappas.units, kappas.agreement, kappas.kappa, strict=True
    ):
        yield JudgePair(
            one=judged.names[one],
            other=judged.names[other],
            units=int(units) // halved,
            agreement=float(agreement),
            kappa=_known(kappa),
        )


def _judges(
    judged: CriterionVotes, bias: PositionBias, draw: Bootstrap
) -> tuple[tuple[JudgeAgreement, ...], tuple[Sentence, ...]]:
    """The judges who voted, those with most votes first, and remarks on the estimates."""
    votes = judged.votes
    by_class, by_score, remarks = _reliabilities(judged)
    rest, same = _with_rest(judged, draw), same_answer(votes)
    seconds = seconds_per_vote(judged.at_judge, judged.at, votes.judges)
    counts = _votes_of_judges(votes)
    judges = []
    for at in np.lexsort((np.arange(votes.judges), -counts)).tolist():
        if not counts[at]:
            break
        judges.append(
            JudgeAgreement(
                judge=judged.names[at],
                votes=int(counts[at]),
                with_rest=rest[at],
                dawid_skene=_known(by_class[at]),
                bradley_terry=_known(by_score[at]),
                position=_position(bias, at),
                same_answer=same.answer[at],
                same_answer_ratio=_known(same.ratio[at]),
                seconds=_known(seconds[at]),
            )
        )
    return tuple(judges), remarks


def _reliabilities(judged: CriterionVotes) -> tuple[Doubles, Doubles, tuple[Sentence, ...]]:
    """By Dawid-Skene and Bradley-Terry (judges, judges), and what to say of them.

    NaN where no item was voted on by two judges: nothing tells a judge from the truth.
    """
    votes = judged.votes
    if not (judges_of_items(votes) > 1).any():
        nothing = np.full(votes.judges, np.nan)
        return nothing, nothing, ()
    one, other = dawid_skene(votes), bradley_terry(votes, judged.items)
    remarks = []
    if not one.is_converged:
        remarks.append(Sentence("agreement.moving-dawid-skene", iterations=one.iterations))
    if not other.is_converged:
        remarks.append(Sentence("agreement.moving-bradley-terry", rounds=other.rounds))
    return one.reliability, other.reliability, tuple(remarks)


def _with_rest(judged: CriterionVotes, draw: Bootstrap) -> list[Estimate]:
    """Each judge's agreement with the majority of the others (judges)."""
    rest = with_rest(judged.votes)
    order = np.argsort(rest.judge, kind="stable")
    ends = np.cumsum(np.bincount(rest.judge, minlength=judged.votes.judges))
    return [
        estimate(rest.points[mine], judged.prompt[rest.item[mine]], draw)
        for mine in (np.split(order, ends[:-1]) if len(ends) else ())
    ]


def _position(bias: PositionBias, at: int) -> PositionShare:
    return PositionShare(
        votes=int(bias.votes[at]),
        first=_known(bias.ratio[at]),
        low=_known(bias.low[at]),
        high=_known(bias.high[at]),
    )


def _votes_of_judges(votes: Votes) -> Ints:
    return np.bincount(votes.judge, minlength=votes.judges)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _mean(values: Any) -> float | None:
    return float(np.mean(values)) if len(values) else None
