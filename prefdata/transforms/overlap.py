"""Which turns of a prompt overlap an evaluation prompt, and by how much.

A batch of prompts is worked on at a time: candidates come from the rarest n-grams of evaluation
prompts (`overlap_index`), are counted in full, and then within a window that is little longer than
the evaluation prompt, so that common n-grams scattered over a long text do not add up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from prefdata.config.model import AgainstConfig
from prefdata.records.columns import MESSAGES
from prefdata.records.record import ROLES, USER
from prefdata.records.texts import Flags, Ints, SideTexts
from prefdata.transforms.overlap_index import OverlapIndex, each_alone, stream_keys
from prefdata.transforms.shingles import Hashes, Shingles, message_shingles

_AT_ONCE = 1 << 21  # numbers in a working array: what keeps memory in bounds
_BORDERS = re.compile(r"[.!?:;。！？：；…\n\r\"“”「」『』]+")


@dataclass(frozen=True)
class Overlaps:
    """Rows of a batch that overlap an evaluation prompt, ascending, each with the best one.

    `prompts`: the number of the evaluation prompt. `found` of its `sizes` n-grams are there; both
    are 0 where a turn equals it.
    """

    rows: Ints
    prompts: Ints
    found: Ints
    sizes: Ints


def overlaps_of(prompts: pa.ListArray, index: OverlapIndex, config: AgainstConfig) -> Overlaps:
    """Compares every user turn (every message where nobody is the user) of a column of prompts."""
    turns, rows = _turns_of(prompts)
    grams = message_shingles(turns, config.words, config.characters)
    equal = _equal(stream_keys(turns, grams, config), index)
    sharing = _sharing(grams, index)
    hits = _together([equal, _where_told(sharing, turns, index, config)])
    return _best(rows, hits)


class _Hits(NamedTuple):
    """Turns and evaluation prompts; `found` of the `sizes` n-grams of the prompt are there."""

    turns: Ints
    prompts: Ints
    found: Ints
    sizes: Ints

    def where(self, chosen: Flags) -> _Hits:
        return _Hits(*(column[chosen] for column in self))


_NONE = _Hits(*[np.zeros(0, np.int64)] * 4)


def _together(hits: Iterable[_Hits]) -> _Hits:
    return _Hits(*map(np.concatenate, zip(_NONE, *hits, strict=True)))


def _turns_of(prompts: pa.ListArray) -> tuple[SideTexts, Ints]:
    """The messages to compare, each as a row, and the row that each belongs to."""
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


def _equal(keys: Hashes, index: OverlapIndex) -> _Hits:
    at, is_known = _found_in(index.streams, keys)
    turns = np.flatnonzero(is_known)
    nothing = np.zeros(len(turns), np.int64)
    return _Hits(turns, index.stream_prompts[at[turns]], nothing, nothing)


def _sharing(grams: Shingles, index: OverlapIndex) -> _Hits:
    """Turns in which enough of an evaluation prompt is found."""
    places = _Occurrences.of(grams, index)
    candidates = _candidates(places, index)
    return _together(hits for pairs in candidates for hits in _counted(pairs, places, index))


def _where_told(hits: _Hits, turns: SideTexts, index: OverlapIndex, config: AgainstConfig) -> _Hits:
    """Without those prompts that only count as a sentence of their own, where they are none."""
    is_alone = index.alone[hits.prompts]
    if not is_alone.any():
        return hits
    asked = np.unique(hits.turns[is_alone]).tolist()
    sentences = [_BORDERS.split(turns.contents[turn].as_py()) for turn in asked]
    owners = np.repeat(asked, [len(parts) for parts in sentences])
    texts = each_alone([text for parts in sentences for text in parts])
    grams = message_shingles(texts, config.words, config.characters)
    equal = _equal(stream_keys(texts, grams, config), index)
    told = owners[equal.turns] * index.prompts + equal.prompts
    return hits.where(~is_alone | np.isin(hits.turns * index.prompts + hits.prompts, told))


@dataclass(frozen=True)
class _Occurrences:
    """Where n-grams of evaluation prompts stand in the turns.

    `keys` (sorted, distinct): turn x vocabulary + n-gram. Key k is found by `order[firsts[k]:
    firsts[k + 1]]`. The others speak of every place of a known n-gram, ascending: the place, its
    key's number, and the place before it of the same key (-1: none).
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
        ids, is_known = _found_in(index.grams, grams.hashes[places])
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
    """Turns and evaluation prompts that share a rare n-gram, some at a time."""
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


