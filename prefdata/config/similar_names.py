"""Names that somebody may have meant who wrote another one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_CUTOFF = 0.75
"""Similarity from which two names count as one with a slip: a letter more, less, or exchanged.
Names that merely share letters are further apart, and to suggest them would help nobody."""

_SHORTEST_BEGINNING = 3


def similar_names(name: str, known: Iterable[str], most: int = 2) -> list[str]:
    """The known names that are nearly `name`, or that begin with it; the most similar ones first.

    >>> similar_names("rejcted", ["chosen", "rejected"]), similar_names("title", ["test", "rule"])
    (['rejected'], [])
    >>> similar_names("Alpaca", ["alpaca-eval", "arena"])
    ['alpaca-eval']
    """
    spelled = {_plain(each): each for each in known}
    wanted = _plain(name)
    near = get_close_matches(wanted, spelled, n=most, cutoff=_CUTOFF)
    if len(wanted) >= _SHORTEST_BEGINNING:
        near += [each for each in spelled if each.startswith(wanted) and each not in near]
    return [spelled[each] for each in near[:most]]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean 'a' or 'b'? `, with a blank after it; "" where no known name is similar.

    >>> did_you_mean("promt", ["prompt", "chosen"])
    "Did you mean 'prompt'? "
    """
    near = similar_names(name, known)
    return f"Did you mean {' or '.join(repr(each) for each in near)}? " if near else ""


def _plain(name: str) -> str:
    return name.casefold().strip("-").replace("_", "-")
