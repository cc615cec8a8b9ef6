"""What a check says of one row."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, order=True):
    """One remark on one row.

    `index` is the place of the row in the batch that was examined, from 0; `code` a code of
    `prefdata rules`; `evidence` what the remark rests on, for a person to read.
    """

    index: int
    code: str
    evidence: str
