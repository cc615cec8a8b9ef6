"""Both sides of each row of a batch as token ids, as trainers see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from prefdata.preflight.render import Failure, RenderedSides, Row, render_chat, render_plain
from prefdata.preflight.shared_prefix import SafeCuts, safe_cuts
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.preflight.tokens import Ids, mode, token_ids
from prefdata.records.columns import SIDES
from prefdata.results.sentences import Sentence

CHARACTERS_AT_ONCE = 1 << 20
"""Characters tokenised at a time: ids are Python integers, about 36 bytes per token."""


_ROWS_AT_ONCE = 256


class SideIds(NamedTuple):
    """A row, the texts of its sides, and their token ids."""

    row: Row
    texts: RenderedSides
    chosen: Ids
    rejected: Ids


def side_ids(batch: pa.RecordBatch, tokenizer: Tokenizer) -> Iterator[SideIds | Failure]:
    """The ids of each row of a batch of RECORD_SCHEMA, in order, or Failure.

    Ids equal those of TRL's RewardTrainer (1.10-1.16), which tokenises messages by
    `apply_chat_template(..., tokenize=True)` and strings by plain concatenation.
    """
    cuts = safe_cuts(tokenizer)
    waiting: list[tuple[Row, RenderedSides | Failure]] = []
    characters = 0
    for row, rendered in _rendered_rows(batch, tokenizer):
        waiting.append((row, rendered))
        if isinstance(rendered, RenderedSides):
            characters += len(rendered.chosen) + len(rendered.rejected)
        if characters >= CHARACTERS_AT_ONCE:
            yield from _tokenised(waiting, tokenizer, cuts)
            waiting, characters = [], 0
    yield from _tokenised(waiting, tokenizer, cuts)


def _rendered_rows(
    batch: pa.RecordBatch, tokenizer: Tokenizer
) -> Iterator[tuple[Row, RenderedSides | Failure]]:
    """The rows as dicts, and what they are rendered to, in small parts to limit memory."""
    columns = batch.select([*SIDES, "metadata"])
    for start in range(0, columns.num_rows, _ROWS_AT_ONCE):
        for rows in _parts(columns.slice(start, _ROWS_AT_ONCE).to_pylist()):
            for row, rendered in zip(rows, _rendered(rows, tokenizer), strict=True):
                yield row, _told_apart(row, rendered, tokenizer)


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows in parts of about `CHARACTERS_AT_ONCE`."""
    first = characters = 0
    for at, row in enumerate(rows, 1):
        messages = (message for side in SIDES for message in row[side])
        characters += sum(len(message["content"] or "") for message in messages)
        if characters >= CHARACTERS_AT_ONCE:
            yield rows[first:at]
            first, characters = at, 0
    if first < len(rows):
        yield rows[first:]


def _rendered(rows: Sequence[Row], tokenizer: Tokenizer) -> Sequence[RenderedSides | Failure]:
    if mode(tokenizer) == "chat-template":
        return render_chat(rows, tokenizer)
    return [render_plain(row, tokenizer) for row in rows]


def _told_apart(
    row: Row, rendered: RenderedSides | Failure, tokenizer: Tokenizer
) -> RenderedSides | Failure:
    if isinstance(rendered, Failure) or rendered.chosen != rendered.rejected:
        return rendered
    if row["chosen"] == row["rejected"]:
        return rendered
    return Failure(Sentence("template.same-text", mode=mode(tokenizer)))


def _tokenised(
    rows: list[tuple[Row, RenderedSides | Failure]], tokenizer: Tokenizer, cuts: SafeCuts | None
) -> Iterator[SideIds | Failure]:
    texts = [rendered for _, rendered in rows if isinstance(rendered, RenderedSides)]
    ids = iter(token_ids(texts, tokenizer, cuts))
    for row, rendered in rows:
        if isinstance(rendered, RenderedSides):
            chosen, rejected = next(ids)
            yield SideIds(row, rendered, chosen, rejected)
        else:
            yield rendered
