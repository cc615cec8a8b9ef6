"""Tables of a campaign's file, and how a file of an older version becomes one of this version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from prefdata.io.annotation.header import APPLICATION_ID

_TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE item(
    id INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE,
    prompt TEXT NOT NULL,
    completions TEXT NOT NULL,
    source TEXT,
    line INTEGER,
    kind TEXT NOT NULL,
    gold TEXT,
    explanation TEXT,
    practice INTEGER NOT NULL DEFAULT 0,
    overlap INTEGER NOT NULL,
    priority REAL NOT NULL DEFAULT 0,
    row TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE TABLE person(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK(role IN ('annotator', 'lead')),
    language TEXT,
    joined REAL NOT NULL,
    revoked REAL,
    paused REAL
) STRICT;
CREATE TABLE invitation(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    name TEXT,
    person INTEGER REFERENCES person(id),
    made REAL NOT NULL,
    expires REAL,
    revoked REAL,
    uses_left INTEGER
) STRICT;
CREATE TABLE session(
    token_hash BLOB PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES person(id),
    made REAL NOT NULL,
    seen REAL NOT NULL,
    expires REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE lease(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER NOT NULL REFERENCES item(id),
    person INTEGER NOT NULL REFERENCES person(id),
    purpose TEXT NOT NULL,
    shown TEXT,
    since REAL NOT NULL,
    until REAL NOT NULL,
    answered INTEGER,
    UNIQUE(person, item, purpose)
) STRICT;
CREATE INDEX lease_held ON lease(item, until) WHERE answered IS NULL;
CREATE INDEX lease_held_by ON lease(person, until) WHERE answered IS NULL;
CREATE INDEX lease_answered ON lease(person, purpose, answered) WHERE answered IS NOT NULL;
CREATE TABLE vote(
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request TEXT NOT NULL UNIQUE,
    lease INTEGER NOT NULL REFERENCES lease(id),
    item INTEGER NOT NULL REFERENCES item(id),
    person INTEGER NOT NULL REFERENCES person(id),
    purpose TEXT NOT NULL,
    at REAL,
    answer TEXT NOT NULL,
    shown TEXT,
    active_ms INTEGER,
    total_ms INTEGER,
    replaces INTEGER UNIQUE REFERENCES vote(seq),
    comment TEXT,
    flag TEXT,
    confidence REAL
) STRICT;
CREATE INDEX vote_item ON vote(item, purpose);
CREATE INDEX vote_lease ON vote(lease);
CREATE INDEX vote_person ON vote(person, at, replaces, purpose, active_ms);
CREATE INDEX vote_at ON vote(at, replaces);
CREATE TRIGGER vote_stays BEFORE DELETE ON vote
BEGIN SELECT RAISE(ABORT, 'votes are never deleted'); END;
CREATE TRIGGER vote_is_final BEFORE UPDATE ON vote
BEGIN SELECT RAISE(ABORT, 'votes are never changed: a changed answer is a new vote'); END;
CREATE TABLE question(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    item INTEGER REFERENCES item(id),
    person INTEGER NOT NULL REFERENCES person(id),
    text TEXT NOT NULL,
    at REAL NOT NULL,
    reply TEXT,
    replied_at REAL
) STRICT;
CREATE TABLE event(
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    person INTEGER,
    what TEXT NOT NULL,
    detail TEXT
) STRICT;
"""

_TURNS = """
CREATE TABLE turn(
    item INTEGER PRIMARY KEY REFERENCES item(id),
    state TEXT NOT NULL DEFAULT 'open' CHECK(state IN ('open', 'done')),
    wanted INTEGER NOT NULL,
    judged INTEGER NOT NULL DEFAULT 0,
    differs INTEGER NOT NULL DEFAULT 0,
    decided INTEGER,
    rank REAL NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX turn_open ON turn(rank DESC, item) WHERE state = 'open';
CREATE INDEX turn_differs ON turn(item) WHERE differs;
CREATE INDEX item_known ON item(practice, id) WHERE practice OR gold IS NOT NULL;
CREATE TRIGGER item_stays BEFORE DELETE ON item
BEGIN SELECT RAISE(ABORT, 'items are never deleted'); END;
CREATE TRIGGER item_is_final BEFORE UPDATE ON item
BEGIN SELECT RAISE(ABORT, 'items are never changed'); END;
INSERT INTO turn(item, state, wanted, judged, rank)
    SELECT item.id, 'open', item.overlap, count(DISTINCT vote.person), item.priority
    FROM item LEFT JOIN vote ON vote.item = item.id AND vote.purpose IN ('vote', 'review')
    WHERE item.gold IS NULL AND NOT item.practice GROUP BY item.id;
UPDATE turn SET state = 'done' WHERE judged >= wanted;
"""


def create_tables(connection: sqlite3.Connection) -> None:
    """Makes the tables of version 0, which `migrate` brings to this version."""
    run_script(connection, _TABLES)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Runs statements within the transaction that is open (`executescript` would end it)."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _add_turns(connection: sqlite3.Connection) -> None:
    """Version 1 knows of each item whether it is done; before, votes were counted each time."""
    run_script(connection, _TURNS)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_add_turns,)
"""What brings a file of version n to n + 1."""

VERSION = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables of a file."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection) -> int:
    """Brings a file to this version, within the transaction that is open; returns the old one."""
    before = version_of(connection)
    for step in MIGRATIONS[before:]:
        step(connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    return before
