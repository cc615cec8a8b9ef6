"""The dialects of preference data: the fields of each, and the polarity of its labels.

`DIALECTS`: all known ones, refused ones last; `dialect_named` returns one by name. `detect` (in
`prefdata.dialects.detect`) detects the dialect of a file, `convert_row` and `judge_row` (in
`prefdata.dialects.convert`) convert its rows to records or to judgements.
"""

from __future__ import annotations

from prefdata.config.similar_names import did_you_mean
from prefdata.dialects.annotated import ANNOTATED
from prefdata.dialects.arena import ARENA, ARENA_CONVERSATIONS
from prefdata.dialects.dialect import Dialect, Match
from prefdata.dialects.hh import HH
from prefdata.dialects.implicit import IMPLICIT
from prefdata.dialects.judged import ALPACA, JUDGE_NAMED, JUDGE_ONE_BASED, JUDGE_ZERO_BASED
from prefdata.dialects.judgements import JUDGEMENT
from prefdata.dialects.pairs import PAIRS
from prefdata.dialects.rankings import RANKED
from prefdata.dialects.ratings import RATED
from prefdata.dialects.refused import REFUSED
from prefdata.dialects.sharegpt import SHAREGPT
from prefdata.dialects.swift import SWIFT
from prefdata.dialects.trees import TREES
from prefdata.dialects.unpaired import ACCEPTED
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
    *RATED,
    *RANKED,
    *ACCEPTED,
    *TREES,
    JUDGEMENT,
    *ANNOTATED,
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


def is_judged(match: Match) -> bool:
    """Whether the rows of a file are judgements, from which a policy makes pairs."""
    dialect = dialect_named(match.dialect)
    return dialect.judge is not None and (match.has_judge or dialect.judge_part is None)


def meets(match: Match) -> bool:
    """Whether the rows of a file are parts of judgements that have to be put together."""
    return match.has_judge or dialect_named(match.dialect).meets


__all__ = ["DIALECTS", "Dialect", "dialect_named", "is_judged", "meets"]
