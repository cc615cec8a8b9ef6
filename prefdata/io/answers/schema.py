"""Tables of a file of answers: rows are added to them, never changed, never removed."""

from __future__ import annotations

APPLICATION_ID = 0x50724173
"""Stands in the header of the file: `PrAs`."""

VERSION = 1

TABLES = f"""
CREATE TABLE answer(
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL CHECK(length(key) = 32),
    number INTEGER NOT NULL CHECK(number >= 0),
    answer BLOB NOT NULL,
    UNIQUE(key, number)
) STRICT;
CREATE TRIGGER answer_stays BEFORE DELETE ON answer
BEGIN SELECT RAISE(ABORT, 'answers are never deleted'); END;
CREATE TRIGGER answer_is_final BEFORE UPDATE ON answer
BEGIN SELECT RAISE(ABORT, 'answers are never changed'); END;
CREATE TABLE failure(
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL CHECK(length(key) = 32),
    number INTEGER NOT NULL CHECK(number >= 0),
    reason TEXT NOT NULL,
    said TEXT NOT NULL
) STRICT;
CREATE INDEX failure_of ON failure(key, number);
CREATE TRIGGER failure_stays BEFORE DELETE ON failure
BEGIN SELECT RAISE(ABORT, 'failures are never deleted'); END;
CREATE TRIGGER failure_is_final BEFORE UPDATE ON failure
BEGIN SELECT RAISE(ABORT, 'failures are never changed'); END;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
