"""Counting how many n-grams of an evaluation prompt occur close together in a turn.

Candidates come from the rarest n-grams of evaluation prompts (`overlap_index`). Their n-grams are
counted first in the whole turn, then within a window slightly longer than the prompt, so that
common n-grams scattered over a long text do not add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from prefdata.records.arrays import Flags, Ints
from prefdata.transforms.decontamination.overlap_index import OverlapIndex
from prefdata.transforms.duplicates.shingles import Hashes, Shingles

_AT_ONCE = 1 << 21  # numbers in a working array: this bounds memory


class Hits(NamedTuple):
    """Pairs (n) of turn and evaluation prompt; `found` of the prompt's `sizes` n-grams occur."""

    turns: Ints
    prompts: Ints
    found: Ints
    sizes: Ints

    def where(self, chosen: Flags) -> Hits:
        return Hits(*(column[chosen] for column in self))


_NONE = Hits(*[np.zeros(0, np.int64)] * 4)


def concat_hits(hits: Iterable[Hits]) -> Hits:
    return Hits(*map(np.concatenate, zip(_NONE, *hits, strict=True)))


def find_shared(grams: Shingles, index: OverlapIndex) -> Hits:
    """The pairs of turn and evaluation prompt that share enough n-grams."""
    places = _Occurrences.of(grams, index)
    candidates = _candidates(places, index)
    return concat_hits(hits for pairs in candidates for hits in _counted(pairs, places, index))


@dataclass(frozen=True)
class _Occurrences:
    """The occurrences of n-grams of evaluation prompts in the turns.

    `keys` (sorted, distinct): turn * vocabulary size + n-gram. The occurrences of key k are
    `order[firsts[k]:firsts[k + 1]]`. For each occurrence, ascending by position: `places` (the
    position), `numbers` (the number of its key) and `before` (the previous position of the same
    key, -1 for none).
    """

    keys: Ints
    firsts: Ints
    order: Ints
    places: Ints
    numbers: Ints
    before: Ints
    turns: int

    @classmethod
    def of(cls, grams: Shingles, index: OverlapIndex) -> _Occurrences:
        places = np.flatnonzero(index.seen[grams.hashes >> index.shift])
        ids, is_known = found_in(index.grams, grams.hashes[places])
        places, ids = places[is_known], ids[is_known]
        turns = np.searchsorted(grams.firsts, places, side="right") - 1
        keys = turns * len(index.grams) + ids
        order = np.argsort(keys, kind="stable")
        begins = np.diff(keys[order], prepend=-1) > 0
        numbers, before = np.empty_like(places), np.full_like(places, -1)
        numbers[order] = np.cumsum(begins) - 1
        again = np.flatnonzero(~begins)
        before[order[again]] = places[order[again - 1]]
        firsts = np.append(np.flatnonzero(begins), len(places))
        distinct = keys[order][begins]
        return cls(distinct, firsts, order, places, numbers, before, len(grams.counts))


