"""A finding of a check on one row."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, order=True):
    """One finding on one row.

    `index`: the position of the row in the examined batch, from 0; `code`: a code of
    `prefdata rules`; `evidence`: a short text for people.
    """

    index: int
    code: str
    evidence: str
