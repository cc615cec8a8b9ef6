"""Votes of a campaign, which are only ever added, and where each item stands by them."""

from __future__ import annotations

import sqlite3

import msgspec

from prefdata.dialects.judgements.voted import CastVote
from prefdata.io.annotation.leases import Showing
from prefdata.results.annotation import NewVote, OwnVote, VoteAnswer, VoteProgress

_encode = msgspec.json.encode
_decode_answer = msgspec.json.Decoder(VoteAnswer).decode
_decode_shown = msgspec.json.Decoder(tuple[int, ...]).decode

DAY = 24 * 3600


def earlier_vote(db: sqlite3.Connection, request: str) -> tuple[int, int] | None:
    """The number and the person of the vote that a request has made already."""
    row = db.execute("SELECT seq, person FROM vote WHERE request = ?", (request,)).fetchone()
    return None if row is None else (row[0], row[1])


def insert_vote(db: sqlite3.Connection, showing: Showing, vote: NewVote, now: float) -> int:
    """Adds a vote, in place of the last one on the showing if there is one; returns its number."""
    shown = _encode(showing.shown).decode()
    seq = insert_row(
        db, showing.id, showing.item, showing.person, showing.purpose, shown, vote, now
    )
    if showing.answered is None:
        db.execute("UPDATE lease SET answered = ? WHERE id = ?", (seq, showing.id))
    return seq


def insert_row(
    db: sqlite3.Connection,
    lease: int,
    item: int,
    person: int,
    purpose: str,
    shown: str | None,
    vote: NewVote,
    at: float | None,
) -> int:
    """Adds one row of votes. `shown`: JSON; None: the order is unknown."""
    made = db.execute(
        "INSERT INTO vote(request, lease, item, person, purpose, at, answer, shown, active_ms, "
        "total_ms, replaces, comment, flag, confidence) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "(SELECT max(seq) FROM vote WHERE lease = ?), ?, ?, ?)",
        (
            vote.request,
            lease,
            item,
            person,
            purpose,
            at,
            _encode(vote.answer).decode(),
            shown,
            vote.active_ms,
            vote.total_ms,
            lease,
            vote.comment,
            vote.flag,
            vote.confidence,
        ),
    )
    assert made.lastrowid is not None, "a row was written"
    return made.lastrowid


_CAST = (
    "SELECT person, seq, purpose, at, answer, shown, active_ms, total_ms, comment, flag, "
    "confidence FROM vote"
)


def _cast(row: tuple[object, ...]) -> CastVote:
    seq, purpose, at, answer, shown, *others = row
    order = None if shown is None else _decode_shown(shown)  # type: ignore[arg-type]
    return CastVote(seq, purpose, at, _decode_answer(answer), order, *others)  # type: ignore[arg-type]


def last_votes_on(
    db: sqlite3.Connection, item: int, purposes: tuple[str, ...]
) -> list[tuple[int, CastVote]]:
    """Each person's last vote on an item, with the person, in the order of the first votes."""
    last: dict[int, CastVote] = {}
    for row in db.execute(f"{_CAST} WHERE item = ? ORDER BY seq", (item,)):
        vote = _cast(row[1:])
        if vote.purpose in purposes:
            last[row[0]] = vote
    return list(last.items())


def votes_on_showing(db: sqlite3.Connection, showing: int, upto: int) -> list[CastVote]:
    """All votes on a showing up to a number, the last one last."""
    rows = db.execute(f"{_CAST} WHERE lease = ? AND seq <= ? ORDER BY seq", (showing, upto))
    return [_cast(row[1:]) for row in rows]


def last_vote(db: sqlite3.Connection) -> int:
    """The number of the last vote; 0: none."""
    seq: int = db.execute("SELECT coalesce(max(seq), 0) FROM vote").fetchone()[0]
    return seq


def progress_of(db: sqlite3.Connection, person: int, quota: int | None, now: float) -> VoteProgress:
    """How far a person is."""
    done = db.execute(
        "SELECT count(*) FROM lease WHERE person = ? AND answered IS NOT NULL "
        "AND purpose != 'practice'",
        (person,),
    ).fetchone()[0]
    today = db.execute(
        "SELECT count(*) FROM vote INDEXED BY vote_person "
        "WHERE person = ? AND at >= ? AND replaces IS NULL "
        "AND purpose NOT IN ('practice', 'adjudication')",
        (person, now - now % DAY),
    ).fetchone()[0]
    return VoteProgress(done, quota, today)


def own_votes(
    db: sqlite3.Connection, person: int, before: int | None, count: int
) -> list[tuple[OwnVote, str]]:
    """A person's last votes, the latest first, with the prompt of each; changed ones left out."""
    rows = db.execute(
        "SELECT v.seq, v.lease, v.at, v.answer, v.comment, v.flag, v.confidence, i.prompt "
        "FROM vote AS v JOIN item AS i ON i.id = v.item "
        "WHERE v.person = ? AND v.seq < ? AND v.purpose != 'adjudication' AND v.shown IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM vote AS w WHERE w.replaces = v.seq) "
        "ORDER BY v.seq DESC LIMIT ?",
        (person, before if before is not None else 1 << 62, count),
    )
    return [(_own(row[:7]), row[7]) for row in rows]


def own_vote(db: sqlite3.Connection, showing: int) -> OwnVote | None:
    """The last vote on a showing."""
    row = db.execute(
        "SELECT seq, lease, at, answer, comment, flag, confidence FROM vote WHERE lease = ? "
        "ORDER BY seq DESC LIMIT 1",
        (showing,),
    ).fetchone()
    return None if row is None else _own(row)


def _own(row: tuple[object, ...]) -> OwnVote:
    seq, lease, at, answer, comment, flag, confidence = row
    return OwnVote(seq, lease, at, _decode_answer(answer), comment, flag, confidence)  # type: ignore[arg-type]
