"""The votes of a review campaign as a review sheet that was filled in."""

from __future__ import annotations

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
    """A sheet in JSON Lines, with a line for each vote that somebody has of a row, as they do now.

    Several votes are several readings of a row. A lead's decision settles it, and stands alone.
    Both bad means drop. Raises SourceError if nobody has voted.
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
    rows = (
        {BETTER: _word(vote), NOTE: _note(vote), KEY: key}
        for key, votes in cast.items()
        for vote in [vote for vote in votes if vote.get("final")] or votes
    )
    return b"".join(_encode(row) + b"\n" for row in rows)


def _word(vote: dict[str, Any]) -> str:
    said = {opinion["kind"]: opinion["values"] for opinion in vote["opinions"]}
    if "accepted" in said:
        return _DROP
    if "verdict" not in said:
        return _UNSURE
    first, second = said["verdict"]
    return _TIE if first == second else "a" if first > second else "b"


def _note(vote: dict[str, Any]) -> str:
    return "; ".join(str(vote[name]) for name in ("comment", "flag") if vote.get(name))
