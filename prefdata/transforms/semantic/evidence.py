"""The evidence in the ledger for rows that the semantic filters drop or flag."""

from __future__ import annotations

import math

from prefdata.results.sentences import Sentence

NO_CONTRAST = "no-contrast"
OFF_TOPIC = "off-topic"
OUTLIER = "outlier"
SEMANTIC_OVERLAP = "semantic-overlap"
UNLIKE_EXAMPLES = "unlike-examples"
LIKE_EXAMPLES = "like-examples"
SEMANTIC_DUPLICATE = "semantic-duplicate"
NOT_EMBEDDED = "not-embedded"
"""Reasons of verdicts."""


def contrast_line(similarity: float, threshold: float) -> Sentence:
    """The evidence for a pair without contrast.

    >>> contrast_line(0.991, 0.93)
    'chosen and rejected: similarity 0.991 (threshold 0.930)'
    """
    return Sentence("semantic.contrast", similarity=similarity, limit=_limit(threshold))


def topic_line(side: str, own: float, other: float, nearer: float, threshold: float) -> Sentence:
    """The evidence for an off-topic completion.

    >>> topic_line("chosen", 0.041, 0.512, 0.37, -0.3)
    'similarity of chosen to its prompt 0.041, to another 0.512: -0.471 (threshold -0.300); \
37% of the prompts compared are nearer'
    """
    return Sentence(
        "semantic.topic",
        side=side,
        own=own,
        other=other,
        difference=own - other,
        limit=_limit(threshold),
        nearer=nearer,
    )


def outlier_line(mean: float, neighbours: int, threshold: float) -> Sentence:
    """The evidence for an outlier.

    >>> outlier_line(0.131, 10, 0.2)
    'mean similarity of the prompt to its 10 nearest others 0.131 (threshold 0.200)'
    """
    limit = _limit(threshold)
    if neighbours == 1:
        return Sentence("semantic.lone-outlier", mean=mean, limit=limit)
    return Sentence("semantic.outlier", neighbours=neighbours, mean=mean, limit=limit)


def resemblance_line(what: str, similarity: float, place: str, threshold: float) -> Sentence:
    """The evidence for a row that resembles an evaluation prompt or example, named by `place`.

    >>> resemblance_line("last turn", 0.87, 'evals/a.jsonl:17, "Who ..."', 0.8)
    'last turn: similarity 0.870 to evals/a.jsonl:17, "Who ..." (threshold 0.800)'
    """
    limit = _limit(threshold)
    return Sentence(
        "semantic.resembles", what=what, similarity=similarity, place=place, limit=limit
    )


def unlike_line(what: str, similarity: float, place: str, threshold: float) -> Sentence:
    """The evidence for a row that resembles no example; `place` names the nearest one.

    >>> unlike_line("prompt", 0.12, 'good.jsonl:3, "How ..."', 0.4)
    'prompt: similarity 0.120 to the nearest example, good.jsonl:3, "How ..." (threshold 0.400)'
    """
    limit = _limit(threshold)
    return Sentence("semantic.unlike", what=what, similarity=similarity, place=place, limit=limit)


def duplicate_line(row: int, similarities: dict[str, float], threshold: float) -> Sentence:
    """The evidence for a semantic duplicate of a row.

    >>> duplicate_line(7, {"prompt": 0.981, "chosen": 0.967, "rejected": 0.99}, 0.95)
    'similarity 0.967 to row 7 (prompt 0.981, chosen 0.967, rejected 0.990; threshold 0.950)'
    """
    return Sentence(
        "semantic.duplicate",
        similarity=min(similarities.values()),
        row=row,
        parts=tuple(
            Sentence("semantic.part", name=name, similarity=value)
            for name, value in similarities.items()
        ),
        limit=_limit(threshold),
    )


def _limit(threshold: float) -> Sentence:
    if math.isnan(threshold):
        return Sentence("threshold.none")
    return Sentence("threshold", threshold=threshold)
