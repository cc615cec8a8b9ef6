"""OpenAI's summarize-from-feedback, comparisons: a post or an article, and two summaries of it.

`choice` 0: the first of `summaries` is the better one, 1: the second. The prompt is the post (or
the article) as it is; its title and the notes on the summaries stay in metadata.
"""

from __future__ import annotations

from collections.abc import Mapping

from prefdata.dialects.comparisons.known import decoded, known_set, label_part
from prefdata.dialects.comparisons.parts import JUDGE_PART
from prefdata.dialects.dialect import DialectPart, Values
from prefdata.dialects.fields import is_blank
from prefdata.dialects.values import describe
from prefdata.errors import RowFault


def _texts(values: Values) -> Mapping[str, object]:
    info, summaries = decoded(values.get("info"), "info"), values.get("summaries")
    summaries = decoded(summaries, "summaries")
    if not isinstance(info, dict):
        raise RowFault("wrong-type", f"info is {describe(info)}, not an object")
    if not isinstance(summaries, list) or len(summaries) != 2:
        found = len(summaries) if isinstance(summaries, list) else describe(summaries)
        raise RowFault("wrong-type", f"summaries are {found}, not two")
    asked = next((info[n] for n in ("post", "article") if not is_blank(info.get(n))), None)
    return {"prompt": asked, "first": _text(summaries[0]), "second": _text(summaries[1])}


def _text(summary: object) -> object:
    if not isinstance(summary, dict):
        raise RowFault("wrong-type", f"a summary is {describe(summary)}, not an object with a text")
    return summary.get("text")


def _fits(values: Values) -> bool:
    return isinstance(decoded(values.get("summaries"), "summaries"), list)


SUMMARIZE_FEEDBACK = known_set(
    "summarize-feedback",
    "summarize-from-feedback: a post, two summaries and a choice",
    "0=first,1=second",
    (
        DialectPart("info", ("info",), held=False),
        DialectPart("summaries", ("summaries",), held=False),
        label_part("choice"),
        JUDGE_PART,
    ),
    polarity="choice 0 says the first of summaries is the better one, 1 the second",
    judge_part=JUDGE_PART.name,
    fits=_fits,
    texts=_texts,
)
