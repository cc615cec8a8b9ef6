"""The fingerprint of the inputs of a step or a run."""

from __future__ import annotations

import json
from collections.abc import Mapping

import xxhash

from prefdata.version import __version__


def fingerprint(*parts: str | int | float | Mapping[str, object] | None) -> str:
    """A 128-bit hash of the parts and the version of prefdata, as 32 hexadecimal digits.

    Parts must be JSON values; anything else raises TypeError, since it could not be compared with
    the next run.
    """
    text = json.dumps([__version__, *parts], sort_keys=True, ensure_ascii=False, allow_nan=False)
    return xxhash.xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass"))
