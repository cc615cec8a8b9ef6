"""Filter: completions that are unrelated to their prompt."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from prefdata.records.arrays import Flags
from prefdata.rules.refusal import refuses
from prefdata.steps.semantic.filter_result import FilterResult
from prefdata.steps.semantic.filter_rows import FilterRows
from prefdata.steps.semantic.read_embeddings import Embedded
from prefdata.transforms.semantic.evidence import OFF_TOPIC, topic_line
from prefdata.transforms.semantic.threshold import decide
from prefdata.transforms.semantic.topic import (
    Topicality,
    combine_sides,
    fits_any_prompt,
    off_topic_values,
    topicality,
)

SIDES = ("chosen", "rejected")


def find_off_topic(rows: FilterRows) -> FilterResult:
    """Finds rows whose completions (those of `topic.of`) are no more similar to their own prompt
    than to other prompts."""
    config = rows.config.topic
    embedded = rows.embedded.having("prompt")
    index = embedded.index
    topicalities = {
        side: topicality(embedded.vectors, index[side], index["prompt"], index["turn"], config)
        for side in SIDES
    }
    spared = _spared(rows, embedded, topicalities)
    chosen, rejected = (
        off_topic_values(topicalities[side], spared[side], config) for side in SIDES
    )
    values, is_rejected = combine_sides(chosen, rejected, config.of)
    decision = decide(values, config.threshold, "below")
    plain, _ = combine_sides(
        topicalities["chosen"].values, topicalities["rejected"].values, config.of
    )
    is_compared = ~np.isnan(plain)
    with np.errstate(invalid="ignore"):
        is_spared = is_compared & (plain <= decision.threshold) & ~decision.is_taken

    def evidence(place: int) -> str:
        at = np.flatnonzero(is_compared)[place]
        side = SIDES[int(is_rejected[at])]
        of_side = topicalities[side]
        own, other, nearer = (float(a[at]) for a in (of_side.own, of_side.other, of_side.nearer))
        return topic_line(side, own, other, nearer, decision.threshold)

    return FilterResult(
        reason=OFF_TOPIC,
        measure=f"similarity of {config.of} to its prompt, less that to the nearest other prompt",
        action=config.action,
        threshold=decision.threshold,
        side="below",
        rows=embedded.rows[is_compared],
        values=plain[is_compared],
        is_taken=decision.is_taken[is_compared],
        is_spared=is_spared[is_compared],
        evidence=evidence,
        passed_by={
            "short, a refusal or a question back, or like its prompt all the same": int(
                is_spared.sum()
            ),
            "no embedding, or no other prompt to compare with": int(np.sum(~is_compared)),
        },
    )


def _spared(
    rows: FilterRows, embedded: Embedded, topicalities: Mapping[str, Topicality]
) -> dict[str, Flags]:
    """By side, which completions (n) fit any prompt; only those dissimilar to theirs are read."""
    config = rows.config.topic
    is_unlike = {side: topicalities[side].own <= config.similar for side in SIDES}
    spared = {side: np.zeros(len(embedded), np.bool_) for side in SIDES}
    some = np.flatnonzero(is_unlike["chosen"] | is_unlike["rejected"])
    for place, (_, texts) in zip(some, rows.each_text(embedded.rows[some]), strict=True):
        for side in SIDES:
            if is_unlike[side][place]:
                text = texts[side]
                spared[side][place] = refuses(text) or fits_any_prompt(text, config)
    return spared
