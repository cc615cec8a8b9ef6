"""The rule on refusals, in English and Chinese. It is off unless a config turns it on."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.records.arrays import Ints
from prefdata.records.record import Record, text_of
from prefdata.records.texts import TextView
from prefdata.results.sentences import Sentence
from prefdata.rules.gates import join
from prefdata.rules.quote import completions, quote
from prefdata.rules.rule import Rule

_REFUSAL_HEAD = 160
_CANNOT = r"(?:can(?:['’]?t|not| not)|unable to|not able to|won['’]t|will not|must decline)"
_SERVE = (
    "help|assist|provide|answer|comply|fulfil|give|discuss|advise|share|generate|create|engage"
    "|support|participate|offer|write|recommend|do that|tell you"
)
_REFUSAL = re.compile(
    rf"sorry\b.{{0,60}}\b{_CANNOT}"
    rf"|\bi(?: am|['’]m)? {_CANNOT} (?:really |actually |ethically |legally )?(?:{_SERVE})"
    rf"|\bas an? (?:ai|artificial intelligence|language model)\b.{{0,80}}\b{_CANNOT}"
    r"|(?:抱歉|对不起|不好意思).{0,30}(?:不能|无法|不可以|不便|没有办法)"
    r"|我(?:不能|无法)(?:提供|回答|协助|帮助|满足|生成|参与|支持|为您|为你|完成)"
    r"|作为.{0,6}(?:AI|人工智能|语言模型).{0,12}我(?:不能|无法)",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_REFUSAL_NEEDLES = (
    *("sorry", "i can", "i am ", "i'm ", "i’m ", "i won", "i will not", "i must decline"),
    *("i unable", "i not able", "as an ai", "as a ai", "as an art", "as a art"),
    *("as a lang", "as an lang", "抱歉", "对不起", "不好意思", "我不能", "我无法", "作为"),
)
"""Every text that the pattern matches contains one of these."""


def refuses(text: str) -> bool:
    """Whether a completion begins with a refusal to answer, in English or Chinese.

    >>> refuses("I'm sorry, but I can't help with that."), refuses("Sorry to hear that!")
    (True, False)
    """
    return _REFUSAL.search(text[:_REFUSAL_HEAD]) is not None


def _refusal(record: Record) -> Sentence | None:
    for side, messages in completions(record):
        head = text_of(messages[-1:])[:_REFUSAL_HEAD]
        match = _REFUSAL.search(head)
        if match:
            return Sentence("text.refuses", side=side, quote=quote(head, match.start()))
    return None


def _refusal_rows(view: TextView) -> Ints:
    parts = []
    for side in view.completions:
        rows = np.flatnonzero(side.counts)
        final = pl.Series(side.contents.take(pa.array(side.firsts[rows + 1] - 1)))
        begin = final.str.head(_REFUSAL_HEAD)
        mask = begin.str.contains_any(list(_REFUSAL_NEEDLES), ascii_case_insensitive=True)
        parts.append(rows[mask.fill_null(value=False).to_numpy()])
    return join(parts)


RULES = (
    Rule(
        "refusal",
        "record",
        "off",
        "A completion begins with a refusal to answer, in English or Chinese.",
        "Decide whether refusals belong in this dataset; level error drops them.",
        _refusal,
        _refusal_rows,
    ),
)
