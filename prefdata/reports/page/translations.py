"""What a report says, in Chinese: rules and reasons by code, sentences by their values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from prefdata.reports.page.assets import asset
from prefdata.results.audit import AuditReport
from prefdata.results.closed import Closed
from prefdata.results.sentences import Sentence, chinese
from prefdata.results.suspicions import REASONS


def chinese_of(report: AuditReport) -> dict[str, dict[str, Any]]:
    """What the page needs besides its own words, of what this report names.

    `rules`: code to what is wrong and what to do, in Chinese; `reasons`: code to English and
    Chinese; `sentences`: the English of a sentence to its Chinese. What has no Chinese is absent:
    the page then shows the English.
    """
    rules = chinese_rules()
    suspects = report.labels.suspects if report.labels else ()
    told = sorted({reason for suspect in suspects for reason in suspect.reasons})
    return {
        "rules": {code: rules[code] for code in sorted(_codes(report) & rules.keys())},
        "reasons": {code: REASONS[code] for code in told if code in REASONS},
        "sentences": {text: chinese(text) for text in sorted(_sentences(report))},
    }


@cache
def chinese_rules() -> dict[str, tuple[str, str]]:
    """What the rules say, in Chinese: code to what is wrong and what to do."""
    return msgspec.json.decode(asset("rules_chinese.json"), type=dict[str, tuple[str, str]])


def _codes(report: AuditReport) -> set[str]:
    codes = {issue.code for issue in report.issues} | {*report.alike_rows, *report.remarks}
    for counts in (report.counts, *(source.counts for source in report.sources)):
        codes |= {*counts.dropped, *counts.flagged}
    return codes


def _sentences(value: Any) -> Iterator[Sentence]:
    """Those in a result, wherever they stand."""
    if isinstance(value, Sentence):
        yield value
    elif isinstance(value, Closed):
        for name in type(value).model_fields:
            yield from _sentences(getattr(value, name))
    elif isinstance(value, dict):
        yield from _sentences(tuple(value.values()))
    elif isinstance(value, tuple):
        for each in value:
            yield from _sentences(each)
