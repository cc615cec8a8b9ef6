"""What the lead looks at and decides: disputed items, pace, and figures of people as they stand."""

from __future__ import annotations

import sqlite3
import statistics
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from prefdata.config.annotation import AnnotationConfig
from prefdata.dialects.judgements.voted import CastVote, by_completion, by_place
from prefdata.errors import AbsentError
from prefdata.io.annotation.items import (
    StoredItem,
    models_of,
    read_item,
    shown_completions,
    shown_item,
)
from prefdata.io.annotation.leases import give
from prefdata.io.annotation.standing import (
    OPINIONS,
    disputed_items,
    read_counts,
    read_standing,
    write_decided,
)
from prefdata.io.annotation.votes import insert_vote, last_votes_on
from prefdata.io.annotation.workloads import Workload, read_workloads, recent_times, votes_by_hour
from prefdata.pipeline.annotation.voting import Voting
from prefdata.results.annotation import (
    CampaignOverview,
    CampaignPace,
    DisputedItem,
    MeasuredPerson,
    MeasuredShare,
    MeasuredVotes,
    NewVote,
    PersonFigures,
    SideVote,
    VoteAnswer,
)
from prefdata.transforms.annotation.answers import demand_vote
from prefdata.transforms.annotation.draws import order_shown

_REST, _SHORT = 20.0, 0.05  # see Looks; a look of less than so many seconds is always a new one

_NOBODY = 0
"""The person in whose name the order is drawn in which a lead sees completions."""


@dataclass(frozen=True)
class Look:
    """What takes a look at every vote."""

    workloads: list[Workload]
    hours: tuple[int, ...]


class Looks:
    """The last look at every vote, which is not taken again before twenty times as long has gone
    by as it took: in a large campaign, whoever keeps asking gets numbers that are seconds old."""

    def __init__(self) -> None:
        self._last: Look | None = None
        self._until = 0.0

    def look(self, db: sqlite3.Connection, now: float) -> Look:
        """The last look, or a new one."""
        last = self._last
        if last is None or time.monotonic() >= self._until:
            began = time.monotonic()
            self._last = last = Look(read_workloads(db, now), votes_by_hour(db, now))
            ended = time.monotonic()
            self._until = ended + (_REST * (ended - began) if ended - began > _SHORT else 0.0)
        return last

    def forget(self) -> None:
        """Something changed that the lead expects to see."""
        self._until = 0.0


def overview(
    db: sqlite3.Connection,
    look: Look,
    measured: MeasuredVotes | None,
    *,
    is_paused: bool,
) -> CampaignOverview:
    """Where a campaign stands now, beside what was measured of it last."""
    counts = read_counts(db)
    times = recent_times(db)
    seconds = statistics.median(times) / 1000 if times else None
    workloads = look.workloads
    is_done = counts.items > 0 and counts.done == counts.items
    return CampaignOverview(
        state="paused" if is_paused else "done" if is_done else "running",
        items=counts.items,
        done=counts.done,
        disputed=counts.disputed,
        votes=sum(workload.votes for workload in workloads),
        people=sum(workload.votes > 0 for workload in workloads),
        pace=CampaignPace(
            hours=look.hours,
            seconds=seconds,
            left=counts.left,
            left_seconds=None if seconds is None else counts.left * seconds,
        ),
        agreement=() if measured is None else measured.agreement,
        measured=None if measured is None else measured.upto,
    )


def people(look: Look, measured: MeasuredVotes | None, *, names: bool) -> tuple[PersonFigures, ...]:
    """The figures of all who were asked to judge."""
    known = {} if measured is None else {each.id: each for each in measured.people}
    return tuple(_figures(workload, known, names=names) for workload in look.workloads)


def _figures(
    workload: Workload, known: Mapping[int, MeasuredPerson], *, names: bool
) -> PersonFigures:
    nothing = MeasuredShare(0)
    seen = known.get(workload.id) or MeasuredPerson(workload.id, nothing, nothing, nothing, nothing)
    return PersonFigures(
        id=workload.id,
        label=workload.name if names else f"p{workload.id}",
        votes=workload.votes,
        today=workload.today,
        last=workload.last,
        is_paused=workload.is_paused,
        is_revoked=workload.is_revoked,
        agreement=seen.agreement,
        gold=seen.gold,
        consistency=seen.consistency,
        position=seen.position,
        seconds=seen.seconds,
        hours=workload.active_ms / 3_600_000,
    )


def disputes(
    db: sqlite3.Connection, config: AnnotationConfig, before: int | None, count: int
) -> tuple[DisputedItem, ...]:
    """Items on which people differ, with all votes side by side."""
    return tuple(
        _disputed(db, config, number, decided)
        for number, decided in disputed_items(db, before, count)
    )


def _disputed(
    db: sqlite3.Connection, config: AnnotationConfig, number: int, decided: int | None
) -> DisputedItem:
    item = read_item(db, number)
    assert item is not None, "a turn is of an item"
    shown = _order(config, item)
    whole = shown_item(item, number, shown)
    decision = None
    if decided is not None:
        finals = last_votes_on(db, number, ("adjudication",))
        decision = next(_side(p, v, shown) for p, v in finals if v.seq == decided)
    models = None
    if decided is not None:
        written = models_of(item)
        models = tuple(written[index] for index in shown)
    return DisputedItem(
        item=number,
        kind=whole.kind,
        prompt=whole.prompt,
        completions=shown_completions(item, shown),
        votes=tuple(_side(p, v, shown) for p, v in last_votes_on(db, number, OPINIONS)),
        decided=decision,
        models=models,
    )


def _order(config: AnnotationConfig, item: StoredItem) -> tuple[int, ...]:
    return order_shown(config.seed, item.key, _NOBODY, item.count)


def _side(person: int, vote: CastVote, shown: tuple[int, ...]) -> SideVote:
    return SideVote(
        label=f"p{person}",
        at=vote.at or 0.0,
        answer=by_place(by_completion(vote.answer, vote.shown), shown),
        comment=vote.comment,
        flag=vote.flag,
        confidence=vote.confidence,
    )


def decide(
    db: sqlite3.Connection,
    voting: Voting,
    number: int,
    answer: VoteAnswer,
    comment: str | None,
) -> SideVote:
    """Writes the lead's answer, which ends an item. Raises AbsentError, AnswerError."""
    item = read_item(db, number)
    if item is None or read_standing(db, number) is None:
        raise AbsentError(f"item {number}: there is no such item to decide")
    vote = NewVote(request=str(uuid.uuid4()), item=number, answer=answer, comment=comment)
    demand_vote(vote, voting.config, item.kind, item.count)
    shown = _order(voting.config, item)
    showing = give(db, number, voting.person, "adjudication", shown, voting.now, voting.now)
    seq = insert_vote(db, showing, vote, voting.now)
    write_decided(db, number, seq)
    return SideVote(f"p{voting.person}", voting.now, answer, comment, None, None)
