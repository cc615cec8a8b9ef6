"""An index of evaluation prompts that finds the texts which overlap one of them.

Two texts are equal if their tokens are. Otherwise a text overlaps a prompt if it contains enough of
its n-grams; how many depends on the length of the prompt (`_demands`): a share of them, all of
them, or all of them as a sentence of its own.

Only the rarest n-grams of a prompt are indexed. If `needed` of its m n-grams are required, every
overlapping text contains at least one of its m - needed + 1 rarest, so none is missed, and frequent
n-grams are hardly ever looked up (prefix filtering: Chaudhuri, Ganti, Kaushik, "A Primitive
Operator for Similarity Joins in Data Cleaning", ICDE 2006). An n-gram of more than `common` prompts
is not indexed, so that a shared template does not match every prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prefdata.config.model import AgainstConfig
from prefdata.records.arrays import Flags, Ints
from prefdata.records.columns import MESSAGES
from prefdata.records.record import USER
from prefdata.records.texts import SideTexts
from prefdata.transforms.duplicates.shingles import Hashes, Shingles, message_shingles, mix_array
from prefdata.transforms.duplicates.tokens import CHARACTER, class_of, tokens_of

ANYWHERE = 5
"""Words from which a short prompt counts at any position; a CJK character is half a word."""

SENTENCE = 3
"""Words from which a short prompt counts as a sentence of its own; below, only as a whole turn."""

OWN = 0.5
"""Share (0 to 1) of a prompt's own n-grams, which few other prompts have, that is required as well:
another question made from the same template is no overlap."""

NOTABLE = 0.05
"""The least share (0 to 1) of own n-grams from which `OWN` applies. Prompts that are
near-duplicates of each other have fewer, and a text may match all of them."""

FEW = 0.001
"""The share (0 to 1) of prompts up to which an n-gram counts as own (always for one prompt)."""

SLACK = 0.25
"""How much longer than the prompt the window may be in which its n-grams are counted."""

_PROMPTS_AT_ONCE = 20_000
_SEEN_BITS = (16, 26)
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class OverlapIndex:
    """The index as arrays; prompts are known by their number in the evaluation set.

    `streams` (sorted): keys of whole prompts; `stream_prompts`: the prompt of each. `grams`
    (sorted): the distinct n-grams; other arrays refer to positions in it. Gram g is indexed for the
    prompts `leads[lead_firsts[g]:lead_firsts[g + 1]]`. Prompt p has the grams
    `held[held_firsts[p]:held_firsts[p + 1]]`; `needed[p]` of them are required within `windows[p]`
    consecutive n-grams, and, if `alone[p]`, as a sentence of its own. `seen`: which leading bits
    of n-grams occur at all.
    """

    streams: Hashes
    stream_prompts: Ints
    grams: Hashes
    lead_firsts: Ints
    leads: Ints
    held_firsts: Ints
    held: Ints
    needed: Ints
    is_own: Flags
    own_needed: Ints
    windows: Ints
    alone: Flags
    seen: Flags

    @property
    def sizes(self) -> Ints:
        """The number of distinct n-grams of each prompt; 0 if only equality counts."""
        return np.diff(self.held_firsts)

    @property
    def unled(self) -> int:
        """How many prompts have no indexed n-gram, so that only an equal turn matches them."""
        return int((self.windows > 0).sum()) - len(np.unique(self.leads))

    @property
    def shift(self) -> np.uint64:
        """The right shift (bits) of an n-gram that gives its position in `seen`."""
        return np.uint64(64 - (len(self.seen).bit_length() - 1))

    @property
    def prompts(self) -> int:
        return len(self.needed)


def overlap_index(texts: Sequence[str], follows: Flags, config: AgainstConfig) -> OverlapIndex:
    """Indexes n evaluation prompts.

    `follows` (n): the text is a later turn of a conversation. A short one ("go on") is left out,
    since it means little without the turns before it. Of equal prompts only the first is indexed.
    """
    parts = [
        _measured(texts[start : start + _PROMPTS_AT_ONCE], config)
        for start in range(0, max(len(texts), 1), _PROMPTS_AT_ONCE)
    ]
    streams = np.concatenate([part.streams for part in parts])
    tokens = np.concatenate([part.tokens for part in parts])
    lengths = np.concatenate([part.grams.counts for part in parts])
    hashes = np.concatenate([part.grams.hashes for part in parts])
    grams = Shingles(hashes, np.concatenate([[0], np.cumsum(lengths)]))
    counts = np.flatnonzero((tokens > 0) & ~(follows & (tokens < config.short)))
    known, first = np.unique(streams[counts], return_index=True)
    prompts = counts[first]
    demands = _demands(texts, tokens, lengths, prompts, config)
    return _build_index(grams, demands, (known, prompts), config)


def stream_keys(texts: SideTexts, grams: Shingles, config: AgainstConfig) -> Hashes:
    """The key (n) of the token sequence of every message: equal for equal sequences.

    If all n-grams have the same length, their hashes determine the tokens and are reused.
    """
    if config.words != config.characters:
        grams = message_shingles(texts, 1, 1)
    places = np.arange(len(grams.hashes), dtype=np.uint64)
    places -= np.repeat(grams.firsts[:-1].astype(np.uint64), grams.counts)
    running = np.zeros(len(grams.hashes) + 1, np.uint64)
    np.cumsum(mix_array(grams.hashes + places * _STEP), out=running[1:])
    return running[grams.firsts[1:]] - running[grams.firsts[:-1]]


def each_alone(texts: Sequence[str]) -> SideTexts:
    """Texts as the messages of a side, one message per row."""
    return SideTexts.of(pa.array([[{"role": USER, "content": text}] for text in texts], MESSAGES))


@dataclass(frozen=True)
class _Measured:
    """Prompts as token streams, token counts and n-grams."""

    streams: Hashes
    tokens: Ints
    grams: Shingles


def _measured(texts: Sequence[str], config: AgainstConfig) -> _Measured:
    side = each_alone(texts)
    grams = message_shingles(side, config.words, config.characters)
    tokens = message_shingles(side, 1, 1).counts
    return _Measured(stream_keys(side, grams, config), tokens, grams)


@dataclass(frozen=True)
class _Demands:
    """The requirements for an overlap with each prompt; `shares` is 0 if only equality counts."""

    shares: npt.NDArray[np.float64]
    windows: Ints
    alone: Flags


def _demands(
    texts: Sequence[str], tokens: Ints, lengths: Ints, prompts: Ints, config: AgainstConfig
) -> _Demands:
    shares = np.zeros(len(texts))
    shares[prompts] = config.overlap
    windows = np.where(shares > 0, lengths + np.ceil(SLACK * lengths), 0).astype(np.int64)
    alone = np.zeros(len(texts), np.bool_)
    for prompt in prompts[tokens[prompts] < config.short].tolist():
        words = _words(texts[prompt])
        shares[prompt] = float(words >= SENTENCE)
        windows[prompt] = lengths[prompt] if words >= SENTENCE else 0
        alone[prompt] = words < ANYWHERE
    return _Demands(shares, windows, alone)


def _words(text: str) -> float:
    return sum(0.5 if class_of(token[0]) == CHARACTER else 1.0 for token in tokens_of(text))


def _build_index(
    grams: Shingles, demands: _Demands, streams: tuple[Hashes, Ints], config: AgainstConfig
) -> OverlapIndex:
    owners, ids, vocabulary = _distinct(grams, demands.shares > 0)
    spread = np.bincount(ids, minlength=len(vocabulary))
    sizes = np.bincount(owners, minlength=len(demands.shares))
    # a share times a size may exceed the exact whole number by a rounding error
    needed = np.maximum(np.ceil(demands.shares * sizes - 1e-9).astype(np.int64), 1)
    is_own = spread <= max(1, int(FEW * np.count_nonzero(sizes)))
    own = np.bincount(owners, is_own[ids], minlength=len(sizes)).astype(np.int64)
    own_needed = np.where(own < NOTABLE * sizes, 0, np.ceil(OWN * own)).astype(np.int64)
    # how many n-grams may be missing by either requirement; those of few prompts are the rarest
    spare = np.minimum(sizes - needed, np.where(own_needed > 0, own - own_needed, sizes))
    lead_firsts, leads = _leads(owners, ids, spare, spread, config.common)
    return OverlapIndex(
        *streams,
        grams=vocabulary,
        lead_firsts=lead_firsts,
        leads=leads,
        held_firsts=np.concatenate([[0], np.cumsum(sizes)]),
        held=ids,
        needed=needed,
        is_own=is_own,
        own_needed=own_needed,
        windows=demands.windows,
        alone=demands.alone,
        seen=_occurring_bits(vocabulary),
    )


def _distinct(grams: Shingles, is_compared: Flags) -> tuple[Ints, Ints, Hashes]:
    """Prompt and n-gram (position in the vocabulary) of every distinct n-gram, sorted, and the
    vocabulary."""
    owners = np.repeat(np.arange(len(is_compared)), grams.counts)
    chosen = is_compared[owners]
    vocabulary, ids = np.unique(grams.hashes[chosen], return_inverse=True)
    width = max(len(vocabulary), 1)
    keys = np.unique(owners[chosen] * width + ids.reshape(-1))
    return keys // width, keys % width, vocabulary


def _leads(owners: Ints, ids: Ints, spare: Ints, spread: Ints, common: int) -> tuple[Ints, Ints]:
    """The index from n-grams to prompts: each prompt is listed for its rarest n-grams, one more
    than may be missing."""
    sizes = np.bincount(owners, minlength=len(spare))
    order = np.lexsort((ids, spread[ids], owners))
    places = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rare = order[(places <= spare[owners]) & (spread[ids[order]] <= common)]
    rare = rare[np.lexsort((owners[rare], ids[rare]))]
    counts = np.bincount(ids[rare], minlength=len(spread))
    return np.concatenate([[0], np.cumsum(counts)]), owners[rare]


def _occurring_bits(vocabulary: Hashes) -> Flags:
    least, most = _SEEN_BITS
    bits = min(max((16 * len(vocabulary)).bit_length(), least), most)
    occurs = np.zeros(1 << bits, np.bool_)
    occurs[vocabulary >> np.uint64(64 - bits)] = True
    return occurs
