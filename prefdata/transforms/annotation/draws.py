"""Draws by the seed of a project: the same item, person and seed draw the same, on any machine."""

from __future__ import annotations

import hashlib
import random


def draw(seed: int, *what: object) -> float:
    """A number from 0 to less than 1 that looks like chance.

    >>> draw(0, "coin", 7) == draw(0, "coin", 7) != draw(1, "coin", 7)
    True
    """
    text = "\0".join(map(str, (seed, *what))).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=6).digest(), "big") / (1 << 48)


def order_shown(seed: int, key: str, person: int, count: int) -> tuple[int, ...]:
    """The order in which a person is shown the completions of an item, as their indices.

    Every order is as likely as any other; of two completions that is a coin.
    """
    order = list(range(count))
    chance = random.Random(int(draw(seed, "order", key, person) * (1 << 48)))  # noqa: S311
    chance.shuffle(order)
    return tuple(order)


def in_overlap(seed: int, key: str, share: float) -> bool:
    """Whether an item is one of those that several people judge."""
    return draw(seed, "overlap", key) < share


def due(seed: int, what: str, person: int, given: int, share: float) -> int:
    """How many special items a person should have had with the next one, at a share.

    `given`: items that the person has had. One in each run of 1 / share items is special, at a
    place that nobody can foresee.

    >>> [due(0, "gold", 1, given, 0.1) for given in (9, 19, 99)]
    [1, 2, 10]
    """
    if share <= 0:
        return 0
    size = 1 / share
    whole = int(given / size)
    place = int(draw(seed, what, person, whole) * size)
    return whole + (given - whole * size >= place)
