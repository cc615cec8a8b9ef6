"""The claims in words."""

from __future__ import annotations

from collections.abc import Iterator

from prefdata.config.audit import AuditConfig
from prefdata.results.audit import AnswerClaims, Claims
from prefdata.results.sentences import Sentence

_ENOUGH = 20
"""Answers after which the share is known well enough to go on."""


def said(claims: Claims, config: AuditConfig) -> tuple[Sentence, ...]:
    """What the data alone tell, or what the answers do, and what to do next."""
    if claims.answers is None:
        return tuple(_without(claims))
    return tuple(_with(claims, claims.answers, config))


def _without(claims: Claims) -> Iterator[Sentence]:
    yield Sentence("claims.unknown", first=claims.first, most=claims.most)
    for what_if in claims.what_if:
        yield Sentence("claims.what-if", rate=what_if.rate, wrong=what_if.wrong, first=claims.first)
    yield Sentence("claims.ask", answers=_ENOUGH)


def _with(claims: Claims, answers: AnswerClaims, config: AuditConfig) -> Iterator[Sentence]:
    read = sum(part.read for part in answers.parts)
    wrong = sum(part.wrong for part in answers.parts)
    least, most = answers.wrong_at_top
    first = claims.first
    yield Sentence("claims.top", first=first, least=least, most=most, unread=answers.unread)
    yield Sentence(
        "claims.rate", low=answers.rate.low, high=answers.rate.high, read=read, wrong=wrong
    )
    if not answers.of_this_ranking:
        yield Sentence("claims.another-ranking", total=answers.drawn_of, first=first)
    if answers.once:
        yield Sentence("claims.once", rows=answers.once)
    elif answers.again:
        yield Sentence("claims.again", rows=answers.again, error=answers.reading_error)
    if answers.more:
        more = answers.more[-1]
        yield Sentence("claims.more", answers=more.answers, width=more.width)
    if answers.unread:
        code = "claims.may-drop" if answers.may_drop else "claims.may-not-drop"
        yield Sentence(code, unread=answers.unread, precision=config.precision)
