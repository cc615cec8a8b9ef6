"""The number of user turns in prompts."""

from __future__ import annotations

import pyarrow as pa

from prefdata.records.arrays import Ints
from prefdata.records.record import ROLES, USER
from prefdata.records.texts import SideTexts


def user_turns(batch: pa.RecordBatch) -> Ints:
    """The user messages in the prompt of each row (n) of a batch of `RECORD_SCHEMA`."""
    side = SideTexts.of(batch.column("prompt"))
    return side.row_sums(side.role_codes == ROLES.index(USER))
