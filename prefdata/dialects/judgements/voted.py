"""Votes of a campaign of annotation as rows of the dialect `judgement`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from prefdata.config.annotation import AnnotationConfig
from prefdata.records.judgement import OVERALL
from prefdata.results.annotation import VoteAnswer, VotePurpose

ACCEPTABLE = "acceptable"
"""The criterion of completions that are both bad."""

TIE = 4
"""The choice in the middle of the seven points."""


_READ_WITH_PROMPT = ("history", "system", "input")
"""Fields that would be read as parts of the prompt, which has them already."""


class CastVote(msgspec.Struct, frozen=True):
    """A vote as it was cast. `shown`: indices of the completions in the order shown; None: unknown,
    and the answer goes by the completions as they stand. `at`: seconds since 1970."""

    seq: int
    purpose: VotePurpose
    at: float | None
    answer: VoteAnswer
    shown: tuple[int, ...] | None
    active_ms: int | None = None
    total_ms: int | None = None
    comment: str | None = None
    flag: str | None = None
    confidence: float | None = None


class VotedItem(msgspec.Struct, frozen=True):
    """What was judged. `prompt`, `completions`: JSON as written; `row`: other fields of the row."""

    key: str
    prompt: msgspec.Raw
    completions: msgspec.Raw
    count: int
    source: str | None
    line: int | None
    row: Mapping[str, Any]


def by_completion(answer: VoteAnswer, shown: Sequence[int] | None) -> VoteAnswer:
    """An answer by the completions as they stand, from one by the places shown.

    >>> by_completion(VoteAnswer(choice=1), (1, 0)).choice
    7
    >>> by_completion(VoteAnswer(places=(1, 2, 3)), (2, 0, 1)).places
    (2, 3, 1)
    """
    if shown is None or list(shown) == sorted(shown):
        return answer
    choice = answer.choice
    if isinstance(choice, int):
        choice = 2 * TIE - choice
    where = sorted(range(len(shown)), key=shown.__getitem__)
    ratings = answer.ratings and {
        name: tuple(points[at] for at in where) for name, points in answer.ratings.items()
    }
    places = answer.places and tuple(answer.places[at] for at in where)
    return msgspec.structs.replace(answer, choice=choice, places=places, ratings=ratings)


def by_place(answer: VoteAnswer, shown: Sequence[int] | None) -> VoteAnswer:
    """The reverse of `by_completion`."""
    if shown is None:
        return answer
    return by_completion(answer, sorted(range(len(shown)), key=shown.__getitem__))


def has_opinion(answer: VoteAnswer) -> bool:
    """Whether a person says anything of an item as a whole."""
    return not answer.unsure and answer.choice != "unsure"


def opinions_of(answer: VoteAnswer, count: int) -> list[dict[str, Any]]:
    """The opinions in an answer by completions; without an opinion, a rank that is unknown."""
    opinions: list[dict[str, Any]] = []
    if answer.choice is not None and has_opinion(answer):
        opinions.append({"kind": "verdict", "criterion": OVERALL, "values": _verdict(answer)})
    if answer.choice == "both-bad":
        opinions.append({"kind": "accepted", "criterion": ACCEPTABLE, "values": [0.0] * count})
    if answer.places is not None and has_opinion(answer):
        values = [float(place) for place in answer.places]
        opinions.append({"kind": "rank", "criterion": OVERALL, "values": values})
    for name, points in (answer.ratings or {}).items():
        opinions.append({"kind": "rating", "criterion": name, "values": list(points)})
    if not opinions:
        opinions.append({"kind": "rank", "criterion": OVERALL, "values": [None] * count})
    return opinions


def _verdict(answer: VoteAnswer) -> list[float]:
    gap = TIE - answer.choice if isinstance(answer.choice, int) else 0
    return [float(max(gap, 0)), float(max(-gap, 0))]


def overall_of(config: AnnotationConfig, kind: str) -> list[str]:
    """The criteria that are the opinion as a whole; safety is never one of them."""
    if kind != "rating":
        return [OVERALL]
    return [criterion.name for criterion in config.criteria if not criterion.safety]


def judgement_row(
    item: VotedItem,
    votes: Sequence[CastVote],
    judge: str,
    overall: Sequence[str],
    repeat: CastVote | None = None,
) -> dict[str, Any]:
    """The row of one person's votes on one item, of which the last counts.

    `repeat`: the answer when the item was shown again. A field of the source whose name means
    something else here gets `source_` before its name.
    """
    last = votes[-1]
    answer = by_completion(last.answer, last.shown)
    row: dict[str, Any] = {
        "prompt": item.prompt,
        "completions": item.completions,
        "opinions": opinions_of(answer, item.count),
        "overall": list(overall),
        "judge": judge,
        "at": _time(last.at),
        "confidence": last.confidence,
        "shown": last.shown,
        "comment": last.comment,
        "final": True if last.purpose == "adjudication" else None,
        "purpose": last.purpose,
        "item": item.key,
        "vote": last.seq,
        "seconds": _seconds(last.active_ms),
        "total_seconds": _seconds(last.total_ms),
        "flag": last.flag,
        "from": item.source,
        "line": item.line,
        "earlier": [_earlier(vote, item.count) for vote in votes[:-1]] or None,
        "repeat": None if repeat is None else _earlier(repeat, item.count),
    }
    row = {name: value for name, value in row.items() if value is not None}
    taken = {*row, *_READ_WITH_PROMPT}
    given = {f"source_{name}" if name in taken else name: v for name, v in item.row.items()}
    return {**given, **row}


def _earlier(vote: CastVote, count: int) -> dict[str, Any]:
    return {
        "at": _time(vote.at),
        "vote": vote.seq,
        "opinions": opinions_of(by_completion(vote.answer, vote.shown), count),
        "shown": vote.shown,
        "seconds": _seconds(vote.active_ms),
        "comment": vote.comment,
        "confidence": vote.confidence,
        "flag": vote.flag,
    }


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _time(at: float | None) -> str | None:
    if at is None:
        return None
    time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return time.replace("+00:00", "Z")
