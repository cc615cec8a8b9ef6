"""The page of an audit: one file that shows a report, opens from disk and needs no network.

The page consists of the files in `assets`, the report and the words of both languages. A
Content-Security-Policy allows this script, by checksum, and forbids other scripts, connections and
external images. The report is embedded in one block of JSON only, and the scripts
insert its texts as text nodes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape
from typing import Any

from prefdata.reports.page.assets import asset
from prefdata.reports.page.translations import chinese_of
from prefdata.results.audit import AuditReport

_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}

STYLES = ("colours.css", "layout.css", "parts.css", "drawings.css", "cards.css", "print.css")
SCRIPTS = (
    "choice.js",
    "appearance.js",
    "state.js",
    "dom.js",
    "words.js",
    "switches.js",
    "numbers.js",
    "words_apart.js",
    "texts.js",
    "collection.js",
    "chart.js",
    "chart_of_flow.js",
    "charts_of_rows.js",
    "charts_of_labels.js",
    "next_steps.js",
    "section_summary.js",
    "section_rows.js",
    "section_changes.js",
    "section_findings.js",
    "section_agreement.js",
    "section_judging.js",
    "section_models.js",
    "section_labels.js",
    "section_claims.js",
    "decisions.js",
    "section_suspects.js",
    "section_about.js",
    "main.js",
)

_SLOT = re.compile(r"<!--(\w+)-->")


_NO_SCRIPTS = (
    "This page needs JavaScript; report.json beside it holds the same values. "
    "本页面需要 JavaScript；同目录下的 report.json 内容相同。"
)


def page(report: AuditReport) -> str:
    """The HTML page of a report; the same report and versions give the same bytes.

    It embeds the whole report, as in report.json.
    """
    values = report.model_dump(mode="json")
    return filled(
        values, chinese_of(report), title=report.title, scripts=SCRIPTS, noscript=_NO_SCRIPTS
    )


def filled(
    values: dict[str, Any],
    chinese: dict[str, Any],
    *,
    title: str,
    scripts: tuple[str, ...],
    noscript: str,
) -> str:
    """A page of these scripts, which read `values` as the report; `noscript`: without them."""
    script = f'(() => {{\n"use strict";\n{_joined(scripts)}}})();\n'
    slots = {
        "policy": escape(policy([script])),
        "title": escape(title),
        "style": _joined(STYLES),
        "noscript": escape(noscript),
        "report": embedded_json(values),
        "words": embedded_json(words()),
        "chinese": embedded_json(chinese),
        "script": script,
    }
    return _SLOT.sub(lambda slot: slots[slot[1]], asset("page.html"))


def words() -> dict[str, list[str]]:
    """Key to the strings of the page: [English, Chinese]."""
    loaded: dict[str, list[str]] = json.loads(asset("words.json"))
    return loaded


def policy(scripts: list[str]) -> str:
    """A Content-Security-Policy that allows only these inline scripts, and loads nothing.

    Inline styles are allowed: those of the page, none of which contains text of the report.
    """
    rules: dict[str, list[str]] = {
        "default-src": ["'none'"],
        "script-src": [_checksum(text) for text in scripts],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(f"{rule} {' '.join(values)}" for rule, values in rules.items())


def _checksum(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _joined(names: tuple[str, ...]) -> str:
    return "".join(asset(name) for name in names)


def embedded_json(value: Any) -> str:
    """JSON for a `<script type="application/json">`; `json.loads` gives the value back.

    `<`, `>` and `&` are escaped, so that no text of the data can end the element or open a comment,
    and so are the two line separators, which older JavaScript rejects in strings. Raises ValueError
    for a number that is not finite.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)
