"""Showings of items to people: held until answered or until their time is over.

A showing is one person's view of one item for one purpose, in an order drawn once. It stays when
its time is over, so that a late answer still means what the person saw.
"""

from __future__ import annotations

import sqlite3

import msgspec

from prefdata.results.annotation import VotePurpose

_decode_shown = msgspec.json.Decoder(tuple[int, ...]).decode


class Showing(msgspec.Struct, frozen=True):
    """`answered`: number of the first vote on it. `until`: seconds since 1970."""

    id: int
    item: int
    person: int
    purpose: VotePurpose
    shown: tuple[int, ...]
    until: float
    answered: int | None


_SHOWING = "SELECT id, item, person, purpose, shown, until, answered FROM lease"


def _showing(row: tuple[object, ...]) -> Showing:
    number, item, person, purpose, shown, until, answered = row
    order = _decode_shown(shown)  # type: ignore[arg-type]
    return Showing(number, item, person, purpose, order, until, answered)  # type: ignore[arg-type]


def read_showing(db: sqlite3.Connection, number: int) -> Showing | None:
    """A showing by its number; None too for one whose order is unknown (of an imported vote)."""
    row = db.execute(f"{_SHOWING} WHERE id = ? AND shown IS NOT NULL", (number,)).fetchone()
    return None if row is None else _showing(row)


def held_by(db: sqlite3.Connection, person: int, now: float) -> list[Showing]:
    """What a person holds and has not answered, in the order given."""
    rows = db.execute(
        f"{_SHOWING} WHERE person = ? AND answered IS NULL AND until > ? ORDER BY id",
        (person, now),
    )
    return [_showing(row) for row in rows]


def give(
    db: sqlite3.Connection,
    item: int,
    person: int,
    purpose: VotePurpose,
    shown: tuple[int, ...],
    now: float,
    until: float,
) -> Showing:
    """Gives an item to a person; one that the person held before is the same showing again."""
    row = db.execute(
        "INSERT INTO lease(item, person, purpose, shown, since, until) VALUES(?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(person, item, purpose) DO UPDATE SET until = excluded.until "
        "RETURNING id, item, person, purpose, shown, until, answered",
        (item, person, purpose, msgspec.json.encode(shown).decode(), now, until),
    ).fetchone()
    return _showing(row)


def given_to(db: sqlite3.Connection, person: int, now: float) -> dict[str, int]:
    """How many items a person has answered or holds, by purpose."""
    answered = db.execute(
        "SELECT purpose, count(*) FROM lease WHERE person = ? AND answered IS NOT NULL "
        "GROUP BY purpose",
        (person,),
    )
    counts: dict[str, int] = dict(answered.fetchall())
    for showing in held_by(db, person, now):
        counts[showing.purpose] = counts.get(showing.purpose, 0) + 1
    return counts


def free_items(
    db: sqlite3.Connection, person: int, purpose: str, now: float, count: int
) -> list[int]:
    """Open items that a person may be given, the first in rank first."""
    rows = db.execute(
        """
        SELECT t.item FROM turn AS t INDEXED BY turn_open
        WHERE t.state = 'open'
            AND NOT EXISTS (
                SELECT 1 FROM lease AS mine
                WHERE mine.person = :person AND mine.item = t.item AND mine.purpose = :purpose
                    AND (mine.answered IS NOT NULL OR mine.until > :now)
            )
            AND t.judged + (
                SELECT count(*) FROM lease AS other
                WHERE other.item = t.item AND other.answered IS NULL AND other.until > :now
                    AND other.purpose = :purpose
            ) < t.wanted
        ORDER BY t.rank DESC, t.item LIMIT :count
        """,
        {"person": person, "purpose": purpose, "now": now, "count": count},
    )
    return [row[0] for row in rows]


def has_open_items(db: sqlite3.Connection, person: int, purpose: str) -> bool:
    """Whether an item is open that a person has not answered, whoever holds it now."""
    row = db.execute(
        """
        SELECT 1 FROM turn AS t INDEXED BY turn_open WHERE t.state = 'open' AND NOT EXISTS (
            SELECT 1 FROM lease AS mine
            WHERE mine.person = ? AND mine.item = t.item AND mine.purpose = ?
                AND mine.answered IS NOT NULL
        ) LIMIT 1
        """,
        (person, purpose),
    ).fetchone()
    return row is not None


def free_known_items(db: sqlite3.Connection, person: int, purpose: str, now: float) -> list[int]:
    """Practice or gold items that a person was not asked yet, in order."""
    rows = db.execute(
        """
        SELECT id FROM item WHERE (practice OR gold IS NOT NULL) AND practice = ?
            AND NOT EXISTS (
                SELECT 1 FROM lease WHERE person = ? AND item = item.id AND purpose = ?
                    AND (answered IS NOT NULL OR until > ?)
            )
        ORDER BY id
        """,
        (purpose == "practice", person, purpose, now),
    )
    return [row[0] for row in rows]


def items_to_repeat(db: sqlite3.Connection, person: int, purpose: str, gap: int) -> list[Showing]:
    """What a person answered at least `gap` answers ago, and was not shown again."""
    rows = db.execute(
        """
        SELECT id, item, person, purpose, shown, until, answered FROM lease AS own
        WHERE person = :person AND purpose = :purpose AND answered IS NOT NULL
            AND shown IS NOT NULL AND answered <= (
                SELECT answered FROM lease INDEXED BY lease_answered
                WHERE person = :person AND purpose = :purpose AND answered IS NOT NULL
                ORDER BY answered DESC LIMIT 1 OFFSET :gap
            )
            AND NOT EXISTS (
                SELECT 1 FROM lease AS again WHERE again.person = :person
                    AND again.item = own.item AND again.purpose = 'repeat'
            )
        ORDER BY answered DESC LIMIT :window
        """,
        {"person": person, "purpose": purpose, "gap": gap, "window": 4 * gap},
    )
    return [_showing(row) for row in rows]


def insert_answered(
    db: sqlite3.Connection, item: int, person: int, shown: str | None, at: float
) -> int | None:
    """A showing that was answered elsewhere; None if the person has judged the item already."""
    row = db.execute(
        "INSERT INTO lease(item, person, purpose, shown, since, until, answered) "
        "VALUES(?, ?, 'vote', ?, ?, ?, 0) ON CONFLICT DO NOTHING RETURNING id",
        (item, person, shown, at, at),
    ).fetchone()
    return None if row is None else row[0]
