"""The votes of a review campaign as a review sheet that was filled in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from prefdata.errors import SourceError
from prefdata.io.annotation.export import exported
from prefdata.io.annotation.store import open_file
from prefdata.io.review.sheet import BETTER, KEY, NOTE

_encode = msgspec.json.Encoder().encode
_TIE, _UNSURE, _DROP = "tie", "unsure", "drop"


def sheet_of_votes(campaign: Path) -> bytes:
    """A sheet in JSON Lines, with a line for each row that people voted on, as they do now.

    Of several people on one row most decide; without a majority the row stays unsure. A lead's
    decision settles it. Both bad means drop. Raises SourceError if nobody has voted.
    """
    database = open_file(campaign, is_read_only=True)
    try:
        cast: dict[str, list[dict[str, Any]]] = {}
        for line in exported(database):
            vote = msgspec.json.decode(line)
            cast.setdefault(vote["item"], []).append(vote)
    finally:
        database.close()
    if not cast:
        raise SourceError(f"{campaign}: nobody has voted in this campaign yet")
    rows = ({BETTER: _decided(votes), NOTE: _note(votes), KEY: key} for key, votes in cast.items())
    return b"".join(_encode(row) + b"\n" for row in rows)


def _decided(votes: list[dict[str, Any]]) -> str:
    final = [vote for vote in votes if vote.get("final")]
    words = Counter(_word(vote) for vote in final or votes)
    (word, most), *others = words.most_common()
    return _UNSURE if others and others[0][1] == most else word


def _word(vote: dict[str, Any]) -> str:
    said = {opinion["kind"]: opinion["values"] for opinion in vote["opinions"]}
    if "accepted" in said:
        return _DROP
    if "verdict" not in said:
        return _UNSURE
    first, second = said["verdict"]
    return _TIE if first == second else "a" if first > second else "b"


def _note(votes: list[dict[str, Any]]) -> str:
    parts = (vote.get(name) for vote in votes for name in ("comment", "flag"))
    return "; ".join(str(part) for part in parts if part)
