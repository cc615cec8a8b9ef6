"""Items of a campaign, and what is noted of the campaign as a whole."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from prefdata.config.annotation import AnnotationConfig
from prefdata.results.annotation import (
    NewItem,
    OwnVote,
    ShownCompletion,
    ShownItem,
    ShownTurn,
    VoteAnswer,
)

_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="deterministic").encode
_decode_answer = msgspec.json.Decoder(VoteAnswer).decode
_decode_prompt = msgspec.json.Decoder(list[dict[str, Any]]).decode

HIDDEN = ("name", "model", "provider", "score", "label")
"""Fields of a message that could tell what wrote it, or what was thought of it."""

_TITLE = 120  # characters of a prompt in a list of votes


def write_meta(db: sqlite3.Connection, key: str, value: str | None) -> None:
    """Notes a value of the campaign; None: forgets it."""
    if value is None:
        db.execute("DELETE FROM meta WHERE key = ?", (key,))
    else:
        db.execute("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", (key, value))


def read_meta(db: sqlite3.Connection, key: str) -> str | None:
    """A value of the campaign."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def read_config(db: sqlite3.Connection) -> AnnotationConfig:
    """The project that the campaign was made with."""
    return AnnotationConfig.model_validate_json(read_meta(db, "config") or "{}")


def key_of(item: NewItem) -> str:
    """The identity of an item: what it was given, or a checksum of what people see of it.

    In which order completions stand makes no difference.
    """
    if item.key:
        return item.key
    from prefdata.records.context import context_of  # loads more than all that serves a campaign

    said = sorted(_encode_sorted(c.get("messages") or c.get("text")) for c in item.completions)
    seen = context_of(_encode_sorted(item.row).decode())
    text = b"\0".join((_encode_sorted(item.prompt), _encode_sorted(seen), *said))
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def insert_item(
    db: sqlite3.Connection, item: NewItem, key: str, kind: str, wanted: int | None
) -> bool:
    """Adds an item, if there is none of its key. `wanted`: people; None: of gold and practice."""
    made = db.execute(
        "INSERT INTO item(position, key, prompt, completions, source, line, kind, gold, "
        "explanation, practice, overlap, priority, row) "
        "SELECT coalesce(max(id), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM item WHERE true "
        "ON CONFLICT(key) DO NOTHING",
        (
            key,
            _encode(item.prompt).decode(),
            _encode(item.completions).decode(),
            item.source,
            item.line,
            kind,
            None if item.gold is None else _encode(item.gold).decode(),
            item.explanation,
            item.is_practice,
            wanted or 0,
            item.priority,
            _encode(item.row).decode(),
        ),
    )
    if not made.rowcount:
        return False
    if wanted is not None:
        db.execute(
            "INSERT INTO turn(item, wanted, rank) SELECT id, overlap, priority FROM item "
            "WHERE key = ?",
            (key,),
        )
    return True


class StoredItem(msgspec.Struct, frozen=True):
    """An item as it is kept. `prompt`, `completions`: JSON."""

    id: int
    key: str
    kind: str
    prompt: str
    completions: str
    gold: str | None
    explanation: str | None
    practice: int
    overlap: int

    @property
    def count(self) -> int:
        """How many completions there are."""
        return len(_decode_prompt(self.completions))

    @property
    def known(self) -> VoteAnswer | None:
        """The known answer, by completions."""
        return None if self.gold is None else _decode_answer(self.gold)


def read_item(db: sqlite3.Connection, item: int) -> StoredItem | None:
    """An item by its number."""
    row = db.execute(
        "SELECT id, key, kind, prompt, completions, gold, explanation, practice, overlap "
        "FROM item WHERE id = ?",
        (item,),
    ).fetchone()
    return None if row is None else StoredItem(*row)


def shown_item(
    item: StoredItem, number: int, shown: tuple[int, ...], answer: OwnVote | None = None
) -> ShownItem:
    """An item as a person sees it, in an order; nothing tells what wrote a completion."""
    return ShownItem(
        id=number,
        kind=item.kind,  # type: ignore[arg-type]
        purpose="practice" if item.practice else "vote",
        prompt=turns(_decode_prompt(item.prompt)),
        completions=shown_completions(item, shown),
        answer=answer,
    )


def shown_completions(item: StoredItem, shown: tuple[int, ...]) -> tuple[ShownCompletion, ...]:
    """The completions of an item in an order, blind."""
    given = _decode_prompt(item.completions)
    return tuple(
        ShownCompletion(_label(place), turns(_messages(given[index])))
        for place, index in enumerate(shown)
    )


def models_of(item: StoredItem) -> tuple[str | None, ...]:
    """What wrote each completion."""
    return tuple(completion.get("model") for completion in _decode_prompt(item.completions))


def _label(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _messages(completion: Mapping[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] | None = completion.get("messages")
    if messages is not None:
        return messages
    return [{"role": "assistant", "content": completion.get("text")}]


def turns(messages: list[dict[str, Any]]) -> tuple[ShownTurn, ...]:
    """Messages as they are shown."""
    return tuple(
        ShownTurn(str(each.get("role") or ""), _text(each.get("content")), _extra(each))
        for each in messages
    )


def _text(content: object) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return _encode(content).decode()


def _extra(message: Mapping[str, Any]) -> str | None:
    hidden = ("role", "content", *HIDDEN)
    seen = {k: v for k, v in message.items() if k not in hidden and v not in (None, [], {}, "")}
    return _encode(seen).decode() if seen else None


def title_of(prompt: str) -> str:
    """The beginning of the last message of a prompt, on one line."""
    messages = _decode_prompt(prompt)
    said = _text(messages[-1].get("content")) if messages else ""
    line = " ".join(said[: 4 * _TITLE].split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1] + "…"