def _counted(
    pairs: tuple[Ints, Ints], places: _Occurrences, index: OverlapIndex
) -> Iterator[_Hits]:
    """Those candidates of which enough is found."""
    for part in _parts(index.sizes[pairs[1]]):
        turns, prompts = pairs[0][part], pairs[1][part]
        owner, at = _spans(index.held_firsts[prompts], index.sizes[prompts])
        keys, is_there = _found_in(places.keys, turns[owner] * len(index.grams) + index.held[at])
        owner, keys = owner[is_there], keys[is_there]
        found = np.bincount(owner, minlength=len(turns))
        own = np.bincount(owner, index.is_own[index.held[at[is_there]]], minlength=len(turns))
        enough = (found >= index.needed[prompts]) & (own >= index.own_needed[prompts])
        wanted = enough[owner]
        yield from _within_windows((turns, prompts), (owner[wanted], keys[wanted]), places, index)


def _within_windows(
    pairs: tuple[Ints, Ints], found: tuple[Ints, Ints], places: _Occurrences, index: OverlapIndex
) -> Iterator[_Hits]:
    """Pairs of which enough is found within one window; `found`: pair (ascending) and key."""
    turns, prompts = pairs
    owner, at = _anchors(found, index.needed[prompts], places)
    reach = index.windows[prompts[owner]] - 1
    start = np.searchsorted(places.places, places.places[at] - reach)
    lengths = np.searchsorted(places.places, places.places[at] + reach, side="right") - start
    for part in _parts(np.bincount(owner, lengths, minlength=len(turns)).astype(np.int64)):
        inside = slice(*np.searchsorted(owner, [part.start, part.stop]).tolist())
        item, near = _spans(start[inside], lengths[inside])
        holders, near = _distinct(owner[inside][item], near)
        is_its = _are_among(found, (holders, places.numbers[near]))
        holders, near = holders[is_its], near[is_its]
        windows = index.windows[prompts[holders]]
        best = _most_in_window(holders, places.places[near], places.before[near], windows)
        held = np.unique(holders)
        hits = _Hits(turns[held], prompts[held], best, index.sizes[prompts[held]])
        yield hits.where(best >= index.needed[hits.prompts])


def _anchors(found: tuple[Ints, Ints], needed: Ints, places: _Occurrences) -> tuple[Ints, Ints]:
    """Pairs (ascending) and places that any window with enough in it must hold one of.

    It can miss no more than `found - needed` n-grams of those found at all, so it holds one of any
    `found - needed + 1`: we take those that occur least often, for common ones may stand anywhere.
    """
    owner, keys = found
    counts = places.firsts[keys + 1] - places.firsts[keys]
    sizes = np.bincount(owner, minlength=len(needed))
    order = np.lexsort((counts, owner))
    ranks = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rarest = order[ranks <= (sizes - needed)[owner]]
    item, at = _spans(places.firsts[keys[rarest]], counts[rarest])
    return owner[rarest][item], places.order[at]


def _most_in_window(holders: Ints, places: Ints, before: Ints, windows: Ints) -> Ints:
    """For every holder (ascending) the most distinct n-grams within a window of its places.

    A window starts at a place. It holds an n-gram for the first time at the places whose
    predecessor stands before the window: a place counts for the windows that start after `low`
    and not after itself, so sorting the two ends of these intervals does the counting.
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


def _best(rows: Ints, hits: _Hits) -> Overlaps:
    """The best evaluation prompt of every row: an equal one, else the largest share."""
    of_turns = rows[hits.turns]
    shares = np.where(hits.sizes == 0, 2.0, hits.found / np.maximum(hits.sizes, 1))
    order = np.lexsort((hits.prompts, -hits.sizes, -shares, of_turns))
    first = order[np.flatnonzero(np.diff(of_turns[order], prepend=-1))]
    return Overlaps(of_turns[first], hits.prompts[first], hits.found[first], hits.sizes[first])


def _distinct(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Each pair of numbers once, sorted."""
    width = int(right.max(initial=0)) + 1
    both = np.unique(left * width + right)
    return both // width, both % width


def _are_among(known: tuple[Ints, Ints], wanted: tuple[Ints, Ints]) -> Flags:
    """Which pairs of numbers are among known ones (sorted)."""
    width = max(int(known[1].max(initial=0)), int(wanted[1].max(initial=0))) + 1
    return _found_in(known[0] * width + known[1], wanted[0] * width + wanted[1])[1]


def _found_in(known: Hashes | Ints, wanted: Hashes | Ints) -> tuple[Ints, Flags]:
    """The place of each wanted number in sorted ones, and whether it is there."""
    if not len(known):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return at, known[at] == wanted


def _spans(starts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """All numbers of some ranges, and the range that each comes from.

    >>> _spans(np.array([5, 9]), np.array([2, 1]))
    (array([0, 0, 1]), array([5, 6, 9]))
    """
    owner = np.repeat(np.arange(len(lengths)), lengths)
    ahead = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner)) - ahead[owner] + starts[owner]


def _parts(sizes: Ints) -> Iterator[slice]:
    """Cuts items into runs of a bounded total size (an item that exceeds it stands alone)."""
    running = np.concatenate([[0], np.cumsum(sizes)])
    start = 0
    while start < len(sizes):
        stop = int(np.searchsorted(running, running[start] + _AT_ONCE, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop)
        start = stop
