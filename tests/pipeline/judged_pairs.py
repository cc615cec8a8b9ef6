"""Pairs that words tell apart, some of them with the wrong label, and a quick audit of them."""

from __future__ import annotations

import random
from typing import Any

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig

GOOD = ["kind", "clear", "careful", "honest", "useful", "patient", "precise", "gentle"]
BAD = ["rude", "vague", "sloppy", "false", "useless", "hasty", "careless", "harsh"]
TOPICS = ["bread", "rivers", "engines", "poems", "taxes", "gardens", "bridges", "music"]

TURNED = frozenset(range(3, 240, 24))
"""Of 240 pairs, ten that are the wrong way round."""


def pairs(rows: int, turned: frozenset[int] = frozenset(), seed: int = 0) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    found = []
    for row in range(rows):
        filler = " ".join(draw.choices(TOPICS, k=6))
        prompt = f"Question {row}: what about {draw.choice(TOPICS)} and {row * 7919 % 997}?"
        one = f"A {' '.join(draw.choices(GOOD, k=3))} answer, number {row}, on {filler}."
        other = f"A {' '.join(draw.choices(BAD, k=3))} answer, number {row}, on {filler}."
        if row in turned:
            one, other = other, one
        found.append({"prompt": prompt, "chosen": one, "rejected": other})
    return found


def quick(**told: Any) -> BuildConfig:
    """An audit in few folds, on embeddings that need no model."""
    settings = {"folds": 4, "repeats": 2, "self_test": {"copies": 2}, **told}
    return config_of({"near": {"action": "off"}, "encoder": {"name": "ngrams"}, "audit": settings})
