"""Takes votes: each is checked, written once, and says where its item stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from prefdata.config.annotation import AnnotationConfig
from prefdata.dialects.judgements.voted import by_completion
from prefdata.errors import AbsentError, GoneError, NotYoursError
from prefdata.io.annotation.items import StoredItem, read_item
from prefdata.io.annotation.leases import Showing, insert_answered, read_showing
from prefdata.io.annotation.people import insert_person, read_person
from prefdata.io.annotation.standing import OPINIONS, read_standing, write_standing
from prefdata.io.annotation.votes import (
    earlier_vote,
    insert_row,
    insert_vote,
    last_votes_on,
    progress_of,
)
from prefdata.results.annotation import ImportedVote, KnownAnswer, NewVote, SavedVote, VoteAnswer
from prefdata.transforms.annotation.answers import demand_answer, demand_vote, likeness
from prefdata.transforms.annotation.turns import turn_of

RIGHT = 0.75
"""Likeness to the known answer from which an answer is right."""


@dataclass(frozen=True)
class Voting:
    """Who votes, and when."""

    config: AnnotationConfig
    person: int
    now: float


def save_vote(db: sqlite3.Connection, voting: Voting, vote: NewVote) -> SavedVote:
    """Writes a vote, unless its request was written before: then it is that vote again.

    Raises AnswerError, AbsentError, NotYoursError; GoneError for an item whose time was over, and
    which others have judged meanwhile.
    """
    showing = own_showing(db, voting.person, vote.item)
    item = read_item(db, showing.item)
    assert item is not None, "a showing is of an item"
    earlier = earlier_vote(db, vote.request)
    if earlier is not None:
        seq, person = earlier
        if person != voting.person:
            raise NotYoursError("request: was used by somebody else. Send a new UUID.")
        return _saved(db, voting, item, showing, seq, vote.answer)
    demand_vote(vote, voting.config, item.kind, item.count)
    if showing.answered is None and showing.until <= voting.now and showing.purpose in OPINIONS:
        standing = read_standing(db, showing.item)
        if standing is not None and standing.state == "done":
            raise GoneError(
                "This item waited too long, and others have judged it meanwhile. Your answer is "
                "not needed; go on with the next one."
            )
    seq = insert_vote(db, showing, vote, voting.now)
    if showing.purpose in OPINIONS:
        settle(db, voting.config, item)
    return _saved(db, voting, item, showing, seq, vote.answer)


def own_showing(db: sqlite3.Connection, person: int, number: int) -> Showing:
    """A showing of a person's own. Raises AbsentError, NotYoursError."""
    showing = read_showing(db, number)
    if showing is None:
        raise AbsentError(f"item {number}: there is no such item")
    if showing.person != person:
        raise NotYoursError(f"item {number}: was not given to you")
    return showing


def settle(db: sqlite3.Connection, config: AnnotationConfig, item: StoredItem) -> None:
    """Notes where an item stands by all votes on it."""
    cast = last_votes_on(db, item.id, OPINIONS)
    answers = [by_completion(vote.answer, vote.shown) for _, vote in cast]
    turn = turn_of(answers, item.overlap, config)
    write_standing(
        db,
        item.id,
        wanted=turn.wanted,
        judged=turn.judged,
        is_done=turn.is_done,
        differs=turn.differs,
    )


def _saved(
    db: sqlite3.Connection,
    voting: Voting,
    item: StoredItem,
    showing: Showing,
    seq: int,
    answer: VoteAnswer,
) -> SavedVote:
    progress = progress_of(db, voting.person, voting.config.quota, voting.now)
    if showing.purpose != "practice":
        return SavedVote(seq, progress)
    is_right = None
    if item.known is not None:
        alike = likeness(by_completion(answer, showing.shown), item.known)
        is_right = None if alike is None else alike >= RIGHT
    return SavedVote(seq, progress, KnownAnswer(item.explanation or "", is_right))


def import_all(
    db: sqlite3.Connection, config: AnnotationConfig, votes: Sequence[ImportedVote], now: float
) -> int:
    """Writes votes from elsewhere, as `import_vote` does; returns how many were new."""
    return sum(import_vote(db, config, vote, now) for vote in votes)


def import_vote(
    db: sqlite3.Connection, config: AnnotationConfig, vote: ImportedVote, now: float
) -> bool:
    """Writes a vote from elsewhere; False: the judge has judged the item already.

    Raises AbsentError for an item that is not there, AnswerError.
    """
    found = db.execute("SELECT id FROM item WHERE key = ?", (vote.key,)).fetchone()
    item = None if found is None else read_item(db, found[0])
    if item is None:
        raise AbsentError(f"item {vote.key}: is not in the project")
    demand_answer(vote.answer, config, item.kind, item.count)
    person = _judge(db, vote.judge, now)
    shown = None if vote.shown is None else list(vote.shown)
    written = None if shown is None else str(shown).replace(" ", "")
    lease = insert_answered(db, item.id, person, written, now if vote.at is None else vote.at)
    if lease is None:
        return False
    sent = NewVote(
        request=f"import {person} {item.id}",
        item=lease,
        answer=vote.answer,
        comment=vote.comment,
        confidence=vote.confidence,
    )
    seq = insert_row(db, lease, item.id, person, "vote", written, sent, vote.at)
    db.execute("UPDATE lease SET answered = ? WHERE id = ?", (seq, lease))
    if read_standing(db, item.id) is not None:
        settle(db, config, item)
    return True


def _judge(db: sqlite3.Connection, name: str, now: float) -> int:
    """The person of a judge's name; a new one without a session if there is none."""
    row = db.execute("SELECT id FROM person WHERE name = ? ORDER BY id", (name,)).fetchone()
    if row is None:
        return insert_person(db, name, "annotator", None, now)
    person: int = row[0]
    return read_person(db, person).id
