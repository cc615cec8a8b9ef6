"""Filter: rows that say the same as another one in other words (semantic near-duplicates)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.model import NearConfig
from prefdata.records.texts import Flags, Ints
from prefdata.steps.embedded import Embedded
from prefdata.steps.found import Found
from prefdata.steps.nodes import ranked
from prefdata.steps.remaining import Remaining
from prefdata.transforms.cosines import cosines
from prefdata.transforms.leaders import leaders
from prefdata.transforms.meaning_lines import SEMANTIC_DUPLICATE, duplicate_line
from prefdata.transforms.wording import Wording, told_apart

PARTS = {"pair": ("prompt", "chosen", "rejected"), "prompt": ("prompt",)}


NEAR_MISS = 0.1
"""How far below the threshold `find_near_misses` looks."""


def find_same_meaning(rows: Remaining) -> Found:
    """Each row that is alike to one that is preferred to it, by the least alike of its parts."""
    return _found(rows, rows.config.similar.threshold)


def find_near_misses(rows: Remaining) -> Found:
    """The same, and rows a little less alike: they stay, and show what the threshold does."""
    found = find_same_meaning(rows)
    lower = _found(rows, max(found.threshold - NEAR_MISS, 0.0))
    is_new = ~np.isin(lower.rows, found.rows)
    places = np.concatenate([np.full(len(found.rows), -1), np.flatnonzero(is_new)])
    numbers = np.concatenate([found.rows, lower.rows[is_new]])
    order = np.argsort(numbers)
    assert found.others is not None and lower.others is not None

    def evidence(place: int) -> str:
        at = int(order[place])
        return found.evidence(at) if at < len(found.rows) else lower.evidence(int(places[at]))

    return replace(
        found,
        rows=numbers[order],
        values=np.concatenate([found.values, lower.values[is_new]])[order],
        is_taken=np.concatenate([found.is_taken, np.zeros(int(is_new.sum()), np.bool_)])[order],
        others=np.concatenate([found.others, lower.others[is_new]])[order],
        evidence=evidence,
    )


def _found(rows: Remaining, threshold: float) -> Found:
    config = rows.config.similar
    names = PARTS[config.on]
    embedded = _in_order_of_rank(rows, names)
    parts = [embedded.index[name] for name in names]
    led = leaders(embedded.vectors, parts, threshold, exact_rows=rows.config.exact_rows)
    places = np.flatnonzero(led.representatives != np.arange(len(embedded)))
    places = places[np.argsort(embedded.rows[places])]
    others = led.representatives[places]
    similarities = led.similarities[places]
    numbers, named = embedded.rows[places], embedded.rows[others]
    is_opposite = _are_opposite(embedded, places, others, similarities)
    is_apart = _are_told_apart(rows, numbers, named, names) & ~is_opposite

    def evidence(place: int) -> str:
        alike = dict(zip(names, similarities[place].tolist(), strict=True))
        return duplicate_line(int(named[place]), alike, config.threshold)

    return Found(
        reason=SEMANTIC_DUPLICATE,
        measure=f"least similarity of {', '.join(names)} to those of a row that stays",
        action=config.action,
        threshold=threshold,
        rows=numbers,
        values=similarities.min(axis=1, initial=1.0),
        is_taken=~(is_opposite | is_apart),
        evidence=evidence,
        others=named,
        passed_by={
            "their wording tells them apart": int(is_apart.sum()),
            "chosen is nearer to the rejected of the other": int(is_opposite.sum()),
        },
        recall=led.recall,
    )


def _in_order_of_rank(rows: Remaining, names: tuple[str, ...]) -> Embedded:
    config = rows.config.similar
    embedded = rows.embedded.having(*names)
    ranks = NearConfig(keep=config.keep, prefer=config.prefer)
    ordered = ranked(rows.shards, rows.keys, embedded.rows, ranks, rows.sources)
    return embedded.only(np.searchsorted(embedded.rows, ordered))


def _are_opposite(
    embedded: Embedded, places: Ints, others: Ints, similarities: npt.NDArray[Any]
) -> Flags:
    """Of rows and those that represent them: whether the completions are more alike crosswise."""
    if similarities.shape[1] == 1:
        return np.zeros(len(places), np.bool_)
    chosen, rejected = embedded.index["chosen"], embedded.index["rejected"]
    crossed = np.minimum(
        cosines(embedded.vectors, chosen[places], rejected[others]),
        cosines(embedded.vectors, rejected[places], chosen[others]),
    )
    return np.asarray(crossed > similarities[:, 1:].min(axis=1, initial=1.0))


def _are_told_apart(rows: Remaining, ones: Ints, others: Ints, names: tuple[str, ...]) -> Flags:
    """Of pairs of rows: whether numbers, names, negations and such differ in one of the parts."""
    texts = dict(rows.each_text(np.concatenate([ones, others])))
    return np.array(
        [
            any(told_apart(Wording(texts[one][n]), Wording(texts[other][n])) for n in names)
            for one, other in zip(ones.tolist(), others.tolist(), strict=True)
        ],
        np.bool_,
    )