def _candidates(places: _Occurrences, index: OverlapIndex) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of turn and evaluation prompt that share a rare n-gram, in bounded parts."""
    width = max(len(index.grams), 1)
    turns, ids = places.keys // width, places.keys % width
    richness = np.bincount(turns, minlength=places.turns)
    lengths = index.lead_firsts[ids + 1] - index.lead_firsts[ids]
    for part in _parts(lengths):
        owner, at = _spans(index.lead_firsts[ids[part]], lengths[part])
        prompts = index.leads[at]
        candidates = turns[part][owner] * index.prompts + prompts
        fits = richness[turns[part][owner]] >= index.needed[prompts]
        pairs = np.unique(candidates[fits])
        yield pairs // index.prompts, pairs % index.prompts


def _counted(pairs: tuple[Ints, Ints], places: _Occurrences, index: OverlapIndex) -> Iterator[Hits]:
    """The candidates that share enough n-grams."""
    for part in _parts(index.sizes[pairs[1]]):
        turns, prompts = pairs[0][part], pairs[1][part]
        owner, at = _spans(index.held_firsts[prompts], index.sizes[prompts])
        keys, is_there = found_in(places.keys, turns[owner] * len(index.grams) + index.held[at])
        owner, keys = owner[is_there], keys[is_there]
        shared = np.bincount(owner, minlength=len(turns))
        own = np.bincount(owner, index.is_own[index.held[at[is_there]]], minlength=len(turns))
        enough = (shared >= index.needed[prompts]) & (own >= index.own_needed[prompts])
        wanted = enough[owner]
        yield from _within_windows((turns, prompts), (owner[wanted], keys[wanted]), places, index)


def _within_windows(
    pairs: tuple[Ints, Ints], shared: tuple[Ints, Ints], places: _Occurrences, index: OverlapIndex
) -> Iterator[Hits]:
    """The pairs that share enough n-grams within one window; `shared`: (pair, key), ascending."""
    turns, prompts = pairs
    owner, start, lengths = _around_anchors(shared, prompts, places, index)
    for part in _parts(np.bincount(owner, lengths, minlength=len(turns)).astype(np.int64)):
        inside = slice(*np.searchsorted(owner, [part.start, part.stop]).tolist())
        item, near = _spans(start[inside], lengths[inside])
        holders = owner[inside][item]
        is_its = _are_among(shared, (holders, places.numbers[near]))
        holders, near = holders[is_its], near[is_its]
        windows = index.windows[prompts[holders]]
        best = _most_in_window(holders, places.places[near], places.before[near], windows)
        held = np.unique(holders)
        hits = Hits(turns[held], prompts[held], best, index.sizes[prompts[held]])
        yield hits.where(best >= index.needed[hits.prompts])


def _around_anchors(
    shared: tuple[Ints, Ints], prompts: Ints, places: _Occurrences, index: OverlapIndex
) -> tuple[Ints, Ints, Ints]:
    """Ranges of occurrences that a sufficient window can cover: pair (ascending), start, length.

    A sufficient window misses at most `shared - needed` of the shared n-grams, so it contains one
    of any `shared - needed + 1` of them. The least frequent ones are taken as anchors.
    """
    owner, keys = shared
    counts = places.firsts[keys + 1] - places.firsts[keys]
    sizes = np.bincount(owner, minlength=len(prompts))
    order = np.lexsort((counts, owner))
    ranks = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rarest = order[ranks <= (sizes - index.needed[prompts])[owner]]
    item, at = _spans(places.firsts[keys[rarest]], counts[rarest])
    owner, anchors = owner[rarest][item], places.order[at]
    order = np.lexsort((anchors, owner))
    owner, anchors = owner[order], places.places[anchors[order]]
    reach = index.windows[prompts[owner]] - 1
    start = np.searchsorted(places.places, anchors - reach)
    stop = np.searchsorted(places.places, anchors + reach, side="right")
    is_next = owner[1:] == owner[:-1]
    start[1:][is_next] = np.maximum(start[1:], stop[:-1])[is_next]  # ranges do not overlap
    return owner, start, stop - start


def _most_in_window(holders: Ints, places: Ints, before: Ints, windows: Ints) -> Ints:
    """For every holder (ascending) the maximum number of distinct n-grams in a window.

    A window starts at an occurrence. Within it an n-gram is counted at its first occurrence, the
    one whose predecessor lies before the window. So an occurrence counts for the windows that start
    after `low` and not after itself: sorting the ends of these intervals gives the counts.
    """
    if not len(holders):
        return holders
    width = int(places.max()) + 2
    low = np.maximum(before, places - windows) + 1
    starts = np.sort(holders * width + places)
    opened = np.searchsorted(np.sort(holders * width + np.maximum(low, 0)), starts, side="right")
    inside = opened - np.arange(len(starts))
    first = np.flatnonzero(np.diff(starts // width, prepend=-1))
    most: Ints = np.maximum.reduceat(inside, first)
    return most


def _are_among(known: tuple[Ints, Ints], wanted: tuple[Ints, Ints]) -> Flags:
    """Which pairs (n) of numbers are among known ones (sorted)."""
    width = max(int(known[1].max(initial=0)), int(wanted[1].max(initial=0))) + 1
    return found_in(known[0] * width + known[1], wanted[0] * width + wanted[1])[1]


def found_in(known: Hashes | Ints, wanted: Hashes | Ints) -> tuple[Ints, Flags]:
    """The position (n) of each wanted number among sorted ones, and whether (n) it is there."""
    if not len(known):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at, known[at] == wanted


def _spans(starts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """The numbers of all ranges concatenated, and the range of each.

    >>> _spans(np.array([5, 9]), np.array([2, 1]))
    (array([0, 0, 1]), array([5, 6, 9]))
    """
    owner = np.repeat(np.arange(len(lengths)), lengths)
    ahead = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner)) - ahead[owner] + starts[owner]


def _parts(sizes: Ints) -> Iterator[slice]:
    """Cuts items into runs of a bounded total size (an item that exceeds it is a run of its
    own)."""
    running = np.concatenate([[0], np.cumsum(sizes)])
    start = 0
    while start < len(sizes):
        stop = int(np.searchsorted(running, running[start] + _AT_ONCE, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop)
        start = stop
