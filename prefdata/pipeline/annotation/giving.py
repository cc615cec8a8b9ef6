"""Gives items to people: what is held, practice, gold, repeats, and fresh items, in this order."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from prefdata.config.annotation import AnnotationConfig
from prefdata.io.annotation.items import read_item, read_meta, shown_item
from prefdata.io.annotation.leases import (
    Showing,
    free_items,
    free_known_items,
    give,
    given_to,
    has_open_items,
    held_by,
    items_to_repeat,
)
from prefdata.io.annotation.people import read_person
from prefdata.results.annotation import NextItems, ShownItem, VotePurpose
from prefdata.transforms.annotation.draws import draw, due, order_shown

MOST_AT_ONCE = 20
"""Items that one person may hold unanswered."""

REPEAT_GAP = 10
"""Own answers after which an item may be shown again."""

PAUSED = "paused"
"""The note that the whole campaign is paused."""


@dataclass(frozen=True)
class Giving:
    """What is given to whom, and when. `purpose`: of fresh items, vote or review."""

    config: AnnotationConfig
    purpose: VotePurpose
    person: int
    now: float

    @property
    def until(self) -> float:
        return self.now + 60 * self.config.lease_minutes


def next_items(
    db: sqlite3.Connection, giving: Giving, count: int, skip: Collection[int]
) -> NextItems:
    """What a person judges next; what is new among it is held for the person from now on."""
    if read_person(db, giving.person).is_paused or read_meta(db, PAUSED) is not None:
        return NextItems("paused")
    held = held_by(db, giving.person, giving.now)
    chosen = [showing for showing in held if showing.id not in skip][:count]
    counts = given_to(db, giving.person, giving.now)
    while len(chosen) < count and len(held) < MOST_AT_ONCE:
        fresh = _fresh(db, giving, counts)
        if fresh is None:
            break
        held.append(fresh)
        chosen.append(fresh)
        counts[fresh.purpose] = counts.get(fresh.purpose, 0) + 1
    if chosen:
        return NextItems("judge", tuple(_shown(db, showing) for showing in chosen))
    if held:
        return NextItems("judge")  # the person's page has them all
    is_over = _is_full(giving.config, counts) or not has_open_items(
        db, giving.person, giving.purpose
    )
    return NextItems("done" if is_over else "waiting")


def _shown(db: sqlite3.Connection, showing: Showing) -> ShownItem:
    item = read_item(db, showing.item)
    assert item is not None, "a showing is of an item"
    return shown_item(item, showing.id, showing.shown)


def _is_full(config: AnnotationConfig, counts: dict[str, int]) -> bool:
    return config.quota is not None and _own(counts) >= config.quota


def _own(counts: dict[str, int]) -> int:
    return sum(count for purpose, count in counts.items() if purpose != "practice")


def _fresh(db: sqlite3.Connection, giving: Giving, counts: dict[str, int]) -> Showing | None:
    """The next item for a person beside those that the person holds."""
    practice = free_known_items(db, giving.person, "practice", giving.now)
    if practice:
        return _give(db, giving, practice[0], "practice")
    if _is_full(giving.config, counts):
        return None
    special = _gold(db, giving, counts) or _repeat(db, giving, counts)
    if special is not None:
        return special
    for item in free_items(db, giving.person, giving.purpose, giving.now, 1):
        return _give(db, giving, item, giving.purpose)
    return None


def _gold(db: sqlite3.Connection, giving: Giving, counts: dict[str, int]) -> Showing | None:
    config = giving.config
    wanted = due(config.seed, "gold", giving.person, _own(counts), config.gold_share)
    if counts.get("gold", 0) >= wanted:
        return None
    free = free_known_items(db, giving.person, "gold", giving.now)
    if not free:
        return None
    at = int(draw(config.seed, "which gold", giving.person, len(free)) * len(free))
    return _give(db, giving, free[at], "gold")


def _repeat(db: sqlite3.Connection, giving: Giving, counts: dict[str, int]) -> Showing | None:
    config = giving.config
    given = counts.get("repeat", 0)
    if given >= due(config.seed, "repeat", giving.person, _own(counts), config.repeats):
        return None
    earlier = items_to_repeat(db, giving.person, giving.purpose, REPEAT_GAP)
    if not earlier:
        return None
    first = earlier[int(draw(config.seed, "which repeat", giving.person, given) * len(earlier))]
    turned = tuple(reversed(first.shown))
    return give(db, first.item, giving.person, "repeat", turned, giving.now, giving.until)


def _give(db: sqlite3.Connection, giving: Giving, number: int, purpose: VotePurpose) -> Showing:
    item = read_item(db, number)
    assert item is not None, "only items that are there are given"
    shown = order_shown(giving.config.seed, item.key, giving.person, item.count)
    return give(db, number, giving.person, purpose, shown, giving.now, giving.until)
