"""Where items stand: how many people have judged each, and what is disputed or decided."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

OPINIONS = ("vote", "review")
"""Purposes of votes that are people's opinions of an item."""


class Standing(msgspec.Struct, frozen=True):
    """`decided`: number of the lead's vote."""

    state: str
    wanted: int
    judged: int
    differs: bool
    decided: int | None


def read_standing(db: sqlite3.Connection, item: int) -> Standing | None:
    """Where an item stands; None: nobody's opinion of it is asked (gold, practice)."""
    row = db.execute(
        "SELECT state, wanted, judged, differs, decided FROM turn WHERE item = ?", (item,)
    ).fetchone()
    return None if row is None else Standing(row[0], row[1], row[2], bool(row[3]), row[4])


def write_standing(
    db: sqlite3.Connection, item: int, *, wanted: int, judged: int, is_done: bool, differs: bool
) -> None:
    """Notes where an item stands; one that was decided stays done."""
    db.execute(
        "UPDATE turn SET wanted = ?, judged = ?, differs = ?, "
        "state = CASE WHEN ? OR decided IS NOT NULL THEN 'done' ELSE 'open' END WHERE item = ?",
        (wanted, judged, differs, is_done, item),
    )


def write_decided(db: sqlite3.Connection, item: int, seq: int) -> None:
    """Notes the lead's vote, which ends an item."""
    db.execute("UPDATE turn SET state = 'done', decided = ? WHERE item = ?", (seq, item))


def write_ranks(db: sqlite3.Connection, ranks: Iterable[tuple[int, float]]) -> None:
    """Puts open items in another order: (item, rank), the highest first."""
    db.executemany(
        "UPDATE turn SET rank = ? WHERE item = ? AND state = 'open'",
        ((rank, item) for item, rank in ranks),
    )


def disputed_items(
    db: sqlite3.Connection, before: int | None, count: int
) -> list[tuple[int, int | None]]:
    """Items on which people differ, with the lead's vote; undecided ones first.

    `before`: the item after which the next page begins.
    """
    after = (0, 0)
    if before is not None:
        seen = read_standing(db, before)
        after = (int(seen is not None and seen.decided is not None), before)
    rows = db.execute(
        "SELECT item, decided FROM turn INDEXED BY turn_differs "
        "WHERE differs AND (decided IS NOT NULL, item) > (?, ?) "
        "ORDER BY decided IS NOT NULL, item LIMIT ?",
        (*after, count),
    )
    return rows.fetchall()


class ItemCounts(msgspec.Struct, frozen=True):
    """`left`: votes that are still wanted."""

    items: int
    done: int
    disputed: int
    left: int


def read_counts(db: sqlite3.Connection) -> ItemCounts:
    """How many items there are, and where they stand."""
    row = db.execute(
        "SELECT count(*), coalesce(sum(state = 'done'), 0), "
        "coalesce(sum(differs AND decided IS NULL), 0), "
        "coalesce(sum(CASE WHEN state = 'open' THEN max(wanted - judged, 0) END), 0) FROM turn"
    ).fetchone()
    return ItemCounts(*row)
