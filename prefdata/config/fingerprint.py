"""Fingerprints of what a piece of work depends on."""

from __future__ import annotations

import json
from collections.abc import Mapping

import xxhash

from prefdata.version import __version__


def fingerprint(*parts: str | int | float | Mapping[str, object] | None) -> str:
    """128 bits over the parts and the version of the code, as 32 hexadecimal digits.

    Parts are values that JSON can hold; anything else raises TypeError, since what cannot be
    written down cannot be compared with the next run.
    """
    text = json.dumps([__version__, *parts], sort_keys=True, ensure_ascii=False, allow_nan=False)
    return xxhash.xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass"))
