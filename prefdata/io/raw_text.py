"""Bytes that could not be read, in the form that JSON can hold."""

from __future__ import annotations

import base64


def readable(raw: bytes) -> dict[str, str]:
    """Raw bytes as a field: `raw`, text, where they are UTF-8, and `raw_base64` where not.

    >>> readable(b"ab"), readable(b"\\xff")
    ({'raw': 'ab'}, {'raw_base64': '/w=='})
    """
    try:
        return {"raw": raw.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode()}
