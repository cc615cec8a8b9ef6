"""Reads what a judge replied: strictly, or not at all.

A reply is the JSON object that was asked for, whole, or the bare verdict. Where reasons come first
and no server enforces the form, the object may stand alone on the last line; a line that one of the
texts to be judged contains as well decides nothing, since a judge may have repeated it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from prefdata.config.judge import RubricConfig
from prefdata.records.chat import LENGTH
from prefdata.transforms.judging.question import VERDICTS

LONGEST_REPLY = 1 << 20
"""Characters of a reply beyond which it is not read."""

_FENCED = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)
_BARE = {verdict.casefold(): verdict for verdict in VERDICTS}


def verdict_in(reply: str, judged: Sequence[str], finish: str | None = None) -> str | None:
    """The verdict in a reply: A, B or tie; None if it cannot be read.

    `judged`: the texts that the judge saw. `finish`: why the reply ended; of one that was cut off
    nothing is read.

    >>> verdict_in('{"verdict": "B"}', []), verdict_in("The verdict is A.", [])
    ('B', None)
    """
    if finish == LENGTH:
        return None
    for text in _said(reply, judged):
        if text.casefold() in _BARE:
            return _BARE[text.casefold()]
        said = _object(text, {"verdict"})
        if said is not None:
            verdict = said["verdict"]
            return _BARE.get(verdict.strip().casefold()) if isinstance(verdict, str) else None
    return None


def ratings_in(
    reply: str, judged: Sequence[str], rubric: RubricConfig, finish: str | None = None
) -> dict[str, int] | None:
    """The points in a reply by criterion, all of them; None if it cannot be read."""
    if finish == LENGTH:
        return None
    names = [each.name for each in rubric.criteria]
    for text in _said(reply, judged):
        said = _object(text, set(names))
        if said is not None:
            points = [_points(said[name], rubric) for name in names]
            if None in points:
                return None
            return {
                name: point for name, point in zip(names, points, strict=True) if point is not None
            }
    return None


def _points(value: object, rubric: RubricConfig) -> int | None:
    """A whole number on the scale; 4.0 is 4, and nothing else is taken for a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    is_point = value == int(value) and rubric.scale.least <= value <= rubric.scale.most
    return int(value) if is_point else None


def _said(reply: str, judged: Sequence[str]) -> Iterable[str]:
    """The texts in which a verdict may stand: the whole reply, then its last line."""
    if len(reply) > LONGEST_REPLY:
        return
    whole = reply.strip()
    block = _FENCED.fullmatch(whole)
    yield block[1].strip() if block else whole
    lines = whole.splitlines()
    last = lines[-1].strip() if len(lines) > 1 else ""
    if last.startswith("{") and not any(last in text for text in judged):
        yield last


def _object(text: str, needed: set[str]) -> dict[str, Any] | None:
    """A JSON object with these members and, besides, at most `reasoning`; each member once."""
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.keys() - {"reasoning"} != needed:
        return None
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
