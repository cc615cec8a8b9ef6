"""The dialects of preference data: the fields of each, and the polarity of its labels.

`DIALECTS`: all known ones, refused ones last; `dialect_named` returns one by name. `detect` (in
`prefdata.dialects.detect`) detects the dialect of a file, `convert_row` (in
`prefdata.dialects.convert`) converts its rows to records.
"""

from __future__ import annotations

from prefdata.config.similar_names import did_you_mean
from prefdata.dialects.arena import ARENA, ARENA_CONVERSATIONS
from prefdata.dialects.dialect import Dialect
from prefdata.dialects.formats.chat import CHAT
from prefdata.dialects.formats.named_sides import NAMED_SIDES
from prefdata.dialects.formats.openai import OPENAI
from prefdata.dialects.formats.output_list import OUTPUT_LIST
from prefdata.dialects.formats.rejected_lists import REJECTED_LIST, SWIFT_LIST
from prefdata.dialects.formats.transcript_prompt import TRANSCRIPT_PROMPT
from prefdata.dialects.formats.vertex import VERTEX
from prefdata.dialects.formats.whole_conversations import WHOLE_CONVERSATIONS
from prefdata.dialects.formats.winner_model import WINNER_MODEL
from prefdata.dialects.hh import HH
from prefdata.dialects.implicit import IMPLICIT
from prefdata.dialects.judged import ALPACA, JUDGE_NAMED, JUDGE_ONE_BASED, JUDGE_ZERO_BASED
from prefdata.dialects.pairs import PAIRS
from prefdata.dialects.refused import REFUSED
from prefdata.dialects.sharegpt import SHAREGPT
from prefdata.dialects.swift import SWIFT
from prefdata.errors import ConfigError

DIALECTS: tuple[Dialect, ...] = (
    PAIRS,
    IMPLICIT,
    HH,
    SHAREGPT,
    SWIFT,
    ALPACA,
    JUDGE_NAMED,
    JUDGE_ZERO_BASED,
    JUDGE_ONE_BASED,
    ARENA,
    ARENA_CONVERSATIONS,
    *NAMED_SIDES,
    CHAT,
    TRANSCRIPT_PROMPT,
    WHOLE_CONVERSATIONS,
    OPENAI,
    VERTEX,
    OUTPUT_LIST,
    WINNER_MODEL,
    SWIFT_LIST,
    REJECTED_LIST,
    *REFUSED,
)
_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


def dialect_named(name: str) -> Dialect:
    """The dialect of this name. Raises ConfigError, naming similar ones, if there is none."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    known = [dialect.name for dialect in DIALECTS if dialect.refusal is None]
    raise ConfigError(
        f"There is no dialect {name!r}. {did_you_mean(name, known)}Known: {', '.join(known)}."
    )


__all__ = ["DIALECTS", "Dialect", "dialect_named"]
