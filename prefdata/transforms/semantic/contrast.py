"""Pairs without contrast: chosen and rejected say the same, so nothing can be learned from them.

The value is the cosine similarity of the completions. It can mislead: encoders give similar vectors
to texts that differ in one number, and to any two long answers to one question. So a pair is spared
if its wording shows a contrast.
"""

from __future__ import annotations

from prefdata.config.semantic import ContrastConfig
from prefdata.transforms.texts.wording import Wording, shared_ratio, wording_difference

LEAST_LENGTH_RATIO = 0.75
"""The ratio (0 to 1) of words of the shorter to the longer completion below which length is a
contrast: one is cut off, or more detailed."""

_LEAST_CHARACTER_RATIO = 0.4  # below it, texts are different without comparing words


def hidden_contrast(chosen: str, rejected: str, config: ContrastConfig) -> str | None:
    """What distinguishes two completions with similar embeddings, in a few words; None if nothing.

    >>> hidden_contrast("Take 5 pills.", "Take 50 pills.", ContrastConfig())
    'their numbers differ'
    >>> hidden_contrast("Take five pills now.", "Now take five of them.", ContrastConfig())
    """
    if chosen == rejected:
        return None
    if _ratio(len(chosen), len(rejected)) < _LEAST_CHARACTER_RATIO:
        return "one is much longer"
    left, right = Wording(chosen), Wording(rejected)
    if not (left.words and right.words):
        return "one has no words"
    if _ratio(len(left.words), len(right.words)) < LEAST_LENGTH_RATIO:
        return "one is much longer"
    difference = wording_difference(left, right)
    if difference:
        return _SAID[difference]
    longest = max(len(left.words), len(right.words))
    if longest > config.long and shared_ratio(left, right) < config.shared:
        return "their words differ"
    return None


_SAID = {
    "numbers": "their numbers differ",
    "signs": "their signs differ",
    "negation": "one negates more",
    "opposites": "words and their opposites",
    "names": "their names differ",
    "order": "the order of their words differs",
    "case": "one is in capitals",
}


def _ratio(one: int, other: int) -> float:
    return min(one, other) / max(one, other, 1)
