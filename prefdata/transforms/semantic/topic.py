"""Off-topic completions: those that fit another prompt much better than their own.

A low similarity to the prompt means little: the answer to "Which of these?" is "The second", and "I
do not understand" fits every prompt. So the value is a difference: the similarity to the own prompt
(the whole of it or its last turn, whichever is higher) minus the similarity to the nearest of other
prompts. Completions that are short, refuse, or fit any prompt are spared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.semantic import TopicConfig
from prefdata.records.arrays import Flags, Floats, Ints
from prefdata.transforms.semantic.cosines import cosines, units
from prefdata.transforms.semantic.threshold import DECIMALS

_SEED = 0
_ROWS = 256  # at a time: together with the other prompts they fit into the processor's cache
_HEAD = 200
_LONG = 60  # words from which a completion has a topic, however it begins

_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+")  # for counting, not for comparing

_ANY_PROMPT = re.compile(
    r"\b(?:sorry|afraid|apologi[sz]e|thank(?:s| you)|(?:you|you['’]re) welcome|anything else"
    r"|inappropriate|unsuitable|illegal|wrong|reconsider|(?:prefer|rather) not|won['’]t|question"
    r"|let me (?:check|know)|get back to you|clarify|elaborate|rephrase|paraphrase|unclear"
    r"|more (?:specific|context|information|about)|programmed|help you|(?:can|could|would) i "
    r"|(?:do|did|don['’]t|didn['’]t|not|can['’]t|cannot|never)(?: \w+){0,6} (?:understand|follow"
    r"|following|get|know|mean|sure|answer|talk about|discuss|help|assist|comfortable|able"
    r"|allowed|certain|capable|capability|information|opinions?|experience)"
    r"|(?:are|what|do|why)(?: do| are)? you(?:['’]re)?(?: \w+)? (?:mean|asking|trying|saying|want"
    r"|sure|looking)|(?:your|this|that)(?: \w+){0,4} (?:request|message|conversation)"
    r"|(?:as|i['’]m|i am) (?:an? |just |only )+(?:\w+ )?(?:ai|language model|assistant|robot"
    r"|chatbot|bot|computer|program))\b"
    r"|抱歉|对不起|不好意思|谢谢|不客气|不(?:太|是很)?(?:明白|理解|清楚|确定|知道|懂)|需要更多(?:信息|背景|上下文)"
    r"|(?:请|能否|可以)(?:您|你)?(?:澄清|说明|提供更多|再说)|还有(?:什么|其他)|您?想让我"
    r"|作为.{0,6}(?:AI|人工智能|语言模型|助手)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Topicality:
    """The similarity of each of n completions to its own and to other prompts.

    `own` (n): to its prompt; `other` (n): to the nearest other prompt; `nearer` (n): the share (0
    to 1) of other prompts that are nearer than its own. Rounded to 4 decimals; NaN if an embedding
    is missing or there is no other prompt.
    """

    own: Floats
    other: Floats
    nearer: Floats

    @property
    def values(self) -> Floats:
        """`own` - `other` (n): lower values are farther off topic."""
        return (self.own - self.other).round(DECIMALS)


def topicality(
    vectors: npt.NDArray[Any], completions: Ints, prompts: Ints, turns: Ints, config: TopicConfig
) -> Topicality:
    """Compares completions with their prompts and with `config.others` distinct other prompts.

    `vectors` (m, d), not zero; `completions`, `prompts` and `turns` (n): positions in them, -1 for
    no embedding. Memory: a block of rows times the other prompts.
    """
    own = np.fmax(cosines(vectors, completions, prompts), cosines(vectors, completions, turns))
    others = _some_of(np.unique(prompts[prompts >= 0]), config.others)
    other, nearer = np.full_like(own, np.nan), np.full_like(own, np.nan)
    base = units(vectors, others).T
    known = np.flatnonzero(~np.isnan(own)) if len(others) else np.zeros(0, np.int64)
    for start in range(0, len(known), _ROWS):
        rows = known[start : start + _ROWS]
        similarities = units(vectors, completions[rows]) @ base
        columns = np.searchsorted(others, prompts[rows]).clip(max=len(others) - 1)
        has_own = others[columns] == prompts[rows]
        similarities[has_own, columns[has_own]] = -np.inf
        counts = np.float32(len(others)) - has_own
        is_alone = counts == 0
        other[rows] = np.where(is_alone, np.nan, similarities.max(axis=1))
        closer = np.count_nonzero(similarities > own[rows, None], axis=1)
        nearer[rows] = np.where(is_alone, np.nan, closer / np.maximum(counts, 1))
    own[np.isnan(other)] = np.nan
    return Topicality(own, other.round(DECIMALS), nearer.round(DECIMALS))


def off_topic_values(topicalities: Topicality, is_spared: Flags, config: TopicConfig) -> Floats:
    """The values (n) that are compared with the threshold: infinite for completions that are spared
    by their text, or similar enough to their prompt."""
    is_spared = is_spared | (topicalities.own > config.similar)
    return np.where(
        is_spared & ~np.isnan(topicalities.own), np.float32(np.inf), topicalities.values
    )


def combine_sides(chosen: Floats, rejected: Floats, of: str) -> tuple[Floats, Flags]:
    """The value (n) of each row by `of` (chosen, rejected, either or both), and whether (n) it is
    that of the rejected completion."""
    if of == "either":
        is_rejected = ~(chosen <= rejected) & ~np.isnan(rejected)
    elif of == "both":
        is_rejected = (rejected >= chosen) | np.isnan(rejected)
    else:
        is_rejected = np.full(len(chosen), of == "rejected")
    return np.where(is_rejected, rejected, chosen), is_rejected


def fits_any_prompt(completion: str, config: TopicConfig) -> bool:
    """Whether a completion is too short to have a topic, or fits every prompt.

    >>> fits_any_prompt("The second one.", TopicConfig())
    True
    >>> fits_any_prompt("I don't understand. Can you say it in other words, please?", TopicConfig())
    True
    """
    most = max(_LONG + 1, config.words)
    words = sum(1 for _ in islice(_WORDS.finditer(completion), most))
    if words < config.words:
        return True
    return words <= _LONG and bool(_ANY_PROMPT.search(completion[:_HEAD]))


def _some_of(places: Ints, count: int) -> Ints:
    """At most `count` of some positions, drawn with a fixed seed."""
    if len(places) <= count:
        return places
    return np.sort(np.random.default_rng(_SEED).choice(places, count, replace=False))
