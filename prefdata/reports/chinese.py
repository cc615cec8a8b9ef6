"""The Chinese of what a report says in English: rules by their code, reasons, sentences."""

from __future__ import annotations

from prefdata.reports.chinese_rules import RULES
from prefdata.verdicts.audit import AuditReport


def chinese_of(report: AuditReport) -> dict[str, dict[str, list[str]]]:
    """By code: what is wrong and what to do, of the rules that a report names."""
    counts = (report.counts, *(source.counts for source in report.sources))
    codes = {issue.code for issue in report.issues} | {*report.alike_rows, *report.remarks}
    for count in counts:
        codes |= {*count.dropped, *count.flagged}
    return {"rules": {code: list(RULES[code]) for code in sorted(codes & RULES.keys())}}
