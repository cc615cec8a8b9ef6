"""The texts for a report: rules and reasons by code, and its sentences in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from prefdata.reports.page.assets import asset
from prefdata.reports.page.places import chinese_with_places, english_with_places, places_of
from prefdata.results.audit import REASONS, AuditReport
from prefdata.results.closed import Closed
from prefdata.results.sentences import Sentence


def chinese_of(report: AuditReport) -> dict[str, dict[str, Any]]:
    """The texts that the page needs for this report, besides the words of the page itself.

    `rules`: code to what is wrong and what to do, in Chinese. `reasons`: code to English and
    Chinese. `sentences`: English to Chinese. `placed`: the English of the report to that of the
    page, where rows are named by file and line. A text without Chinese is left out, and the page
    shows the English.
    """
    rules = chinese_rules()
    labels = report.labels
    suspects = labels.suspects if labels else ()
    codes = {reason for suspect in suspects for reason in suspect.reasons}
    codes |= set(labels.shared_reasons) if labels else set()
    return {
        "rules": {code: rules[code] for code in sorted(_codes(report) & rules.keys())},
        "reasons": {code: REASONS[code] for code in sorted(codes & REASONS.keys())},
        **sentences_of(report),
    }


def sentences_of(result: Closed) -> dict[str, dict[str, str]]:
    """`sentences` and `placed` of any result, as `chinese_of` describes them."""
    places = places_of(result)
    sentences = sorted({*_sentences(result)})
    placed = {text: english_with_places(text, places) for text in sentences}
    return {
        "sentences": {text: chinese_with_places(text, places) for text in sentences},
        "placed": {text: english for text, english in placed.items() if english != text},
    }


@cache
def chinese_rules() -> dict[str, tuple[str, str]]:
    """Rule code to what is wrong and what to do, in Chinese."""
    return msgspec.json.decode(asset("rules_chinese.json"), type=dict[str, tuple[str, str]])


def _codes(report: AuditReport) -> set[str]:
    codes = {issue.code for issue in report.issues} | {*report.alike_rows, *report.remarks}
    for counts in (report.counts, *(source.counts for source in report.sources)):
        codes |= {*counts.dropped, *counts.flagged}
    return codes


def _sentences(value: Any) -> Iterator[Sentence]:
    """Yields every Sentence in a result, at any depth."""
    if isinstance(value, Sentence):
        yield value
    elif isinstance(value, Closed):
        for name in type(value).model_fields:
            yield from _sentences(getattr(value, name))
    elif isinstance(value, dict):
        yield from _sentences(tuple(value.values()))
    elif isinstance(value, tuple):
        for part in value:
            yield from _sentences(part)
