"""Values into a page: JSON that no HTML parser can read as anything else."""

from __future__ import annotations

import json
from typing import Any

_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def embedded_json(value: Any) -> str:
    """JSON for a `<script type="application/json">`; `json.loads` gives the value back.

    `<`, `>` and `&` are written as escapes, so that no text of the data ends the element or opens
    a comment; the two line separators are, too, which older JavaScript does not take in a string.
    Raises ValueError for a number that is not finite.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)
