"""A report in which every text that comes from data, files or names wants to run."""

from __future__ import annotations

from typing import Any

from reports.report_values import report

from prefdata.results.audit import AuditReport

CANARY = "window.canary=(window.canary||0)+1"

PAYLOADS = (
    f"<script>{CANARY}</script>",
    f"</script><script>{CANARY}</script>",
    f"<!--<script>{CANARY}//",
    f'"><img src=x onerror="{CANARY}">',
    f"javascript:{CANARY}",
    f'<a href="javascript:{CANARY}">here</a>',
    f"<svg onload={CANARY}><animate onbegin={CANARY} attributeName=x dur=1s></svg>",
    f"&lt;script&gt;{CANARY}&lt;/script&gt;&#60;b&#62;",
    "<style>*{display:none!important}</style>",
    '<meta http-equiv="refresh" content="0;url=https://example.invalid/">',
    '<link rel=stylesheet href="https://example.invalid/x.css">',
    "{{constructor.constructor('" + CANARY + "')()}}${" + CANARY + "}<%= 1 %>",
    "%{x}%{customdata}<extra>x</extra> $\\unicode{1}$",
    "safe \u202egnp.exe\u202c and \u2066isolated\u2069",
    "line\u2028paragraph\u2029end\x00nul\x1b[31m\x85",
    '=HYPERLINK("https://example.invalid/","x")',
    "+1+cmd|' /C calc'!A0",
    "long" * 400,
    "<!--report--><!--script-->",
    "__proto__",
    "constructor",
)

_FIXED = frozenset(
    {"format", "verdict", "kind", "label", "stands_out", "fingerprint", "arms"}
    | {"scale", "same_answer", "faults"}
)
"""Fields that take some values only."""


def hostile() -> AuditReport:
    """Every free text and every free key is a payload; numbers are those of `report`."""
    return AuditReport.model_validate(_Poison().all_of(report().model_dump(mode="json")))


class _Poison:
    def __init__(self) -> None:
        self.turn = 0

    def all_of(self, value: Any, field: str = "") -> Any:
        if field in _FIXED:
            return value
        if isinstance(value, str):
            return self._payload()
        if isinstance(value, list):
            return [self.all_of(inner) for inner in value]
        if isinstance(value, dict):
            is_free = field in _FREE_KEYS
            return {
                (self._payload(key) if is_free else key): self.all_of(inner, key)
                for key, inner in value.items()
            }
        return value

    def _payload(self, key: str = "") -> str:
        self.turn += 1
        return f"{PAYLOADS[self.turn % len(PAYLOADS)]}{key}"


_FREE_KEYS = frozenset(
    {"dropped", "flagged", "splits", "remarks", "versions", "config", "by", "views", "decisions"}
    | {"classes", "alike_rows", "failed", "not_asked"}
)
"""Objects whose keys come from data or files as well."""
