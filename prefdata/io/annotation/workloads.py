"""Counts of votes: by person, by hour, and the times that they took."""

from __future__ import annotations

import sqlite3

import msgspec

from prefdata.io.annotation.votes import DAY

_HOURS = 24
_RECENT = 500  # votes whose times tell the pace


class Workload(msgspec.Struct, frozen=True):
    """What one annotator has done. `votes`, `today`: items answered, practice apart."""

    id: int
    name: str
    votes: int
    today: int
    last: float | None
    active_ms: int
    is_paused: bool
    is_revoked: bool


def read_workloads(db: sqlite3.Connection, now: float) -> list[Workload]:
    """All annotators, and whoever else has voted, in the order in which they joined."""
    rows = db.execute(
        """
        SELECT p.id, p.name,
            coalesce(sum(v.replaces IS NULL AND v.purpose != 'practice'), 0),
            coalesce(sum(v.replaces IS NULL AND v.purpose != 'practice' AND v.at >= :midnight), 0),
            max(v.at), coalesce(sum(v.active_ms), 0), p.paused IS NOT NULL, p.revoked IS NOT NULL
        FROM person AS p LEFT JOIN vote AS v INDEXED BY vote_person
            ON v.person = p.id AND v.purpose != 'adjudication'
        GROUP BY p.id HAVING p.role = 'annotator' OR count(v.person) ORDER BY p.id
        """,
        {"midnight": now - now % DAY},
    )
    return [
        Workload(number, name, votes, today, last, active, bool(paused), bool(revoked))
        for number, name, votes, today, last, active, paused, revoked in rows
    ]


def votes_by_hour(db: sqlite3.Connection, now: float) -> tuple[int, ...]:
    """Votes of each of the last 24 hours, the oldest first."""
    hours = [0] * _HOURS
    rows = db.execute(
        "SELECT cast((? - at) / 3600 AS INTEGER), count(*) FROM vote INDEXED BY vote_at "
        "WHERE at > ? AND at <= ? AND replaces IS NULL GROUP BY 1",
        (now, now - _HOURS * 3600, now),
    )
    for ago, count in rows:
        if ago < _HOURS:
            hours[_HOURS - 1 - ago] = count
    return tuple(hours)


def recent_times(db: sqlite3.Connection) -> list[int]:
    """Active time of the last votes, in milliseconds."""
    rows = db.execute(
        "SELECT active_ms FROM vote WHERE purpose NOT IN ('practice', 'adjudication') "
        "AND active_ms IS NOT NULL ORDER BY seq DESC LIMIT ?",
        (_RECENT,),
    )
    return [row[0] for row in rows]
