"""Questions of annotators, and the lead's replies."""

from __future__ import annotations

import sqlite3

from prefdata.errors import AbsentError
from prefdata.results.annotation import GuidelineQuestion


def insert_question(
    db: sqlite3.Connection, person: int, item: int | None, text: str, now: float
) -> int:
    """Adds a question."""
    made = db.execute(
        "INSERT INTO question(item, person, text, at) VALUES(?, ?, ?, ?)",
        (item, person, text, now),
    )
    assert made.lastrowid is not None, "a row was written"
    return made.lastrowid


def write_reply(db: sqlite3.Connection, question: int, text: str, now: float) -> None:
    """Replies to a question. Raises AbsentError."""
    changed = db.execute(
        "UPDATE question SET reply = ?, replied_at = ? WHERE id = ?", (text, now, question)
    )
    if not changed.rowcount:
        raise AbsentError(f"question {question}: there is no such question")


def read_questions(
    db: sqlite3.Connection, *, person: int | None = None, question: int | None = None
) -> list[tuple[GuidelineQuestion, str]]:
    """Questions with the names of those who ask: of all people or one, or a single one.

    Those without a reply come first, then the latest.
    """
    rows = db.execute(
        "SELECT q.id, q.item, 'p' || q.person, q.text, q.at, q.reply, q.replied_at, p.name "
        "FROM question AS q JOIN person AS p ON p.id = q.person "
        "WHERE (:person IS NULL OR q.person = :person) AND (:question IS NULL OR q.id = :question) "
        "ORDER BY q.reply IS NOT NULL, q.id DESC",
        {"person": person, "question": question},
    )
    return [(GuidelineQuestion(*row[:7]), row[7]) for row in rows]
