"""The maps of a file's fields onto the parts of a dialect that read its sampled rows.

Candidates come from names and values; each is tried as if the user had passed it, and only what
reads the rows is offered. Names decide the order. Where names do not say which of two texts is the
better one, both ways are offered, and nothing is read.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from prefdata.dialects.dialect import Match, Row
from prefdata.dialects.fields import PROMPT_FALLBACKS, PROMPT_NAMES, plain
from prefdata.dialects.suggestions.leaves import Leaf, leaves_of
from prefdata.errors import DialectError, PrefdataError, RowFault

_ROWS = 100
_MOST_OFFERED = 3
_MOST_TRIED = 16
_ENOUGH = 0.9
"""The share of rows that a map has to read."""

_PROMPTS = (
    *("prompt", "question", "query", "instruction", "problem", "input", "context", "post"),
    *("article", "request", "user", "ask", "conversation", "dialogue", "source", "src", "text"),
    *("问题", "提示", "指令", "提问", "题目", "输入"),
)
_ANSWERS = (
    *("response", "completion", "answer", "output", "generation", "reply", "summary", "text"),
    *("回答", "答案", "回复", "输出"),
)
_BETTER = frozenset((
    "chosen", "better", "best", "win", "winner", "winning", "won", "good", "positive", "pos",
    "preferred", "prefer", "selected", "accept", "accepted", "upvoted", "liked", "safe", "w",
    "rewritten", "revised", "improved", "edited", "corrected",
))  # fmt: skip
_WORSE = frozenset((
    "rejected", "reject", "worse", "worst", "lose", "loser", "losing", "lost", "bad", "negative",
    "neg", "dispreferred", "unpreferred", "unselected", "downvoted", "disliked", "unsafe", "l",
    "original", "draft", "nonpreferred", "inferior",
))  # fmt: skip
_HARM = frozenset((
    "harm", "harmful", "harmfulness", "toxic", "toxicity", "perplexity", "ppl", "loss", "error",
    "errors", "rank", "penalty", "cost",
))  # fmt: skip
_SIZES = frozenset(
    (
        "num",
        "number",
        "words",
        "tokens",
        "len",
        "length",
        "count",
        "id",
        "idx",
        "annotator",
        "judge",
        "worker",
        "rater",
    )
)
_NO_LABEL = _HARM | {"model", "models", "source", "id", "type", "category", "batch", "decoder"}
_LESS_IS_BETTER = _HARM | {"ranks", "ranking", "排名", "名次"}
_LABELS = (
    *("label", "winner", "preference", "choice", "preferred", "verdict", "judgment", "judgement"),
    *("better", "best", "pref", "selected", "overall", "score", "rating", "annotator", "vote"),
)
_RATINGS = (
    *("rating", "score", "reward", "upvotes", "votes", "points", "quality", "stars"),
    *("likes", "评分", "得分", "打分", "分数"),
)
_WANTED = (
    *("label", "accepted", "chosen", "desirable", "safe", "correct", "good", "liked", "helpful"),
    *("acceptable", "preferred"),
)
Maps = Iterator[tuple[int, dict[str, str]]]
"""How much the names say for a map, and the map."""


def offered_maps(rows: Sequence[Row]) -> list[str]:
    """The flags that read some rows, the best first, at most three."""
    sample = rows[:_ROWS]
    if not sample:
        return []
    leaves = leaves_of(sample)
    found: list[str] = []
    ordered = sorted(_candidates(leaves), key=lambda one: -one[0])
    for _, mapping in ordered[:_MOST_TRIED]:
        found += [flag for flag in _flags(sample, mapping) if flag not in found]
        if len(found) >= _MOST_OFFERED:
            break
    return found[:_MOST_OFFERED]


def _candidates(leaves: Sequence[Leaf]) -> Maps:
    texts = [leaf for leaf in leaves if leaf.is_text]
    for prompt in _prompts(texts):
        asked = {} if _is_known(prompt) else {"prompt": prompt.path}
        others = [leaf for leaf in texts if leaf is not prompt]
        yield from _sides(asked, others, leaves)
        yield from _one_completion(asked, others, leaves)
        yield from _lists(asked, leaves)


def _prompts(texts: Sequence[Leaf]) -> list[Leaf]:
    """The texts that may be the prompt: one of a known name, else those whose names say so."""
    known = [leaf for leaf in texts if _is_known(leaf)]
    if known:
        return known[:1]
    named = [(_place(leaf, _PROMPTS), leaf) for leaf in texts if not _marks(leaf)]
    ordered = sorted(((p, leaf) for p, leaf in named if p is not None), key=lambda one: one[0])
    return [leaf for _, leaf in ordered][:2]


def _is_known(leaf: Leaf) -> bool:
    return plain(leaf.path) in (*PROMPT_NAMES, *PROMPT_FALLBACKS, "input")


def _place(leaf: Leaf, words: Sequence[str]) -> int | None:
    """The place of the first of some words that the name of a leaf has."""
    tokens = leaf.tokens
    return next(
        (n for n, word in enumerate(words) if any(_is_word(word, token) for token in tokens)), None
    )


def _is_word(word: str, token: str) -> bool:
    return token in (word, f"{word}s") or (not word.isascii() and word in token)


def _marks(leaf: Leaf, other: Leaf | None = None) -> set[str]:
    """Whether a name speaks of the better or of the worse one, or of both, by the words that the
    name of another does not have."""
    tokens = {*leaf.tokens} - {*(() if other is None else other.tokens)}
    sides = (("better", _BETTER), ("worse", _WORSE))
    return {side for side, words in sides if tokens & words}


def _sides(asked: Mapping[str, str], texts: Sequence[Leaf], leaves: Sequence[Leaf]) -> Maps:
    """Two texts as chosen and rejected, or as first and second with what judges them."""
    for one, two in combinations(texts, 2):
        if one.path.startswith(f"{two.path}.") or two.path.startswith(f"{one.path}."):
            continue
        alike = _are_alike(one, two)
        marks = _marks(one, two), _marks(two, one)
        if marks[0] == {"better"} and marks[1] == {"worse"}:
            yield 90 + 5 * alike, _chosen(asked, one, two)
        elif marks[1] == {"better"} and marks[0] == {"worse"}:
            yield 90 + 5 * alike, _chosen(asked, two, one)
        elif "worse" in marks[1] and not marks[0] and _is_answer(one):
            yield 60, _chosen(asked, one, two)
        elif "worse" in marks[0] and not marks[1] and _is_answer(two):
            yield 60, _chosen(asked, two, one)
        elif alike and not marks[0] and not marks[1]:
            judged = list(_judged(asked, one, two, leaves))
            yield from judged
            if not judged and not any(_may_judge(leaf) for leaf in leaves):
                yield 20, _chosen(asked, one, two)
                yield 19, _chosen(asked, two, one)


def _may_judge(leaf: Leaf) -> bool:
    says = (leaf.varies and leaf.is_plain) or _place(leaf, _LABELS) is not None
    return (says or bool(_marks(leaf))) and not leaf.is_text


def _chosen(asked: Mapping[str, str], better: Leaf, worse: Leaf) -> dict[str, str]:
    sides = {"chosen": better.path, "rejected": worse.path}
    return {**asked, **{side: path for side, path in sides.items() if plain(path) != side}}


def _is_answer(leaf: Leaf) -> bool:
    return _place(leaf, _ANSWERS) is not None


def _are_alike(one: Leaf, two: Leaf) -> bool:
    """Whether two names differ in one word."""
    pairs = list(zip(one.tokens, two.tokens, strict=False))
    differ = sum(a != b for a, b in pairs)
    return len(one.tokens) == len(two.tokens) and differ == 1


def _judged(asked: Mapping[str, str], one: Leaf, two: Leaf, leaves: Sequence[Leaf]) -> Maps:
    first = {**asked, "first": one.path, "second": two.path}
    scores = [
        (a, b)
        for a, b in combinations(leaves, 2)
        if _are_scores(a) and _are_scores(b) and _are_alike(a, b)
        if _differing(a, b) == _differing(one, two)
    ]
    for leaf in leaves:
        if leaf in (one, two) or "worse" in _marks(leaf) or {*leaf.tokens} & _NO_LABEL:
            continue
        if any(leaf in two_scores for two_scores in scores):
            continue
        place = _place(leaf, _LABELS)
        if leaf.is_words:
            yield 80 - (place or 15), {**first, "label": leaf.path}
        elif place is not None and leaf.varies and leaf.is_plain and not leaf.is_text:
            yield 50 - place, {**first, "label": leaf.path}
    for a, b in scores:
        yield 40, {**first, "first_score": a.path, "second_score": b.path}


def _are_scores(leaf: Leaf) -> bool:
    return leaf.is_number and not {*leaf.tokens} & _SIZES


def _differing(one: Leaf, two: Leaf) -> tuple[str, str]:
    return next((a, b) for a, b in zip(one.tokens, two.tokens, strict=True) if a != b)


def _one_completion(
    asked: Mapping[str, str], texts: Sequence[Leaf], leaves: Sequence[Leaf]
) -> Maps:
    """A completion a row, with points or with whether it is wanted."""
    answers = [leaf for leaf in texts if _is_answer(leaf) and not _marks(leaf)]
    if len(answers) != 1:
        return
    answer = {**asked, "completion": answers[0].path}
    for leaf in leaves:
        words = {*leaf.tokens}
        if leaf is answers[0] or words & (_HARM | _WORSE):
            continue
        if leaf.is_number and not leaf.is_truth and _place(leaf, _RATINGS) is not None:
            yield 55, {**answer, "rating": leaf.path}
        if leaf.is_truth and _place(leaf, _WANTED) is not None:
            yield 57, {**answer, "label": leaf.path}


def _lists(asked: Mapping[str, str], leaves: Sequence[Leaf]) -> Maps:
    """A list of completions and a list of their ratings."""
    texts = [leaf for leaf in leaves if leaf.is_list_of((str, dict)) and _is_answer(leaf)]
    points = [leaf for leaf in leaves if leaf.is_list_of((int, float))]
    for listed in texts:
        for leaf in points:
            if _place(leaf, _RATINGS) is not None and not {*leaf.tokens} & (_HARM | _WORSE):
                yield 45, {**asked, "completions": listed.path, "ratings": leaf.path}


def _flags(rows: Sequence[Row], mapping: Mapping[str, str]) -> list[str]:
    """The flags with a map that read rows: itself, or with each reading that a question offers."""
    if not mapping:  # what the user passed already
        return []
    from prefdata.dialects.detect import detect  # which asks here what to offer

    written = f"--map {shlex.quote(','.join(f'{p}={name}' for p, name in mapping.items()))}"
    try:
        match = detect(rows, place="a trial", mapping=mapping)
    except DialectError as error:
        offered = [line.strip() for line in str(error).splitlines()]
        labels = [line for line in offered if line.startswith("--label ")]
        if {*Leaf(mapping.get("first_score", ""), (), 0).tokens} & _LESS_IS_BETTER:
            labels = labels[::-1]
        return [f"{written} {label}" for label in labels[:_MOST_OFFERED]]
    except PrefdataError:
        return []
    return [written] if _reads(rows, match) else []


def _reads(rows: Sequence[Row], match: Match) -> bool:
    """Whether a match reads most rows."""
    from prefdata.dialects import dialect_of
    from prefdata.dialects.convert import convert_row, judge_row

    read: Callable[[Row, Match], object] = (
        convert_row if dialect_of(match).judge is None else judge_row
    )
    count = 0
    for row in rows:
        try:
            read(row, match)
        except RowFault:
            continue
        count += 1
    return count >= _ENOUGH * len(rows)
