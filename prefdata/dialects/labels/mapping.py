"""Which fields of unknown names may be two completions, and what was said of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from prefdata.dialects.dialect import Dialect, Row
from prefdata.dialects.fields import Claims, claims, is_blank, is_complete, outsiders, plain
from prefdata.dialects.labels.neutral import (
    Pair,
    neutral_pairs,
    score_pairs,
    text_pairs,
    tokens_of,
)
from prefdata.dialects.labels.preference import label_key, number_in
from prefdata.dialects.labels.statement import label_like
from prefdata.dialects.labels.words import model_preference, word_preference
from prefdata.dialects.labels.worse_names import measures_harm, names_worse

_CHOICES = frozenset((
    "chosen", "selected", "picked", "best", "pick", "chosen_index", "chosen_idx", "best_index",
))  # fmt: skip
_OF_NUMBERS = frozenset((
    "prob", "probability", "p", "score", "win", "wins", "winrate", "strength", "reward", "diff",
))  # fmt: skip
_SCALES = frozenset((
    "rank", "ranking", "elo", "grade", "打分", "评分", "得分", "分数", "排名", "名次",
))  # fmt: skip
_ASKED = (
    "conversation", "context", "post", "user_query", "user_prompt", "user_input", "user", "input",
    "article", "source", "text", "message", "request", "orig_instruction", "对话", "用户",
)  # fmt: skip
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_A_SENTENCE = 6
"""Characters of a script without spaces from which a text is more than a name or a label."""
_IDENTITY = frozenset(("id", "idx", "index", "turn", "seed", "row", "split", "batch", "worker"))


def neutral_mapping(
    dialect: Dialect, rows: Sequence[Row], mapping: Mapping[str, str]
) -> dict[str, str] | None:
    """The mapping with which rows of unknown names have the parts of `dialect` (`judged`); None if
    that is not plain: one pair of texts, one label or pair of scores."""
    fields = tuple(dict.fromkeys(n for row in rows for n, v in row.items() if not is_blank(v)))
    found = dict(mapping)
    if _is_plain(dialect, claims(dialect, fields, found)):
        return found
    if not {"first", "second"} <= claims(dialect, fields, found).keys():
        pair = _texts(rows, fields, found)
        if pair is None:
            return None
        found |= dict(zip(("first", "second"), pair, strict=True))
    claimed = claims(dialect, fields, found)
    if "label" not in claimed:
        judged = _judged(rows, fields, claimed)
        if judged is None:
            return None
        found |= judged
    if "prompt" not in claims(dialect, fields, found):
        asked = _asked(rows, fields, found)
        if asked is None:
            return None
        found["prompt"] = asked
    if not _is_plain(dialect, claims(dialect, fields, found)) or outsiders(dialect, fields, found):
        return None
    return None if any(mark in name for name in found.values() for mark in ",=") else found


def _is_plain(dialect: Dialect, claimed: Claims) -> bool:
    """Whether all that a judgement needs is there: its texts, and a label or two scores."""
    judges = "label" in claimed or {"first_score", "second_score"} <= claimed.keys()
    return judges and is_complete(dialect, claimed)


def _texts(rows: Sequence[Row], fields: Sequence[str], found: Mapping[str, str]) -> Pair | None:
    """The fields of the two completions: of the one pair whose names speak of texts, or that only
    number two texts; or two fields that the values of a label name."""
    if {"first", "second"} & found.keys():
        return None
    texts = [pair for pair in text_pairs(fields) if all(_are_texts(rows, f) for f in pair)]
    texts = texts or [p for p in neutral_pairs(fields) if all(_are_long(rows, f) for f in p)]
    if texts:
        return texts[0] if len(texts) == 1 else None
    held = [found["label"]] if "label" in found else label_like(fields)
    if len(held) != 1 or held[0] not in fields:
        return None
    named = {value for row in rows if isinstance(value := row.get(held[0]), str)}
    among = [f for f in fields if f not in (*held, *found.values()) and _are_texts(rows, f)]
    among = [f for f in among if plain(f) not in ("prompt", "question", "instruction", *_ASKED)]
    is_named = len(among) == 2 and any(value in among for value in named)
    return (among[0], among[1]) if is_named else None


def _are_texts(rows: Sequence[Row], field: str) -> bool:
    """Whether the values of a field are texts or conversations, not numbers or words for a side."""
    values = [row[field] for row in rows if not is_blank(row.get(field))]
    return all(isinstance(v, str | list | dict) and number_in(v) is None for v in values)


def _are_long(rows: Sequence[Row], field: str) -> bool:
    """Whether some value of a field is more than a name."""
    return _are_texts(rows, field) and any(_is_worded(row.get(field)) for row in rows)


def _judged(rows: Sequence[Row], fields: Sequence[str], claimed: Claims) -> dict[str, str] | None:
    """What says which completion is better: a label, by its name or its values, or two scores."""
    taken = {name for names in claimed.values() for name in names}
    free = [name for name in fields if name not in taken]
    two = claimed["first"][0], claimed["second"][0]
    scores = score_pairs(free) or [p for p in neutral_pairs(free) if _are_scores(rows, p)]
    labels = label_like(free) or _one([f for f in free if names_sides(rows, f, two)])
    labels = labels or [f for f in free if plain(f) in _CHOICES and _are_labels(rows, f)]
    if not labels and len(scores) == 1:
        return dict(zip(("first_score", "second_score"), scores[0], strict=True))
    labels = labels or [f for f in free if {*tokens_of(f)} & _OF_NUMBERS and _are_numbers(rows, f)]
    return {"label": labels[0]} if len(labels) == 1 else None


def _are_scores(rows: Sequence[Row], pair: Pair) -> bool:
    """Whether two fields hold numbers of a measure, of which more or less may be better."""
    is_measure = measures_harm(pair[0]) or bool({*tokens_of(pair[0])} & (_OF_NUMBERS | _SCALES))
    return is_measure and _are_numbers(rows, *pair)


def _one(names: list[str]) -> list[str]:
    """Of several names the one that does not speak of the worse one; more are chance."""
    better = [name for name in names if not names_worse(name)]
    return names if len(names) == 1 else better if len(better) == 1 else []


def names_sides(rows: Sequence[Row], field: str, two: Pair | None = None) -> bool:
    """Whether all values of a field are words for one of two completions, or for a tie, or the name
    of one of two models. `two`: the fields of the completions."""
    values = [row for row in rows if not is_blank(row.get(field))]
    models = [
        p
        for p in neutral_pairs([f for row in values[:1] for f in row])
        if _MODELS & {*tokens_of(p[0])}
    ]
    return bool(values) and all(
        word_preference(row[field], two) is not None
        or any(model_preference(row[field], row.get(a), row.get(b)) for a, b in models)
        for row in values
    )


_MODELS = frozenset(("model", "generator", "system", "author", "模型"))


def _are_numbers(rows: Sequence[Row], *fields: str) -> bool:
    held = [row[f] for row in rows for f in fields if not is_blank(row.get(f))]
    return (
        bool(held)
        and all(number_in(value) is not None for value in held)
        and not any({*tokens_of(f)} & _IDENTITY for f in fields)
    )


def _are_labels(rows: Sequence[Row], field: str) -> bool:
    return all(label_key(row[field]) is not None for row in rows if not is_blank(row.get(field)))


def _asked(rows: Sequence[Row], fields: Iterable[str], found: Mapping[str, str]) -> str | None:
    """The field of the prompt: the first of usual names, else the only other text of words."""
    free = [f for f in fields if f not in found.values() and _are_texts(rows, f)]
    usual = [f for name in _ASKED for f in free if plain(f) == name]
    if usual:
        return usual[0]
    worded = [f for f in free if all(_is_worded(row.get(f)) for row in rows)]
    return worded[0] if len(worded) == 1 else None


def _is_worded(value: object) -> bool:
    if not isinstance(value, str):
        return isinstance(value, list)
    return len(value) > 3 and (" " in value or len(_UNSPACED.findall(value)) >= _A_SENTENCE)
