"""The votes of a campaign as JSON Lines of judgements, up to a vote: the same lines every time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from prefdata.dialects.judgements.voted import VotedItem, judgement_row, overall_of
from prefdata.io.annotation.items import read_config
from prefdata.io.annotation.store import Database
from prefdata.io.annotation.votes import last_vote, votes_on_showing

_encode = msgspec.json.Encoder().encode
_decode_row = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode

_PAGE = 200  # showings that one look at the file reads

_SHOWINGS = """
SELECT v.lease, v.seq, v.person, p.name || CASE WHEN EXISTS (
        SELECT 1 FROM person AS namesake WHERE namesake.name = p.name AND namesake.id < p.id
    ) THEN ' (p' || p.id || ')' ELSE '' END, v.item, v.purpose
FROM vote AS v JOIN person AS p ON p.id = v.person
WHERE v.replaces IS NULL AND v.purpose IN ('vote', 'gold', 'review', 'adjudication')
    AND v.seq > :after AND v.seq <= :upto
    AND NOT (v.purpose = 'adjudication' AND EXISTS (  -- of several decisions the last one counts
        SELECT 1 FROM vote AS w WHERE w.item = v.item AND w.purpose = 'adjudication'
            AND w.lease != v.lease AND w.seq <= :upto AND w.seq > (
                SELECT max(x.seq) FROM vote AS x WHERE x.lease = v.lease AND x.seq <= :upto
            )
    ))
ORDER BY v.seq LIMIT :count
"""


def exported(database: Database, upto: int | None = None) -> Iterator[bytes]:
    """A line for each person's judgement of an item, in the order of the first votes.

    `upto`: number of the last vote that counts; None: the last one now. Votes are only added and
    items never change, so the lines depend on nothing else. Nobody waits while they are read.
    """
    if upto is None:
        with database.reading() as db:
            upto = last_vote(db)
    after = 0
    while True:
        with database.reading() as db:
            lines, after = _page(db, after, upto)
        yield from lines
        if len(lines) < _PAGE:
            return


def _page(db: sqlite3.Connection, after: int, upto: int) -> tuple[list[bytes], int]:
    config = read_config(db)
    lines: list[bytes] = []
    window = {"after": after, "upto": upto, "count": _PAGE}
    for lease, seq, person, name, item, purpose in db.execute(_SHOWINGS, window):
        found, kind = _voted_item(db, item)
        repeat = None
        if purpose in ("vote", "review"):
            again = _repeat_of(db, person, item)
            repeats = [] if again is None else votes_on_showing(db, again, upto)
            repeat = repeats[-1] if repeats else None
        judge = name if config.names_shown else f"p{person}"
        votes = votes_on_showing(db, lease, upto)
        row = judgement_row(found, votes, judge, overall_of(config, kind), repeat)
        lines.append(_encode(row) + b"\n")
        after = seq
    return lines, after


def _repeat_of(db: sqlite3.Connection, person: int, item: int) -> int | None:
    row = db.execute(
        "SELECT id FROM lease WHERE person = ? AND item = ? AND purpose = 'repeat'", (person, item)
    ).fetchone()
    return None if row is None else row[0]


def _voted_item(db: sqlite3.Connection, item: int) -> tuple[VotedItem, str]:
    key, prompt, completions, source, line, row, kind = db.execute(
        "SELECT key, prompt, completions, source, line, row, kind FROM item WHERE id = ?", (item,)
    ).fetchone()
    found = VotedItem(
        key=key,
        prompt=msgspec.Raw(prompt.encode()),
        completions=msgspec.Raw(completions.encode()),
        count=len(_decode_list(completions)),
        source=source,
        line=line,
        row=_decode_row(row),
    )
    return found, kind
