"""Rows with a turn that overlaps an evaluation prompt, and the prompt it overlaps most."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from prefdata.config.model import AgainstConfig
from prefdata.records.arrays import Ints
from prefdata.records.columns import MESSAGES
from prefdata.records.record import ROLES, USER
from prefdata.records.texts import SideTexts
from prefdata.transforms.decontamination.overlap_count import (
    Hits,
    concat_hits,
    find_shared,
    found_in,
)
from prefdata.transforms.decontamination.overlap_index import OverlapIndex, each_alone, stream_keys
from prefdata.transforms.duplicates.shingles import Hashes, message_shingles

BORDERS = re.compile(r"[.!?:;。！？：；…\n\r\"“”「」『』]+")


@dataclass(frozen=True)
class Overlaps:
    """Rows (n) of a batch that overlap an evaluation prompt, ascending, each with the best match.

    `prompts` (n): the number of the evaluation prompt. `found` (n) of its `sizes` (n) n-grams occur
    in the turn; both are 0 if the turn equals the prompt.
    """

    rows: Ints
    prompts: Ints
    found: Ints
    sizes: Ints


def overlaps_of(prompts: pa.ListArray, index: OverlapIndex, config: AgainstConfig) -> Overlaps:
    """Compares all user turns of a column of prompts (all messages of a prompt without a user)."""
    turns, rows = _turns_of(prompts)
    grams = message_shingles(turns, config.words, config.characters)
    equal = _equal(stream_keys(turns, grams, config), index)
    shared = _without_weak_hits(find_shared(grams, index), turns, index, config)
    return _best(rows, concat_hits([equal, shared]))


def _turns_of(prompts: pa.ListArray) -> tuple[SideTexts, Ints]:
    """The messages to compare, and the row of each."""
    texts = SideTexts.of(prompts)
    by_user = texts.role_codes == ROLES.index(USER)
    rows = texts.rows_of_messages(np.arange(len(by_user)))
    has_user = texts.row_sums(by_user) > 0
    chosen = by_user | ~has_user[rows]
    if chosen.all() and texts.is_single:
        return texts, rows
    first = int(prompts.offsets[0].as_py())
    messages = prompts.values.slice(first, len(chosen)).filter(pa.array(chosen))
    offsets = pa.array(np.arange(len(messages) + 1, dtype=np.int32))
    return SideTexts.of(pa.ListArray.from_arrays(offsets, messages, type=MESSAGES)), rows[chosen]


def _equal(keys: Hashes, index: OverlapIndex) -> Hits:
    at, is_known = found_in(index.streams, keys)
    turns = np.flatnonzero(is_known)
    nothing = np.zeros(len(turns), np.int64)
    return Hits(turns, index.stream_prompts[at[turns]], nothing, nothing)


def _without_weak_hits(
    hits: Hits, turns: SideTexts, index: OverlapIndex, config: AgainstConfig
) -> Hits:
    """Removes hits on prompts that count only as a whole sentence where they are none."""
    is_alone = index.alone[hits.prompts]
    if not is_alone.any():
        return hits
    asked = np.unique(hits.turns[is_alone]).tolist()
    sentences = [BORDERS.split(turns.contents[turn].as_py()) for turn in asked]
    owners = np.repeat(asked, [len(parts) for parts in sentences])
    texts = each_alone([text for parts in sentences for text in parts])
    grams = message_shingles(texts, config.words, config.characters)
    equal = _equal(stream_keys(texts, grams, config), index)
    own_sentences = owners[equal.turns] * index.prompts + equal.prompts
    return hits.where(~is_alone | np.isin(hits.turns * index.prompts + hits.prompts, own_sentences))


def _best(rows: Ints, hits: Hits) -> Overlaps:
    """The best match of every row: an equal prompt, else the one with the largest share."""
    of_turns = rows[hits.turns]
    shares = np.where(hits.sizes == 0, 2.0, hits.found / np.maximum(hits.sizes, 1))
    order = np.lexsort((hits.prompts, -hits.sizes, -shares, of_turns))
    first = order[np.flatnonzero(np.diff(of_turns[order], prepend=-1))]
    return Overlaps(of_turns[first], hits.prompts[first], hits.found[first], hits.sizes[first])
