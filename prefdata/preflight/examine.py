"""Rows that a trainer would drop, cut to nothing, or fail on."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from prefdata.preflight.render import Failure, Row, Sides, render_chat, render_plain
from prefdata.preflight.shared_prefix import SafeCuts, safe_cuts
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.preflight.tokens import Ids, mode, token_ids
from prefdata.records.columns import SIDES
from prefdata.records.finding import Finding

CHARACTERS_AT_ONCE = 1 << 20
"""Text tokenised in one go: ids are Python integers, some 36 bytes for each token."""

Rendered = tuple[int, Sides]


def preflight(batch: pa.RecordBatch, tokenizer: Tokenizer, max_length: int) -> list[Finding]:
    """What happens to each record of a batch of RECORD_SCHEMA in training, in the order of rows.

    `max_length` counts the tokens of prompt + completion. Codes:

    - `template-failure`: the chat template raises, or both sides become the same text;
    - `too-long`: a side has more tokens, so a reward trainer leaves the row out without a word;
    - `identical-after-truncation`: the first `max_length` tokens of the sides are the same.

    A row whose sides are identical to begin with is left to the rule that says so. Lengths and
    ids are those of TRL's RewardTrainer (1.10-1.16), which tokenises messages by
    `apply_chat_template(..., tokenize=True)` and strings by plain concatenation.
    """
    cuts = safe_cuts(tokenizer)
    findings: list[Finding] = []
    waiting: list[Rendered] = []
    characters = 0
    for index, row in enumerate(_rows(batch)):
        outcome = _render(row, tokenizer)
        if isinstance(outcome, Failure):
            findings.append(Finding(index, "template-failure", outcome.evidence))
            continue
        waiting.append((index, outcome))
        characters += len(outcome.chosen) + len(outcome.rejected)
        if characters >= CHARACTERS_AT_ONCE:
            findings += _measure(waiting, tokenizer, max_length, cuts)
            waiting, characters = [], 0
    findings += _measure(waiting, tokenizer, max_length, cuts)
    return sorted(findings, key=lambda finding: finding.index)


def _rows(batch: pa.RecordBatch) -> Iterator[Row]:
    """The rows as dicts, a few at a time, so that a large batch is never all in Python."""
    columns = batch.select([*SIDES, "metadata"])
    for start in range(0, columns.num_rows, 256):
        yield from columns.slice(start, 256).to_pylist()


def _render(row: Row, tokenizer: Tokenizer) -> Sides | Failure:
    if mode(tokenizer) == "chat-template":
        outcome = render_chat(row, tokenizer)
    else:
        outcome = render_plain(row, tokenizer)
    if isinstance(outcome, Failure) or outcome.chosen != outcome.rejected:
        return outcome
    if row["chosen"] == row["rejected"]:
        return outcome
    return Failure(f"Chosen and rejected become the same text ({mode(tokenizer)})")


def _measure(
    rows: list[Rendered], tokenizer: Tokenizer, max_length: int, cuts: SafeCuts | None
) -> Iterator[Finding]:
    ids = token_ids([sides for _, sides in rows], tokenizer, cuts)
    for (index, sides), (chosen, rejected) in zip(rows, ids, strict=True):
        if max(len(chosen), len(rejected)) > max_length:
            yield Finding(index, "too-long", _too_long(chosen, rejected, max_length))
        if sides.chosen != sides.rejected and chosen[:max_length] == rejected[:max_length]:
            evidence = _identical(chosen, rejected, max_length)
            yield Finding(index, "identical-after-truncation", evidence)


def _too_long(chosen: Ids, rejected: Ids, max_length: int) -> str:
    return f"chosen {len(chosen)} tokens, rejected {len(rejected)}, allowed {max_length}"


def _identical(chosen: Ids, rejected: Ids, max_length: int) -> str:
    if chosen == rejected:
        return f"Both sides are the same {len(chosen)} tokens to this tokenizer"
    pairs = enumerate(zip(chosen, rejected, strict=False))
    unequal = (place for place, (one, other) in pairs if one != other)
    first = next(unequal, min(len(chosen), len(rejected)))
    return f"The sides differ from token {first + 1} on; a trainer keeps the first {max_length}"
