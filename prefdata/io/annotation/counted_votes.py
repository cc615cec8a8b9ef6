"""Votes and items as figures need them: without texts."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

import msgspec

from prefdata.dialects.judgements.voted import by_completion
from prefdata.results.annotation import CountedVote, ItemKeys, VoteAnswer

_decode_answer = msgspec.json.Decoder(VoteAnswer).decode
_decode_shown = msgspec.json.Decoder(tuple[int, ...]).decode


class _Said(msgspec.Struct):
    messages: msgspec.Raw = msgspec.Raw(b"null")
    text: msgspec.Raw = msgspec.Raw(b"null")


_decode_completions = msgspec.json.Decoder(list[_Said]).decode


def read_item_keys(db: sqlite3.Connection) -> Iterator[ItemKeys]:
    """All items but those of practice."""
    rows = db.execute(
        "SELECT id, prompt, completions, source, gold FROM item WHERE NOT practice ORDER BY id"
    )
    for number, prompt, completions, source, gold in rows:
        said = _decode_completions(completions)
        yield ItemKeys(
            number,
            _key(prompt.encode()),
            tuple(_key(bytes(each.messages) + bytes(each.text)) for each in said),
            source,
            None if gold is None else _decode_answer(gold),
        )


def _key(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def read_counted_votes(db: sqlite3.Connection, upto: int) -> Iterator[CountedVote]:
    """Each person's last vote on each showing, up to a vote; without practice and decisions."""
    rows = db.execute(
        """
        SELECT person, item, purpose, answer, shown, active_ms FROM vote AS v
        WHERE seq <= :upto AND purpose NOT IN ('practice', 'adjudication') AND NOT EXISTS (
            SELECT 1 FROM vote AS w WHERE w.replaces = v.seq AND w.seq <= :upto
        ) ORDER BY seq
        """,
        {"upto": upto},
    )
    for person, item, purpose, answer, shown, active in rows:
        order = None if shown is None else _decode_shown(shown)
        said = by_completion(_decode_answer(answer), order)
        yield CountedVote(person, item, purpose, said, order, active)
