"""Finding rows that a trainer would drop, truncate to identical sides, or fail on."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from prefdata.preflight.render import Failure
from prefdata.preflight.sides import SideIds, side_ids
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.preflight.tokens import Ids
from prefdata.records.finding import Finding
from prefdata.results.sentences import Sentence

TEMPLATE, TOO_LONG, IDENTICAL = "template-failure", "too-long", "identical-after-truncation"


def preflight(batch: pa.RecordBatch, tokenizer: Tokenizer, max_length: int) -> list[Finding]:
    """The findings on the records of a batch of RECORD_SCHEMA in training, ascending by row.

    `max_length`: tokens of prompt + completion. Codes:

    - `template-failure`: the chat template raises, or both sides become the same text;
    - `too-long`: a side has more tokens, so a reward trainer drops the row silently;
    - `identical-after-truncation`: the first `max_length` tokens of both sides are the same.

    Rows with identical sides are found by another rule. Token ids are those of `side_ids`.
    """
    findings: list[Finding] = []
    for index, sides in enumerate(side_ids(batch, tokenizer)):
        if isinstance(sides, Failure):
            findings.append(Finding(index, TEMPLATE, sides.evidence))
        else:
            findings += _measure(index, sides, max_length)
    return findings


def too_long(chosen: int, rejected: int, max_length: int) -> Sentence:
    """The evidence for a row whose sides have these numbers of tokens."""
    return Sentence("tokens.too-long", chosen=chosen, rejected=rejected, allowed=max_length)


def same_to_tokenizer(tokens: int) -> Sentence:
    """The evidence for a row whose sides have the same tokens."""
    return Sentence("tokens.same", tokens=tokens)


def _measure(index: int, sides: SideIds, max_length: int) -> Iterator[Finding]:
    chosen, rejected = sides.chosen, sides.rejected
    if max(len(chosen), len(rejected)) > max_length:
        yield Finding(index, TOO_LONG, too_long(len(chosen), len(rejected), max_length))
    is_told_apart = sides.texts.chosen != sides.texts.rejected
    if is_told_apart and chosen[:max_length] == rejected[:max_length]:
        yield Finding(index, IDENTICAL, _identical(chosen, rejected, max_length))


def _identical(chosen: Ids, rejected: Ids, max_length: int) -> Sentence:
    if chosen == rejected:
        return same_to_tokenizer(len(chosen))
    pairs = enumerate(zip(chosen, rejected, strict=False))
    unequal = (place for place, (one, other) in pairs if one != other)
    first = next(unequal, min(len(chosen), len(rejected)))
    return Sentence("tokens.late-difference", first=first + 1, kept=max_length)
