"""What an audit says of wrong labels: an order, and, with answers of people, probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.claims.bounds import (
    StratumRead,
    may_drop,
    most_at_top,
    rate_of,
    wrong_at_top,
)
from prefdata.label_audit.claims.evidence import Evidence
from prefdata.label_audit.claims.posterior import RowAnswer, RowChances, chances
from prefdata.label_audit.claims.reading import widened
from prefdata.label_audit.claims.sentences import said
from prefdata.label_audit.claims.shape import FIRST, Ranking, expected_wrong
from prefdata.results.audit import AnswerClaims, Claims, MoreReading, RowsRead, WhatIf
from prefdata.results.review import TOP

_RATES = (0.01, 0.03, 0.1)
_MORE = (40, 60, 100, 150, 200, 300, 500, 1000)
_AS_HIGH_AS_MAY_BE = 0.5


@dataclass(frozen=True)
class Claimed:
    """`claims`: of the dataset. `chances`: of each row; None without answers."""

    claims: Claims
    chances: RowChances | None


def claims_of(
    ranking: Ranking, places: Mapping[int, int], evidence: Evidence, config: AuditConfig
) -> Claimed:
    """What can be said of n ranked rows. `places`: row number to place in the ranking."""
    rows, prior = len(ranking.margin), config.prior
    first = min(FIRST, rows)
    highest = _AS_HIGH_AS_MAY_BE if prior.high is None else prior.high
    ends = tuple(end for end in (prior.low, prior.high) if end)
    known = [
        RowAnswer(places[row.row], bool(row.is_wrong))
        for row in evidence.settled
        if row.row in places
    ]
    claims = Claims(
        first=first,
        most=most_at_top(ranking, first, highest),
        what_if=tuple(
            WhatIf(rate=rate, wrong=expected_wrong(ranking, rate, first)) for rate in ends or _RATES
        ),
        says=(),
    )
    found = None
    if known and evidence.rate is not None:
        found = chances(ranking, known, evidence.readers, prior.low or 0.0, highest)
        likely = int((found.mean > config.likely).sum())
        answers = _answers(evidence, first, likely, config)
        claims = claims.model_copy(update={"answers": answers})
    return Claimed(claims.model_copy(update={"says": said(claims, config)}), found)


def _answers(evidence: Evidence, first: int, likely: int, config: AuditConfig) -> AnswerClaims:
    rate, readers = evidence.rate, evidence.readers
    assert rate is not None, "somebody answered"
    parts = evidence.parts
    top = evidence.top or RowsRead(name=TOP, rows=first, read=0, wrong=0)
    drawn, _ = evidence.drawn[0]
    return AnswerClaims(
        of_this_ranking=drawn.sheet == evidence.today,
        drawn_of=drawn.total,
        parts=parts,
        beyond=len(evidence.settled) - len(evidence.drawn),
        again=evidence.again,
        once=evidence.once,
        reading_error=evidence.error if readers.alarms else 0.0,
        rate=rate,
        wrong_at_top=wrong_at_top(top.rows, top.read, top.wrong, readers),
        more=tuple(_more(evidence)),
        likely=likely,
        may_drop=may_drop(top.rows, top.read, top.wrong, config.precision, readers),
        unread=top.rows - top.read,
    )


def _more(evidence: Evidence) -> list[MoreReading]:
    """The width to expect of more answers, divided in the same way, if shares stay as they are."""
    parts = evidence.parts
    read = sum(part.read for part in parts)
    foreseen = []
    total = sum(part.rows for part in parts)
    for answers in _MORE:
        if not read < answers < total:
            continue
        strata = [_foreseen(part, answers / read) for part in parts]
        width = widened(rate_of(strata), evidence.readers).width
        foreseen.append(MoreReading(answers=answers, width=width))
    return foreseen[:3]


def _foreseen(part: RowsRead, times: float) -> StratumRead:
    read = min(part.read * times, part.rows)
    return StratumRead(part.rows, read, part.wrong * read / max(part.read, 1))


def likely_rows(chances: RowChances | None, rows: int, likely: float) -> np.ndarray:
    """Which rows (n) are more probably wrong than `likely`; none without answers."""
    if chances is None:
        return np.zeros(rows, np.bool_)
    return np.asarray(chances.mean > likely, np.bool_)
