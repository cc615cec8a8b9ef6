"""The dialects of preference data: the fields of each, and the polarity of its labels.

`DIALECTS`: all known ones, refused ones last; `dialect_named` returns one by name, `dialect_of`
that of a match, which reads labels as the match states. `detect` (in `prefdata.dialects.detect`)
detects the dialect of a file, `convert_row` and `judge_row` (in `prefdata.dialects.convert`)
convert its rows to records or to judgements.
"""

from __future__ import annotations

from functools import lru_cache

from prefdata.config.similar_names import did_you_mean
from prefdata.dialects.arena import ARENA, ARENA_CONVERSATIONS
from prefdata.dialects.comparisons.helpsteer import HELPSTEER2_PREFERENCE, HELPSTEER3_PREFERENCE
from prefdata.dialects.comparisons.llmbar import LLMBAR
from prefdata.dialects.comparisons.pku import PKU_SAFERLHF
from prefdata.dialects.comparisons.shp import SHP
from prefdata.dialects.comparisons.summaries import SUMMARIZE_FEEDBACK
from prefdata.dialects.comparisons.webgpt import WEBGPT
from prefdata.dialects.dialect import Dialect, Match
from prefdata.dialects.formats.chat import CHAT
from prefdata.dialects.formats.named_sides import NAMED_SIDES
from prefdata.dialects.formats.openai import OPENAI
from prefdata.dialects.formats.output_list import OUTPUT_LIST
from prefdata.dialects.formats.rejected_lists import REJECTED_LIST, SWIFT_LIST
from prefdata.dialects.formats.transcript_prompt import TRANSCRIPT_PROMPT
from prefdata.dialects.formats.vertex import VERTEX
from prefdata.dialects.formats.whole_conversations import WHOLE_CONVERSATIONS
from prefdata.dialects.hh import HH
from prefdata.dialects.implicit import IMPLICIT
from prefdata.dialects.judged import (
    ALPACA,
    JUDGE_NAMED,
    JUDGE_ONE_BASED,
    JUDGE_ZERO_BASED,
    JUDGED,
)
from prefdata.dialects.judgements.annotated import ANNOTATED
from prefdata.dialects.judgements.aspects import RATED_ASPECTS
from prefdata.dialects.judgements.flat_exports import FLAT_EXPORT
from prefdata.dialects.judgements.potato import POTATO
from prefdata.dialects.judgements.rankings import RANKED
from prefdata.dialects.judgements.ratings import RATED
from prefdata.dialects.judgements.several_judges import SEVERAL_JUDGES
from prefdata.dialects.judgements.trees import TREES
from prefdata.dialects.judgements.unpaired import ACCEPTED
from prefdata.dialects.judgements.written import JUDGEMENT
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
    JUDGED,
    SHP,
    HELPSTEER2_PREFERENCE,
    HELPSTEER3_PREFERENCE,
    WEBGPT,
    SUMMARIZE_FEEDBACK,
    PKU_SAFERLHF,
    LLMBAR,
    ARENA,
    ARENA_CONVERSATIONS,
    *RATED,
    RATED_ASPECTS,
    *RANKED,
    *ACCEPTED,
    *TREES,
    JUDGEMENT,
    *ANNOTATED,
    FLAT_EXPORT,
    *SEVERAL_JUDGES,
    POTATO,
    *NAMED_SIDES,
    CHAT,
    TRANSCRIPT_PROMPT,
    WHOLE_CONVERSATIONS,
    OPENAI,
    VERTEX,
    OUTPUT_LIST,
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


def is_judged(match: Match) -> bool:
    """Whether the rows of a file are judgements, from which a policy makes pairs."""
    return match.has_judge or dialect_named(match.dialect).judge is not None


def meets(match: Match) -> bool:
    """Whether the rows of a file are parts of judgements that have to be put together."""
    return match.has_judge or dialect_named(match.dialect).meets


@lru_cache(maxsize=1024)
def dialect_of(match: Match) -> Dialect:
    """The dialect of a match, bound to the meaning of labels that it states."""
    dialect = dialect_named(match.dialect)
    if dialect.restate is not None and match.label is not None:
        return dialect.restate(match.label) or dialect
    return dialect if dialect.bind is None else dialect.bind(match)


__all__ = ["DIALECTS", "Dialect", "dialect_named", "dialect_of", "is_judged", "meets"]
