"""People of a campaign: invitations, sessions, and what stops a person for a while or for good.

Secrets are kept as their SHA-256 only.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3

from prefdata.errors import AbsentError, SignedOutError
from prefdata.results.annotation import Invitation, Invited, Joined, Participant, Role, SignedIn

SESSION_SECONDS = 30 * 24 * 3600.0
_SEEN_SECONDS = 3600.0  # a session that was used is made longer at most so often
_TOKEN_BYTES = 32

_ENDED = "This link is not valid, or no longer. Ask whoever runs the project for a new one."
_SIGNED_OUT = "You are not signed in, or your session has ended. Open your link again."


def insert_invitation(
    db: sqlite3.Connection,
    role: Role,
    name: str | None,
    uses: int | None,
    now: float,
    expires: float | None,
    person: int | None = None,
) -> Invited:
    """Makes an invitation; whoever uses one of a `person` is this person."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    made = db.execute(
        "INSERT INTO invitation(token_hash, role, name, person, made, expires, uses_left) "
        "VALUES(?, ?, ?, ?, ?, ?, ?)",
        (_checksum(token), role, name, person, now, expires, uses),
    )
    assert made.lastrowid is not None, "a row was written"
    return Invited(made.lastrowid, token)


_INVITATION = "SELECT id, role, name, made, expires, revoked IS NOT NULL, uses_left FROM invitation"


def read_invitations(db: sqlite3.Connection) -> tuple[Invitation, ...]:
    """All invitations but those of a single person's devices, the latest first."""
    rows = db.execute(f"{_INVITATION} WHERE person IS NULL ORDER BY id DESC")
    return tuple(_invitation(row) for row in rows)


def valid_invitation(db: sqlite3.Connection, token: str, now: float) -> Invitation:
    """The invitation of a token. Raises SignedOutError: there is none, or it has ended."""
    row = db.execute(f"{_INVITATION} WHERE token_hash = ?", (_checksum(token),)).fetchone()
    if row is None:
        raise SignedOutError(_ENDED)
    invitation = _invitation(row)
    is_late = invitation.expires is not None and invitation.expires <= now
    if invitation.is_revoked or is_late or invitation.uses_left == 0:
        raise SignedOutError(_ENDED)
    return invitation


def _invitation(row: tuple[object, ...]) -> Invitation:
    number, role, name, made, expires, revoked, uses = row
    return Invitation(number, role, name, made, expires, bool(revoked), uses)  # type: ignore[arg-type]


def use_invitation(
    db: sqlite3.Connection, token: str, name: str, language: str | None, now: float
) -> Joined:
    """Signs in by an invitation, and takes one of its uses. Raises SignedOutError."""
    invitation = valid_invitation(db, token, now)
    db.execute("UPDATE invitation SET uses_left = uses_left - 1 WHERE id = ?", (invitation.id,))
    of = db.execute("SELECT person FROM invitation WHERE id = ?", (invitation.id,)).fetchone()[0]
    if of is None:
        of = insert_person(db, name, invitation.role, language, now)
    person = read_person(db, of)
    session = secrets.token_urlsafe(_TOKEN_BYTES)
    expires = now + SESSION_SECONDS
    db.execute(
        "INSERT INTO session(token_hash, person, made, seen, expires) VALUES(?, ?, ?, ?, ?)",
        (_checksum(session), of, now, now, expires),
    )
    db.execute("DELETE FROM session WHERE expires <= ?", (now,))
    return Joined(session, csrf_of(session), expires, person)


def insert_person(
    db: sqlite3.Connection, name: str, role: str, language: str | None, now: float
) -> int:
    """Adds a person."""
    made = db.execute(
        "INSERT INTO person(name, role, language, joined) VALUES(?, ?, ?, ?)",
        (name, role, language, now),
    )
    assert made.lastrowid is not None, "a row was written"
    return made.lastrowid


def read_person(db: sqlite3.Connection, person: int) -> Participant:
    """A person. Raises AbsentError; SignedOutError if the person was put out of the project."""
    row = db.execute(
        "SELECT id, name, role, language, paused IS NOT NULL, revoked FROM person WHERE id = ?",
        (person,),
    ).fetchone()
    if row is None:
        raise AbsentError(f"person {person}: there is no such person")
    number, name, role, language, paused, revoked = row
    if revoked is not None:
        raise SignedOutError(_ENDED)
    return Participant(number, name, role, language, bool(paused))


def csrf_of(session: str) -> str:
    """What each POST of a session brings; whoever knows it does not know the session."""
    return hashlib.sha256(b"csrf\0" + session.encode("utf-8", "replace")).hexdigest()


def read_session(db: sqlite3.Connection, token: str, now: float) -> tuple[SignedIn, bool]:
    """Who it is, and whether `keep_session` is due. Raises SignedOutError."""
    row = db.execute(
        "SELECT person, seen, expires FROM session WHERE token_hash = ?", (_checksum(token),)
    ).fetchone()
    if row is None or row[2] <= now:
        raise SignedOutError(_SIGNED_OUT)
    signed = SignedIn(read_person(db, row[0]), csrf_of(token), row[2])
    return signed, now - row[1] > _SEEN_SECONDS


def keep_session(db: sqlite3.Connection, token: str, now: float) -> None:
    """A session that is used does not end."""
    db.execute(
        "UPDATE session SET seen = ?, expires = ? WHERE token_hash = ?",
        (now, now + SESSION_SECONDS, _checksum(token)),
    )


def delete_session(db: sqlite3.Connection, token: str) -> None:
    """Ends a session."""
    db.execute("DELETE FROM session WHERE token_hash = ?", (_checksum(token),))


def revoke_invitation(db: sqlite3.Connection, invitation: int, now: float) -> None:
    """Ends an invitation. Raises AbsentError."""
    changed = db.execute(
        "UPDATE invitation SET revoked = coalesce(revoked, ?) WHERE id = ?", (now, invitation)
    )
    if not changed.rowcount:
        raise AbsentError(f"invitation {invitation}: there is no such invitation")


def revoke_person(db: sqlite3.Connection, person: int, now: float) -> None:
    """Ends all that a person holds; votes stay. Raises AbsentError."""
    changed = db.execute(
        "UPDATE person SET revoked = coalesce(revoked, ?) WHERE id = ?", (now, person)
    )
    if not changed.rowcount:
        raise AbsentError(f"person {person}: there is no such person")
    db.execute("DELETE FROM session WHERE person = ?", (person,))
    db.execute(
        "UPDATE invitation SET revoked = coalesce(revoked, ?) WHERE person = ?", (now, person)
    )
    db.execute(
        "UPDATE lease SET until = ? WHERE person = ? AND answered IS NULL AND until > ?",
        (now, person, now),
    )


def pause_person(db: sqlite3.Connection, person: int, paused: float | None) -> None:
    """Stops a person for a while, or no longer (None). Raises AbsentError."""
    changed = db.execute("UPDATE person SET paused = ? WHERE id = ?", (paused, person))
    if not changed.rowcount:
        raise AbsentError(f"person {person}: there is no such person")


def _checksum(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
