"""Filter: semantic near-duplicates, that is rows that say the same in other words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.model import NearConfig
from prefdata.records.arrays import Flags, Ints
from prefdata.steps.duplicates.near_nodes import ranked
from prefdata.steps.semantic.filter_result import FilterResult
from prefdata.steps.semantic.filter_rows import FilterRows
from prefdata.steps.semantic.read_embeddings import Embedded
from prefdata.transforms.semantic.cosines import cosines
from prefdata.transforms.semantic.evidence import SEMANTIC_DUPLICATE, duplicate_line
from prefdata.transforms.semantic.leaders import leaders
from prefdata.transforms.semantic.threshold import share_of
from prefdata.transforms.texts.wording import Wording, wording_difference

PARTS = {"pair": ("prompt", "chosen", "rejected"), "prompt": ("prompt", "turn")}

NEAR_MISS = 0.1
"""How far below the threshold `find_near_misses` goes, as a cosine similarity."""

LEAST = 0.5
"""The lowest threshold for a share of the rows: rows that are less similar are not duplicates."""


def find_same_meaning(rows: FilterRows) -> FilterResult:
    """Finds rows that are similar to a more preferred row; the least similar part decides."""
    limit = rows.config.similar.limit
    return (
        _at_most(rows, share_of(limit)) if isinstance(limit, str) else _duplicates_at(rows, limit)
    )


def find_near_misses(rows: FilterRows) -> FilterResult:
    """`find_same_meaning` plus rows up to `NEAR_MISS` below the threshold, which are not taken:
    they show the effect of the threshold."""
    result = find_same_meaning(rows)
    lower = _duplicates_at(
        rows, max(result.threshold - NEAR_MISS, 0.0), named_threshold=result.threshold
    )
    is_new = ~np.isin(lower.rows, result.rows)
    more = np.flatnonzero(is_new)
    numbers = np.concatenate([result.rows, lower.rows[more]])
    order = np.argsort(numbers)
    assert result.others is not None
    assert result.is_spared is not None
    assert lower.others is not None

    def evidence(place: int) -> str:
        at = int(order[place])
        of_found = at < len(result.rows)
        return result.evidence(at) if of_found else lower.evidence(int(more[at - len(result.rows)]))

    stays = np.zeros(len(more), np.bool_)
    return replace(
        result,
        rows=numbers[order],
        values=np.concatenate([result.values, lower.values[more]])[order],
        is_taken=np.concatenate([result.is_taken, stays])[order],
        is_spared=np.concatenate([result.is_spared, stays])[order],
        others=np.concatenate([result.others, lower.others[more]])[order],
        evidence=evidence,
    )


def _at_most(rows: FilterRows, share: float) -> FilterResult:
    """The result at the lowest threshold that takes at most a share (0 to 1) of the rows.

    Representatives depend on the threshold, and so does the number of rows that are taken:
    therefore it is raised step by step.
    """
    most = int(share * len(rows.embedded.having(*PARTS[rows.config.similar.on])) + 1e-9)
    result = _duplicates_at(rows, LEAST)
    while (taken := result.values[result.is_taken]).size > most:
        least_kept = np.sort(taken)[::-1][most]  # rows tied at the limit are all kept
        result = _duplicates_at(rows, round(float(least_kept) + 1e-4, 4))
    return result


def _duplicates_at(
    rows: FilterRows, threshold: float, named_threshold: float | None = None
) -> FilterResult:
    """The duplicates at a threshold; the evidence names `named_threshold` if it is given."""
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
        turned = _are_opposite(embedded, places, others, similarities)
        reasons = {"chosen is nearer to the rejected of the other": turned}
    else:
        turned = np.zeros(len(numbers), np.bool_)
        reasons = {}
    substance = ~turned & _differ_in_substance(rows, numbers, named)
    reasons["numbers, names, negations or the like tell them apart"] = substance
    is_spared = turned | substance

    def evidence(place: int) -> str:
        alike = dict(zip(names, similarities[place].tolist(), strict=True))
        return duplicate_line(
            int(named[place]), alike, threshold if named_threshold is None else named_threshold
        )

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
        examined=len(embedded),
        passed_by={why: int(spared.sum()) for why, spared in reasons.items()},
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
    """For each row and its representative (n): whether chosen is more similar to the other's
    rejected, and rejected to its chosen, than side by side."""
    chosen, rejected = embedded.index["chosen"], embedded.index["rejected"]
    crossed = np.minimum(
        cosines(embedded.vectors, chosen[places], rejected[others]),
        cosines(embedded.vectors, rejected[places], chosen[others]),
    )
    return np.asarray(crossed > similarities[:, 1:].min(axis=1, initial=1.0))


def _differ_in_substance(rows: FilterRows, ones: Ints, others: Ints) -> Flags:
    """For each pair of rows (n): whether their prompts differ in more than wording: in numbers,
    negations, names, tools or media; or, with pairs, their completions in numbers or calls."""
    both = np.concatenate([ones, others])
    parts = ("prompt", "chosen", "rejected") if rows.config.similar.on == "pair" else ("prompt",)
    texts = {
        row: {part: Wording(said[part]) for part in parts} for row, said in rows.each_text(both)
    }
    unseen = rows.besides_texts(both)
    return np.array(
        [
            _unlike(texts[one], texts[other])
            or unseen[one][: 1 + len(parts)] != unseen[other][: 1 + len(parts)]
            for one, other in zip(ones.tolist(), others.tolist(), strict=True)
        ],
        np.bool_,
    )


def _unlike(one: dict[str, Wording], other: dict[str, Wording]) -> bool:
    if wording_difference(one["prompt"], other["prompt"]) is not None:
        return True
    return any(one[part].numbers != other[part].numbers for part in one.keys() - {"prompt"})
