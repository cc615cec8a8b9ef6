"""Fields of any size for the csv module, without leaving its global limit changed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager

_NO_LIMIT = 2**31 - 1  # a C long has 32 bits on Windows


@contextmanager
def any_field_size() -> Iterator[None]:
    """Lifts the limit on the size of a CSV field within the block."""
    before = csv.field_size_limit(_NO_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)
