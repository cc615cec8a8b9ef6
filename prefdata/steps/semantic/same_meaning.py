"""Filter: rows that say the same as another one in other words (semantic near-duplicates)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.model import NearConfig
from prefdata.records.texts import Flags, Ints
from prefdata.steps.compare.near_nodes import ranked
from prefdata.steps.semantic.filter_result import FilterResult
from prefdata.steps.semantic.filter_rows import FilterRows
from prefdata.steps.semantic.read_embeddings import Embedded
from prefdata.transforms.semantic.cosines import cosines
from prefdata.transforms.semantic.evidence import SEMANTIC_DUPLICATE, duplicate_line
from prefdata.transforms.semantic.leaders import leaders
from prefdata.transforms.semantic.threshold import share_of
from prefdata.transforms.semantic.wording import Wording, told_apart

PARTS = {"pair": ("prompt", "chosen", "rejected"), "prompt": ("prompt", "turn")}

NEAR_MISS = 0.1
"""How far below the threshold `find_near_misses` looks."""

LEAST = 0.5
"""Similarity below which a share of the rows is not looked for: nothing there is alike."""


def find_same_meaning(rows: FilterRows) -> FilterResult:
    """Each row that is alike to one that is preferred to it, by the least alike of its parts."""
    limit = rows.config.similar.limit
    return _at_most(rows, share_of(limit)) if isinstance(limit, str) else _found(rows, limit)


def find_near_misses(rows: FilterRows) -> FilterResult:
    """The same, and rows a little less alike: they stay, and show what the threshold does."""
    found = find_same_meaning(rows)
    lower = _found(rows, max(found.threshold - NEAR_MISS, 0.0), told=found.threshold)
    is_new = ~np.isin(lower.rows, found.rows)
    more = np.flatnonzero(is_new)
    numbers = np.concatenate([found.rows, lower.rows[more]])
    order = np.argsort(numbers)
    assert found.others is not None
    assert found.is_spared is not None
    assert lower.others is not None

    def evidence(place: int) -> str:
        at = int(order[place])
        of_found = at < len(found.rows)
        return found.evidence(at) if of_found else lower.evidence(int(more[at - len(found.rows)]))

    stays = np.zeros(len(more), np.bool_)
    return replace(
        found,
        rows=numbers[order],
        values=np.concatenate([found.values, lower.values[more]])[order],
        is_taken=np.concatenate([found.is_taken, stays])[order],
        is_spared=np.concatenate([found.is_spared, stays])[order],
        others=np.concatenate([found.others, lower.others[more]])[order],
        evidence=evidence,
    )


def _at_most(rows: FilterRows, share: float) -> FilterResult:
    """The lowest threshold at which no more than a share of the rows goes.

    Who represents whom changes with the threshold, and with it how many go: it is raised until
    they are few enough.
    """
    most = int(share * len(rows.embedded.having(*PARTS[rows.config.similar.on])) + 1e-9)
    found = _found(rows, LEAST)
    while (taken := found.values[found.is_taken]).size > most:
        least_kept = np.sort(taken)[::-1][most]  # a tie at the edge stays, as a whole
        found = _found(rows, round(float(least_kept) + 1e-4, 4))
    return found


def _found(rows: FilterRows, threshold: float, told: float | None = None) -> FilterResult:
    """What is alike at a threshold; `told`: the one that the evidence names."""
    config = rows.config.similar
    names = PARTS[config.on]
    embedded = _in_order_of_rank(rows, names)
    parts = [embedded.index[name] for name in names]
    led = leaders(embedded.vectors, parts, threshold, exact_rows=config.exact_rows)
    places = np.flatnonzero(led.representatives != np.arange(len(embedded)))
    places = places[np.argsort(embedded.rows[places])]
    others = led.representatives[places]
    similarities = led.similarities[places]
    numbers, named = embedded.rows[places], embedded.rows[others]
    if config.on == "pair":
        why = "chosen is nearer to the rejected of the other"
        is_spared = _are_opposite(embedded, places, others, similarities)
    else:
        why = "numbers, names, negations or the like tell them apart"
        is_spared = _are_told_apart(rows, numbers, named)

    def evidence(place: int) -> str:
        alike = dict(zip(names, similarities[place].tolist(), strict=True))
        return duplicate_line(int(named[place]), alike, threshold if told is None else told)

    return FilterResult(
        reason=SEMANTIC_DUPLICATE,
        measure=f"least similarity of {', '.join(names)} to those of a row that stays",
        action=config.action,
        threshold=threshold,
        side="above",
        rows=numbers,
        values=similarities.min(axis=1, initial=1.0),
        is_taken=~is_spared,
        is_spared=is_spared,
        evidence=evidence,
        others=named,
        judged=len(embedded),
        passed_by={why: int(is_spared.sum())},
        recall=led.recall,
    )


def _in_order_of_rank(rows: FilterRows, names: tuple[str, ...]) -> Embedded:
    config = rows.config.similar
    embedded = rows.embedded.having(*names)
    ranks = NearConfig(keep=config.keep, prefer=config.prefer)
    ordered = ranked(rows.shards, rows.keys, embedded.rows, ranks, rows.sources)
    return embedded.only(np.searchsorted(embedded.rows, ordered))


def _are_opposite(
    embedded: Embedded, places: Ints, others: Ints, similarities: npt.NDArray[Any]
) -> Flags:
    """Of rows and those that represent them: whether the completions are more alike crosswise."""
    chosen, rejected = embedded.index["chosen"], embedded.index["rejected"]
    crossed = np.minimum(
        cosines(embedded.vectors, chosen[places], rejected[others]),
        cosines(embedded.vectors, rejected[places], chosen[others]),
    )
    return np.asarray(crossed > similarities[:, 1:].min(axis=1, initial=1.0))


def _are_told_apart(rows: FilterRows, ones: Ints, others: Ints) -> Flags:
    """Of pairs of rows: whether more than the choice of words differs in their prompts."""
    pairs = zip(ones.tolist(), others.tolist(), strict=True)
    said = rows.each_text(np.concatenate([ones, others]))
    prompts = {row: Wording(texts["prompt"]) for row, texts in said}
    apart = [told_apart(prompts[one], prompts[other]) is not None for one, other in pairs]
    return np.array(apart, np.bool_)
