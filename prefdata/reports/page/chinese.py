"""The Chinese of what a report says in English: rules by code, reasons by code, sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prefdata.reports.page.chinese_rules import RULES
from prefdata.reports.page.chinese_sentences import in_chinese
from prefdata.results.audit import AuditReport
from prefdata.results.suspicions import REASONS

_SAYINGS = frozenset({"says", "made", "absent", "why_not"})
"""Fields that hold a sentence."""


def chinese_of(report: AuditReport) -> dict[str, dict[str, Any]]:
    """What the page needs besides its own words, of what this report names.

    `rules`: code to what is wrong and what to do, in Chinese; `reasons`: code to English and
    Chinese; `sentences`: English to Chinese. What has no translation is absent: the page then shows
    the English.
    """
    labels = report.labels.model_dump(exclude={"suspects"}) if report.labels else {}
    suspects = report.labels.suspects if report.labels else ()
    told = sorted({reason for suspect in suspects for reason in suspect.reasons})
    sentences = {text: in_chinese(text) for text in [*_sentences(labels), *report.remarks.values()]}
    return {
        "rules": {code: RULES[code] for code in sorted(_codes(report) & RULES.keys())},
        "reasons": {code: REASONS[code] for code in told if code in REASONS},
        "sentences": {text: chinese for text, chinese in sorted(sentences.items()) if chinese},
    }


def _codes(report: AuditReport) -> set[str]:
    codes = {issue.code for issue in report.issues} | {*report.alike_rows, *report.remarks}
    for counts in (report.counts, *(source.counts for source in report.sources)):
        codes |= {*counts.dropped, *counts.flagged}
    return codes


def _sentences(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _SAYINGS and isinstance(inner, str):
                yield inner
            else:
                yield from _sentences(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _sentences(inner)
