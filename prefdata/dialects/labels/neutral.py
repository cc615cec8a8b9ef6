"""Pairs of fields whose names say which is the first and which the second, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prefdata.dialects.fields import plain

_NEXT = {"a": "b", "1": "2", "0": "1", "first": "second", "left": "right", "甲": "乙", "一": "二",
         "左": "右", "左边": "右边", "左侧": "右侧"}  # fmt: skip
_TOKENS = re.compile(
    r"[a-z]+|\d+|[左右][边侧]?|[甲乙一二]$|[^\W\d_a-z]+?(?=[a-z\d_甲乙一二左右]|$)|."
)
_MARKS = frozenset(_NEXT) | frozenset(_NEXT.values()) | {"_"}
_SCORES = frozenset((
    "score", "scores", "rating", "ratings", "reward", "rewards", "vote", "votes", "upvotes",
    "points", "grade", "quality", "likes",
))  # fmt: skip
_TEXTS = frozenset((
    "response", "answer", "output", "completion", "reply", "summary", "candidate", "generation",
    "continuation", "ref", "text", "option", "comment", "chat", "conversation", "translation",
    "回答", "答案", "回复", "输出", "选项", "回应", "文本", "摘要", "译文",
))  # fmt: skip
_MOST_FIELDS = 256

Pair = tuple[str, str]
"""The field of the first completion, and that of the second."""


def neutral_pairs(fields: Sequence[str]) -> list[Pair]:
    """Pairs of fields that differ in a mark only: a and b, 1 and 2, 0 and 1, left and right.

    >>> neutral_pairs(["prompt", "answer_a", "answer_b", "scoreA", "Response 1"])
    [('answer_a', 'answer_b')]
    """
    few = fields[:_MOST_FIELDS]
    tokens = {tuple(_TOKENS.findall(plain(field))): field for field in few}
    found = [
        (field, tokens[other])
        for written, field in tokens.items()
        for at, token in enumerate(written)
        if token in _NEXT and (other := (*written[:at], _NEXT[token], *written[at + 1 :])) in tokens
    ]
    times = [name for pair in found for name in pair]
    return [pair for pair in found if all(times.count(name) == 1 for name in pair)]


def score_pairs(fields: Sequence[str]) -> list[Pair]:
    """The neutral pairs whose names speak of a score of which more is better."""
    return [pair for pair in neutral_pairs(fields) if _SCORES & {*_TOKENS.findall(plain(pair[0]))}]


def text_pairs(fields: Sequence[str]) -> list[Pair]:
    """The neutral pairs whose names end in a word for a completion, but for their marks."""
    return [pair for pair in neutral_pairs(fields) if _last_word(pair[0]) in _TEXTS]


def tokens_of(field: str) -> list[str]:
    """The words, numbers and gaps of the name of a field."""
    return _TOKENS.findall(plain(field))


def _last_word(field: str) -> str:
    words = [token for token in tokens_of(field) if token not in _MARKS]
    return words[-1] if words else ""
